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

// The same with lists of their rows of K and V, which are where they are or in a copy.
template <class Element>
struct TileOf : TileKeys {
  const Element *const *k, *const *v;
};
using KeyTile = TileOf<float>;
// Rows of a tile as the left operand of a product.
using RowElements = ListedElements<float, const float>;

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
  // A list of rows [B,H,·] for this head; nullptr where there is none.
  const float* list_of(const ops::Tensor& rows) const {
    if (!rows.defined()) return nullptr;
    return rows.data<float>() + (example * rows.shape()[1] + head) * rows.shape()[2];
  }
  // The row of q, of O, and of k and v that a position stands for; negative: nobody's.
  std::int64_t query_row(std::int64_t i) const { return listed(args.rows.queries, query_position(i)); }
  std::int64_t result_row(std::int64_t i) const { return args.rows.queries_once ? query_row(i) : query_position(i); }
  std::int64_t key_row(std::int64_t position) const { return listed(args.rows.keys, position); }
  const float* key_mask() const {
    return keys.key_mask.defined() ? keys.key_mask.data<float>() + example * plan().keys() : nullptr;
  }

 private:
  std::int64_t listed(const ops::Tensor& rows, std::int64_t position) const {
    const float* list = list_of(rows);
    return list == nullptr ? position : static_cast<std::int64_t>(list[position]);
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

// Where the rows of a tile of keys are noted down, and where they are copied to.
template <class Element>
struct TileSpace {
  Element *k_copy, *v_copy;
  const Element **k, **v;
  const Element* zeros;  // nobody's row
};

template <class Element>
TileSpace<Element> tile_space(const Block& block, const RowScratch& at, float* scratch) {
  const auto rows = [&](std::int64_t offset) { return reinterpret_cast<Element*>(scratch + offset); };
  const auto list = [&](std::int64_t offset) { return reinterpret_cast<const Element**>(scratch + offset); };
  if (block.args.rows.keys.defined()) {
    std::fill_n(scratch + at.zeros, std::max(block.keys.k.shape()[3], block.keys.v.shape()[3]), 0.0f);
  }
  return {rows(at.k_rows), rows(at.v_rows), list(at.k_list), list(at.v_list), rows(at.zeros)};
}

// Calls visit(tile) for the key tiles of a block: global keys first, then the pattern's. Rows of K and V that are steps
// apart are copied side by side: steps of whole pages would put a tile's rows all into the same few lines of the cache.
template <class Element, class Visit>
void for_each_tile(const Block& block, const TileSpace<Element>& space, Visit&& visit) {
  const ops::Tensor &keys = block.keys.k, &values = block.keys.v;
  const std::int64_t dim = keys.shape()[3], value_dim = values.shape()[3];
  const Element *k = block.head_of<Element>(keys), *v = block.head_of<Element>(values);
  const std::int64_t block_k = block.plan().pattern().block_k;
  const auto copy_row = [&](std::int64_t position, std::int64_t j) {
    std::copy_n(k + position * dim, dim, space.k_copy + j * dim);
    std::copy_n(v + position * value_dim, value_dim, space.v_copy + j * value_dim);
  };
  const auto visit_even = [&](const TileKeys& tile, const Element* k_rows, const Element* v_rows) HWY_ATTR {
    for (std::int64_t j = 0; j < tile.count; ++j) space.k[j] = k_rows + j * dim;
    for (std::int64_t j = 0; j < tile.count; ++j) space.v[j] = v_rows + j * value_dim;
    visit(TileOf<Element>{tile, space.k, space.v});
  };
  const auto visit_listed = [&](const TileKeys& tile) {
    const float* list = block.list_of(block.args.rows.keys) + tile.first;
    for (std::int64_t j = 0; j < tile.count; ++j) {
      const auto row = static_cast<std::int64_t>(list[j]);
      space.k[j] = row < 0 ? space.zeros : k + row * dim;
      space.v[j] = row < 0 ? space.zeros : v + row * value_dim;
    }
    visit(TileOf<Element>{tile, space.k, space.v});
  };
  const auto& global = block.plan().global_positions(block.example);
  for (std::size_t first = 0; first < global.size(); first += static_cast<std::size_t>(block_k)) {
    const auto count = std::min(block_k, static_cast<std::int64_t>(global.size() - first));
    for (std::int64_t j = 0; j < count; ++j) copy_row(global[first + static_cast<std::size_t>(j)], j);
    visit_even({count, 0, true, global.data() + first}, space.k_copy, space.v_copy);
  }
  const ops::SubSequence& part = block.part;
  block.plan().for_each_run(block.head, part, block.first, block.first + block.count, [&](const ops::KeyRange& run) {
    for (std::int64_t key = run.first; key < run.last; key += block_k) {
      const TileKeys tile{std::min(block_k, run.last - key), key, false, nullptr};
      const std::int64_t position = part.offset + part.stride * key;
      if (block.args.rows.keys.defined()) {
        visit_listed(tile);
      } else if (part.stride == 1) {
        visit_even(tile, k + position * dim, v + position * value_dim);
      } else {
        for (std::int64_t j = 0; j < tile.count; ++j) copy_row(position + part.stride * j, j);
        visit_even(tile, space.k_copy, space.v_copy);
      }
    }
  });
}

// The rows of the block's queries in x: q, or what is by its rows, or O, or what is by the rows of that.
enum class RowsBy { query, result };

// Rows of x [B,H,·,columns] for the block's queries: where they are, or where a list says which, copied side by side
// into `copy`.
template <class Element>
EvenRows<const Element> rows_of_queries(const Block& block, const ops::Tensor& x, RowsBy by, Element* copy) {
  const std::int64_t columns = x.shape()[3];
  const ops::AttendedRows& rows = block.args.rows;
  const bool listed = by == RowsBy::query ? rows.queries.defined() : rows.queries_once;
  if (!listed) return {block.first_query_of<Element>(x), block.part.stride * columns};
  const Element* head = block.head_of<Element>(x);
  for (std::int64_t i = 0; i < block.count; ++i) {
    const std::int64_t row = block.query_row(i);
    if (row < 0) {
      std::fill_n(copy + i * columns, columns, Element{});
    } else {
      std::copy_n(head + row * columns, columns, copy + i * columns);
    }
  }
  return {copy, columns};
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
  const std::int64_t value_dim = block.args.out.shape()[3];
  Element* out = block.head_of<Element>(block.args.out);
  for (std::int64_t i = 0; i < block.count; ++i) {
    const std::int64_t row = block.result_row(i);
    if (row < 0) continue;
    const bool global = has_globals && block.plan().is_global(block.example, row);
    lse[row] = global ? hidden : maximum[i];
    write_scaled_row(value_dim, result + i * step, out + row * value_dim, global ? 0 : sum[i], block.args.adds_to_out);
  }
}

// Per query of a block, for the backward pass: LSE·log₂ e, and δ = g·O − ℓ.
template <class Element>
void read_statistics(const ops::AttentionBackwardArgs& args, const Block& block, float* lse, float* delta) {
  const std::int64_t value_dim = block.args.out.shape()[3];
  const auto* d_out = block.head_of<Element>(args.d_out);
  const float* lse_rows = block.head_of(block.args.lse);
  std::fill_n(lse, block.width(), -hidden);
  std::fill_n(delta, block.width(), 0.0f);
  with_element_of(block.args.out, [&]<class Out>(Out) HWY_ATTR {
    const auto* out = block.head_of<Out>(block.args.out);
    for (std::int64_t i = 0; i < block.count; ++i) {
      const std::int64_t row = block.result_row(i);
      // Rows that saw no key keep LSE = +inf: their probabilities, and so their gradients, come out as 0.
      if (row < 0 || lse_rows[row] == hidden) continue;
      lse[i] = lse_rows[row] * log2_e;
      delta[i] = dot(value_dim, d_out + row * value_dim, out + row * value_dim);
      if (args.d_lse.defined()) delta[i] -= block.head_of(args.d_lse)[row];
    }
  });
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_ATTENTION_TILES_INL_H_
