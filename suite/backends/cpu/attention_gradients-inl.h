// Where the backward pass of attention adds to: gradients of queries and keys at the rows that a block's are. Included
// only by kernel files between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_ATTENTION_GRADIENTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_ATTENTION_GRADIENTS_INL_H_
#undef ATTNSCOPE_ATTENTION_GRADIENTS_INL_H_
#else
#define ATTNSCOPE_ATTENTION_GRADIENTS_INL_H_
#endif

#include "suite/backends/cpu/attention_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// Rows of a head's float32 gradient, and space for those of a tile side by side.
struct GradientRows {
  float* head;
  std::int64_t step;
  float* copies;
  std::int64_t copy_step;
};

// Whether a head's list of keys has one row twice so near that a register tile can hold both: it would add to it but
// once.
inline bool repeats_rows(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h) {
  const ops::Tensor& list = args.rows.keys;
  if (!list.defined()) return false;
  constexpr std::int64_t most = 2 * tile_rows;  // keys of a register tile
  const std::int64_t count = list.shape()[2];
  const float* rows = list.data<float>() + (b * list.shape()[1] + h) * count;
  int repeated = 0;
  for (std::int64_t distance = 1; distance < std::min(most, count); ++distance) {
    for (std::int64_t j = 0; j < count - distance; ++j) repeated |= (rows[j] == rows[j + distance]) & (rows[j] >= 0);
  }
  return repeated != 0;
}

// Where the gradients of a tile's keys are added to. Gradients of keys that steps lie between, or that come twice, are
// summed side by side and then added.
class GradientTile {
 public:
  // `repeats`: whether the head's list of keys does.
  GradientTile(const Block& block, const TileKeys& tile, bool repeats, const GradientRowScratch& at,
               const GradientRows& of_k, const GradientRows& of_v, float* scratch)
      : copied(tile.gathered || block.part.stride != 1 || repeats),
        d_k(reinterpret_cast<float**>(scratch + at.d_k_list)),
        d_v(reinterpret_cast<float**>(scratch + at.d_v_list)),
        block_(block),
        tile_(tile),
        of_k_(of_k),
        of_v_(of_v) {
    const auto note_even = [&](float* k_rows, std::int64_t k_step, float* v_rows, std::int64_t v_step) HWY_ATTR {
      for (std::int64_t j = 0; j < tile.count; ++j) d_k[j] = k_rows + j * k_step;
      for (std::int64_t j = 0; j < tile.count; ++j) d_v[j] = v_rows + j * v_step;
    };
    const std::int64_t first = block.part.offset + tile.first;
    if (copied) {
      note_even(of_k.copies, of_k.copy_step, of_v.copies, of_v.copy_step);
    } else if (const float* list = block.list_of(block.args.rows.keys); list == nullptr) {
      note_even(of_k.head + first * of_k.step, of_k.step, of_v.head + first * of_v.step, of_v.step);
    } else {
      for (std::int64_t j = 0; j < tile.count; ++j) {
        const auto row = static_cast<std::int64_t>(list[first + j]);
        d_k[j] = row < 0 ? scratch + at.dump : of_k.head + row * of_k.step;
        d_v[j] = row < 0 ? scratch + at.dump : of_v.head + row * of_v.step;
      }
    }
  }

  void add_copies(std::int64_t dim, std::int64_t value_dim) const {
    for (std::int64_t j = 0; copied && j < tile_.count; ++j) {
      const std::int64_t row = block_.key_row(block_.key_position(tile_, j));
      if (row < 0) continue;
      add_scaled(dim, of_k_.head + row * of_k_.step, d_k[j], 1);
      add_scaled(value_dim, of_v_.head + row * of_v_.step, d_v[j], 1);
    }
  }

  bool copied;
  float **d_k, **d_v;  // the rows, by key of the tile

 private:
  const Block& block_;
  const TileKeys& tile_;
  GradientRows of_k_, of_v_;
};

// Gradients of what is by the block's queries [B,H,N,D] from rows `step` apart, times the scale.
template <class Element>
void write_gradient_rows(const Block& block, const float* from, std::int64_t step, const ops::Tensor& gradient,
                         float scale) {
  const std::int64_t columns = gradient.shape()[3];
  Element* to = block.head_of<Element>(gradient);
  for (std::int64_t i = 0; i < block.count; ++i) {
    convert_scaled(columns, from + i * step, to + block.query_position(i) * columns, scale);
  }
}

// dQ of a block, likewise. Listed rows, which may come again, are added to.
template <class Element>
void write_query_gradients(const ops::AttentionBackwardArgs& args, const Block& block, const float* from,
                           std::int64_t step) {
  const std::int64_t columns = args.d_q.shape()[3];
  const bool adds = args.adds_to_q || block.args.rows.queries.defined();
  const auto scale = static_cast<float>(block.args.scale);
  Element* to = block.head_of<Element>(args.d_q);
  for (std::int64_t i = 0; i < block.count; ++i) {
    const std::int64_t row = block.query_row(i);
    if (row >= 0) write_scaled_row(columns, from + i * step, to + row * columns, scale, adds);
  }
}

// dQ of a head becomes zero where rows are listed, but not where it is added to.
template <class Element>
void clear_listed_queries(const ops::AttentionBackwardArgs& args, std::int64_t b, std::int64_t h) {
  if (args.adds_to_q || !args.forward.rows.queries.defined()) return;
  const auto& s = args.d_q.shape();
  std::fill_n(args.d_q.data<Element>() + (b * s[1] + h) * s[2] * s[3], s[2] * s[3], Element{});
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_ATTENTION_GRADIENTS_INL_H_
