// Walking the tiles of an attention plan, and what both its kernels do per block of queries. Included only by kernel
// files between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
//
// Tiles are kept with keys along rows and queries along columns: Sᵀ = K·Qᵀ. A query's maximum and sum then run down a
// column, so softmax is vertical vector work without reductions across lanes, and of all operands only the small
// query block is ever transposed.
#if defined(ATTNSCOPE_ATTENTION_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_ATTENTION_TILES_INL_H_
#undef ATTNSCOPE_ATTENTION_TILES_INL_H_
#else
#define ATTNSCOPE_ATTENTION_TILES_INL_H_
#endif

#include <algorithm>
#include <hwy/contrib/math/math-inl.h>
#include <limits>

#include "suite/backends/cpu/attention_scratch.h"
#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/matrix-inl.h"
#include "suite/backends/cpu/power_of_two-inl.h"
#include "suite/ops/backend.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

inline constexpr float hidden = -std::numeric_limits<float>::infinity();

// Which `count` keys a tile holds. Window tiles start at key `first` of the sub-sequence; gathered tiles hold global
// keys, which every query of the block sees.
struct TileKeys {
  std::int64_t count, first;
  bool gathered;
  const std::int64_t* positions;  // of gathered keys
};

// The same with their rows of K and V, `k_step` and `v_step` elements apart, where they are or in a copy.
template <class Element>
struct TileOf : TileKeys {
  const Element *k, *v;
  std::int64_t k_step, v_step;
};
using KeyTile = TileOf<float>;

// One (example, head) and one tile of queries of it, with one set of keys.
struct Block {
  const ops::AttentionArgs& args;
  const ops::KeySetArgs& keys;
  ops::SubSequence part;
  std::int64_t example, head, first, count;  // queries [first, first + count) of the sub-sequence
  // Per query, [width], the keys of the sub-sequence that its window shows: [window_first, window_last).
  const float *window_first, *window_last;

  const ops::AttentionPlan& plan() const { return *keys.plan; }
  std::int64_t width() const { return whole_vectors(count); }
  std::int64_t query_position(std::int64_t i) const { return part.offset + part.stride * (first + i); }
  std::int64_t key_position(const TileKeys& tile, std::int64_t j) const {
    return tile.gathered ? tile.positions[j] : part.offset + part.stride * (tile.first + j);
  }
  // First element of this head in a tensor [B,H,…].
  template <class Element = float>
  Element* head_of(const ops::Tensor& x) const {
    const auto& shape = x.shape();
    const std::int64_t size = shape[2] * (shape.rank() == 4 ? shape[3] : 1);
    return x.data<Element>() + (example * shape[1] + head) * size;
  }
  // Row of the block's first query in a tensor [B,H,N,…]; rows of following queries are `part.stride` rows apart.
  template <class Element = float>
  Element* first_query_of(const ops::Tensor& x) const {
    return head_of<Element>(x) + query_position(0) * (x.shape().rank() == 4 ? x.shape()[3] : 1);
  }
  const float* key_mask() const {
    return keys.key_mask.defined() ? keys.key_mask.data<float>() + example * plan().keys() : nullptr;
  }
};

// The windows of queries [first, first + count) of a sub-sequence, as Block has them: [2 × width].
inline void write_windows(const ops::AttentionPlan& plan, const ops::SubSequence& part, std::int64_t first,
                          std::int64_t count, float* windows) {
  const std::int64_t width = whole_vectors(count);
  for (std::int64_t i = 0; i < width; ++i) {
    const ops::KeyRange window = plan.window_of(part, first + std::min(i, count - 1));
    windows[i] = static_cast<float>(window.first);
    windows[width + i] = static_cast<float>(window.last);
  }
}

// Calls visit(block) for the tiles of queries of one head, with the first set of keys. `windows`: space for those of a
// block, [2 × width].
template <class Visit>
void for_each_block(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h, float* windows, Visit&& visit) {
  const ops::AttentionPlan& plan = args.plan();
  for (std::int64_t residue = 0; residue < plan.sub_sequences(h); ++residue) {
    const ops::SubSequence part = plan.sub_sequence(h, residue);
    for (std::int64_t first = 0; first < part.queries; first = plan.query_tile_end(part, first)) {
      const std::int64_t count = plan.query_tile_end(part, first) - first;
      write_windows(plan, part, first, count, windows);
      visit(Block{args, args.sets[0], part, b, h, first, count, windows, windows + whole_vectors(count)});
    }
  }
}

// The same for share `share` of `shares` of these tiles: every shares-th of them.
template <class Visit>
void for_each_shared_block(const ops::AttentionArgs& args, std::int64_t b, std::int64_t h, std::int64_t share,
                           std::int64_t shares, float* windows, Visit&& visit) {
  std::int64_t index = 0;
  for_each_block(args, b, h, windows, [&](const Block& block) {
    if (index++ % shares == share) visit(block);
  });
}

// Calls visit(set, block) for a block with each set of keys; `windows` is where the block's are, and lost.
template <class Visit>
void for_each_set(const Block& block, float* windows, Visit&& visit) {
  visit(std::size_t{0}, block);
  for (std::size_t set = 1; set < block.args.sets.size(); ++set) {
    Block other{block.args,  block.args.sets[set], block.part,         block.example,    block.head,
                block.first, block.count,          block.window_first, block.window_last};
    other.part = other.plan().sub_sequence(block.head, 0);  // plans of several sets have but one
    write_windows(other.plan(), other.part, other.first, other.count, windows);
    visit(set, other);
  }
}

// Calls visit(tile) for the key tiles of a block: global keys first, then the pattern's. Rows of K and V that do not
// follow each other are copied side by side into k_rows and v_rows: steps of whole pages would put a tile's rows all
// into the same few lines of the cache.
template <class Element, class Visit>
void for_each_tile(const Block& block, Element* k_rows, Element* v_rows, Visit&& visit) {
  const ops::Tensor &keys = block.keys.k, &values = block.keys.v;
  const std::int64_t dim = keys.shape()[3], value_dim = values.shape()[3];
  const Element *k = block.head_of<Element>(keys), *v = block.head_of<Element>(values);
  const std::int64_t block_k = block.plan().pattern().block_k;
  const auto copy_row = [&](std::int64_t position, std::int64_t j) {
    std::copy_n(k + position * dim, dim, k_rows + j * dim);
    std::copy_n(v + position * value_dim, value_dim, v_rows + j * value_dim);
  };
  const auto& global = block.plan().global_positions(block.example);
  for (std::size_t first = 0; first < global.size(); first += static_cast<std::size_t>(block_k)) {
    const auto count = std::min(block_k, static_cast<std::int64_t>(global.size() - first));
    for (std::int64_t j = 0; j < count; ++j) copy_row(global[first + static_cast<std::size_t>(j)], j);
    visit(TileOf<Element>{{count, 0, true, global.data() + first}, k_rows, v_rows, dim, value_dim});
  }
  const ops::SubSequence& part = block.part;
  block.plan().for_each_run(block.head, part, block.first, block.first + block.count, [&](const ops::KeyRange& run) {
    for (std::int64_t key = run.first; key < run.last; key += block_k) {
      const TileKeys tile{std::min(block_k, run.last - key), key, false, nullptr};
      const std::int64_t position = part.offset + part.stride * key;
      if (part.stride == 1) {
        visit(TileOf<Element>{tile, k + position * dim, v + position * value_dim, dim, value_dim});
      } else {
        for (std::int64_t j = 0; j < tile.count; ++j) copy_row(position + part.stride * j, j);
        visit(TileOf<Element>{tile, k_rows, v_rows, dim, value_dim});
      }
    }
  });
}

// The highest of `keys` scores per query, for one vector of queries. Four maxima at a time: each waits for the one
// before.
HWY_INLINE Vector column_maximum(std::int64_t keys, std::int64_t width, const float* scores) {
  const Tag tag;
  Vector highest[4];
  for (Vector& one : highest) one = hn::Set(tag, hidden);
  std::int64_t j = 0;
  for (; j + 4 <= keys; j += 4) {
    for (int t = 0; t < 4; ++t) highest[t] = hn::Max(highest[t], hn::LoadU(tag, scores + (j + t) * width));
  }
  for (; j < keys; ++j) highest[0] = hn::Max(highest[0], hn::LoadU(tag, scores + j * width));
  return hn::Max(hn::Max(highest[0], highest[1]), hn::Max(highest[2], highest[3]));
}

// Rows of O [queries × columns] *= factor, one per query. Factors of 1 are the rule once many keys have been seen.
inline void shrink_result(std::int64_t queries, std::int64_t columns, float* result, const float* factor) {
  for (std::int64_t i = 0; i < queries; ++i) {
    if (factor[i] != 1) scale(columns, result + i * columns, factor[i]);
  }
}

// y = factor·x, or y += where it is added to.
template <class Element>
void write_scaled_row(std::int64_t count, const float* x, Element* y, float factor, bool adds) {
  if (adds) {
    add_scaled(count, y, x, factor);
  } else {
    convert_scaled(count, x, y, factor);
  }
}

// The finished rows of a block from O, whose rows are `step` apart, the maximum (of scores times log₂ e) and the sum
// per query: out and lse. Maximum and sum are used up.
template <class Element>
void write_result(const Block& block, const float* result, std::int64_t step, float* maximum, float* sum) {
  const Tag tag;
  const Vector zero = hn::Zero(tag);
  for (std::int64_t i = 0; i < block.width(); i += lanes()) {
    const Vector total = hn::LoadU(tag, sum + i);
    const auto empty = hn::Eq(total, zero);
    const Vector lse = hn::MulAdd(hn::LoadU(tag, maximum + i), hn::Set(tag, 1 / log2_e), hn::Log(tag, total));
    hn::StoreU(hn::IfThenElse(empty, hn::Set(tag, hidden), lse), tag, maximum + i);
    hn::StoreU(hn::IfThenZeroElse(empty, hn::Div(hn::Set(tag, 1.0f), total)), tag, sum + i);
  }
  float* lse = block.head_of(block.args.lse);
  const bool has_globals = !block.plan().global_positions(block.example).empty();
  for (std::int64_t i = 0; i < block.count; ++i) {
    const std::int64_t position = block.query_position(i);
    const bool global = has_globals && block.plan().is_global(block.example, position);
    if (global) sum[i] = 0;
    lse[position] = global ? hidden : maximum[i];
  }
  const std::int64_t value_dim = block.args.out.shape()[3];
  Element* out = block.first_query_of<Element>(block.args.out);
  for (std::int64_t i = 0; i < block.count; ++i) {
    write_scaled_row(value_dim, result + i * step, out + i * block.part.stride * value_dim, sum[i],
                     block.args.adds_to_out);
  }
}

// Per query of a block, for the backward pass: LSE·log₂ e, and δ = g·O − ℓ.
template <class Element>
void read_statistics(const ops::AttentionBackwardArgs& args, const Block& block, float* lse, float* delta) {
  const std::int64_t value_dim = block.args.out.shape()[3], step = block.part.stride * value_dim;
  const auto* d_out = block.first_query_of<Element>(args.d_out);
  const float* lse_rows = block.head_of(block.args.lse);
  std::fill_n(lse, block.width(), -hidden);
  std::fill_n(delta, block.width(), 0.0f);
  with_element_of(block.args.out, [&]<class Out>(Out) HWY_ATTR {
    const auto* out = block.first_query_of<Out>(block.args.out);
    for (std::int64_t i = 0; i < block.count; ++i) {
      const std::int64_t position = block.query_position(i);
      // Rows that saw no key keep LSE = +inf: their probabilities, and so their gradients, come out as 0.
      if (lse_rows[position] == hidden) continue;
      lse[i] = lse_rows[position] * log2_e;
      delta[i] = dot(value_dim, d_out + i * step, out + i * step);
      if (args.d_lse.defined()) delta[i] -= block.head_of(args.d_lse)[position];
    }
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_ATTENTION_TILES_INL_H_
