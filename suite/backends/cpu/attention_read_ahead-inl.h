// Asking for what the next tile of queries touches first. Included only by kernel files between HWY_BEFORE_NAMESPACE
// and HWY_AFTER_NAMESPACE.
//
// Patterns that see every key once would otherwise wait for memory at the start of each tile. How much that brings
// stands in docs/kernels.md.
#if defined(ATTNSCOPE_ATTENTION_READ_AHEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_ATTENTION_READ_AHEAD_INL_H_
#undef ATTNSCOPE_ATTENTION_READ_AHEAD_INL_H_
#else
#define ATTNSCOPE_ATTENTION_READ_AHEAD_INL_H_
#endif

#include "suite/backends/cpu/attention_tiles-inl.h"
#include "suite/backends/cpu/read_ahead.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// The tile of queries `ahead` tiles behind a block's. There may be none in the head; nothing is asked for then, nor for
// keys of block lists: which of them come next is not in the windows.
class NextTile {
 public:
  NextTile(const Block& block, std::int64_t ahead)
      : block_(block), residue_(block.part.offset), first_(block.first), last_(0) {
    const ops::AttentionPlan& plan = block.args.plan();
    ops::SubSequence part = block.part;
    for (; ahead > 0; --ahead) {
      first_ = plan.query_tile_end(part, first_);
      if (first_ < part.queries) continue;
      if (++residue_ == plan.sub_sequences(block.head)) return;
      part = plan.sub_sequence(block.head, residue_);
      first_ = 0;
    }
    last_ = plan.query_tile_end(part, first_);
  }

  // Its rows of x [B,H,·,columns].
  void add_queries(const ops::Tensor& x, RowsBy by, ReadAhead& list) const {
    const ops::AttendedRows& rows = block_.args.rows;
    add(x, by == RowsBy::query || rows.queries_once ? rows.queries : ops::Tensor{}, first_, last_, list);
  }
  // Rows of x [B,H,M,columns], keys of a set, that it sees and no tile before it.
  void add_keys(const ops::KeySetArgs& set, const ops::Tensor& x, ReadAhead& list) const {
    const ops::AttentionPlan& plan = *set.plan;
    if (plan.pattern().blocks || last_ == 0) return;
    const ops::SubSequence part = plan.sub_sequence(block_.head, residue_);
    const bool follows = residue_ == block_.part.offset;
    const std::int64_t seen = follows ? plan.window_of(part, block_.first + block_.count - 1).last : 0;
    const std::int64_t first = std::max(seen, plan.window_of(part, first_).first);
    add(x, block_.args.rows.keys, first, std::min(plan.window_of(part, last_ - 1).last, first + plan.pattern().block_k),
        list);
  }

 private:
  void add(const ops::Tensor& x, const ops::Tensor& rows, std::int64_t first, std::int64_t last,
           ReadAhead& list) const {
    const std::int64_t columns = x.shape()[3], stride = block_.part.stride;
    with_element_of(x, [&]<class Element>(Element) {
      const Element* head = block_.head_of<Element>(x);
      if (rows.defined()) {
        list.add_listed(head, block_.list_of(rows) + first, last - first, columns);
      } else {
        list.add(head + (residue_ + stride * first) * columns, stride * columns, last - first, columns);
      }
    });
  }

  const Block& block_;
  std::int64_t residue_, first_, last_;  // queries [first, last) of the sub-sequence
};

// The rows of K and V behind a tile, where its queries are the only ones, so that every row is read once: set at
// 8k, 1.14 to 1.19 times the speed. Rows that many tiles of queries read are in the caches already, and asking for them
// costs 0.02 to 0.04.
template <class Element>
void add_next_keys(const Block& block, const TileOf<Element>& tile, ReadAhead& list) {
  const bool one_tile_of_queries = block.count == block.plan().queries();
  const bool keys_follow = !tile.gathered && !block.plan().pattern().blocks && !block.args.rows.keys.defined();
  if (!one_tile_of_queries || !keys_follow) return;
  const auto seen = static_cast<std::int64_t>(block.window_last[block.count - 1]);
  const std::int64_t rows = std::min(seen - tile.first - tile.count, tile.count);
  const std::int64_t dim = block.keys.k.shape()[3], value_dim = block.keys.v.shape()[3];
  list.add(tile.k[tile.count - 1] + dim, dim, rows, dim);
  list.add(tile.v[tile.count - 1] + value_dim, value_dim, rows, value_dim);
}

// What the forward pass touches of the tile `ahead` tiles behind a block's.
inline ReadAhead forward_read_ahead(const Block& block, std::int64_t ahead) {
  ReadAhead list;
  const NextTile next(block, ahead);
  next.add_queries(block.args.q, RowsBy::query, list);
  next.add_queries(block.args.out, RowsBy::result, list);
  for (const ops::KeySetArgs& set : block.args.sets) {
    for (const ops::Tensor* x : {&set.k, &set.v}) next.add_keys(set, *x, list);
  }
  return list;
}

// What the backward pass touches of the next tile; gradients of keys only where they are float32, as they are summed.
inline ReadAhead backward_read_ahead(const ops::AttentionBackwardArgs& args, const Block& block) {
  ReadAhead list;
  const NextTile next(block, 1);
  const ops::AttentionArgs& forward = args.forward;
  for (const ops::Tensor* x : {&forward.q, &args.d_q}) next.add_queries(*x, RowsBy::query, list);
  for (const ops::Tensor* x : {&forward.out, &args.d_out}) next.add_queries(*x, RowsBy::result, list);
  for (std::size_t a = 0; a < forward.sets.size(); ++a) {
    const ops::KeySetArgs& set = forward.sets[a];
    const ops::KeySetGradients& gradients = args.sets[a];
    for (const ops::Tensor* x : {&set.k, &set.v}) next.add_keys(set, *x, list);
    if (gradients.d_k.dtype() != tensor::DType::f32) continue;
    for (const ops::Tensor* x : {&gradients.d_k, &gradients.d_v}) next.add_keys(set, *x, list);
  }
  return list;
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_ATTENTION_READ_AHEAD_INL_H_
