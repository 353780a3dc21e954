// How large the tiles of an attention call are, and where in a thread's scratch memory its operands lie.
#pragma once

#include <algorithm>
#include <cstdint>

#include "suite/backends/cpu/scratch_layout.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::cpu {

// Of the largest tile of all sets of keys.
struct TileSizes {
  std::int64_t width, keys = 0;     // padded queries, keys
  std::int64_t dim, value_dim;      // D, Dv
  std::int64_t gathered = 0;        // keys whose rows may be put side by side: global, dilated and listed ones
  std::int64_t labels = 0;          // R of the label scores, 0: none
  std::int64_t relative_dim = 0;    // D of the relative keys, 0: none
  std::int64_t relative_rows = 0;   // relative keys that a tile can meet
  std::int64_t rule_rows = 0;       // query rows of a position rule
  std::int64_t rule_logs = 0;       // logarithms of counts of rounds
  std::int64_t all_keys = 0;        // rows of k of all sets
  std::int64_t copied_queries = 0;  // listed queries, whose rows are copied side by side

  explicit TileSizes(const ops::AttentionArgs& args)
      : width(whole_vectors(args.plan().largest_query_tile())), dim(args.q.shape()[3]), value_dim(args.out.shape()[3]) {
    for (const ops::KeySetArgs& set : args.sets) include(set);
    if (args.rows.queries.defined()) copied_queries = width;
    if (args.rows.keys.defined()) gathered = keys;
  }
  std::int64_t widest_row() const { return std::max(dim, value_dim); }

 private:
  void include(const ops::KeySetArgs& set) {
    const auto raise = [](std::int64_t& size, std::int64_t needed) { size = std::max(size, needed); };
    const std::int64_t tile = set.plan->largest_key_tile();
    raise(keys, tile);
    all_keys += set.k.shape()[2];
    if (set.plan->has_scattered_keys()) raise(gathered, tile);
    if (set.labels.scores.defined()) raise(labels, set.labels.scores.shape()[3]);
    if (set.relative.query.defined()) {
      relative_dim = dim;
      raise(relative_rows, std::min(set.relative.keys.shape()[1], width + tile));
    }
    if (!set.positions.query.defined()) return;
    const ops::Tensor& pages = set.positions.query_round_pages;
    const std::int64_t rounds = pages.defined() ? pages.shape()[3] : 0;
    raise(rule_rows, 2 + rounds);
    if (rounds > 0) raise(rule_logs, rounds + 1);
  }
};

// A pointer to a row takes the space of this many floats.
inline constexpr std::int64_t pointer_floats = sizeof(void*) / sizeof(float);

// What it takes to find rows. Rows of bfloat16 fill half of theirs.
struct RowScratch {
  std::int64_t k_rows, v_rows;  // of keys put side by side
  std::int64_t k_list, v_list;  // where the rows of a tile's keys are
  std::int64_t zeros;           // nobody's row
  std::int64_t query_rows;      // of listed queries put side by side, of Q or dO

  RowScratch(const TileSizes& size, ScratchLayout& layout)
      : k_rows(layout.take(size.gathered * size.dim)),
        v_rows(layout.take(size.gathered * size.value_dim)),
        k_list(layout.take(pointer_floats * size.keys)),
        v_list(layout.take(pointer_floats * size.keys)),
        zeros(layout.take(size.widest_row())),
        query_rows(layout.take(size.copied_queries * size.widest_row())) {}
};

// The same for the backward pass, which adds to gradients of keys where their rows are.
struct GradientRowScratch : RowScratch {
  std::int64_t d_k_rows, d_v_rows;  // gradients of keys put side by side, rows of dim_step and value_step floats
  std::int64_t d_k_list, d_v_list;
  std::int64_t dump;  // nobody's gradient

  GradientRowScratch(const TileSizes& size, std::int64_t dim_step, std::int64_t value_step, ScratchLayout& layout)
      : RowScratch(size, layout),
        d_k_rows(layout.take(size.gathered * dim_step)),
        d_v_rows(layout.take(size.gathered * value_step)),
        d_k_list(layout.take(pointer_floats * size.keys)),
        d_v_list(layout.take(pointer_floats * size.keys)),
        dump(layout.take(std::max(dim_step, value_step))) {}
};

// What scores need besides Qᵀ.
struct TermScratch {
  std::int64_t labels;           // label scores, transposed [R × width], scaled
  std::int64_t relative_query;   // relative queries, transposed [D × width], scaled
  std::int64_t relative_scores;  // products with relative keys [relative keys × width]
  std::int64_t rule, rule_logs;  // positions and pages of the queries [rows × width]; log 0 … log R

  TermScratch(const TileSizes& size, ScratchLayout& layout)
      : labels(layout.take(size.labels * size.width)),
        relative_query(layout.take(size.relative_dim * size.width)),
        relative_scores(layout.take(size.relative_rows * size.width)),
        rule(layout.take(size.rule_rows * size.width)),
        rule_logs(layout.take(size.rule_logs)) {}
};

struct ForwardScratch {
  ScratchLayout layout;
  std::int64_t queries, result;       // Qᵀ [D × width], scaled; O [width × Dv]
  std::int64_t scores;                // Sᵀ [keys × width]
  std::int64_t maximum, sum, factor;  // per query
  std::int64_t windows;               // of a block's queries, [2 × width]
  RowScratch rows;
  TermScratch terms;

  explicit ForwardScratch(const TileSizes& size)
      : queries(layout.take(size.dim * size.width)),
        result(layout.take(size.value_dim * size.width)),
        scores(layout.take(size.keys * size.width)),
        maximum(layout.take(size.width)),
        sum(layout.take(size.width)),
        factor(layout.take(size.width)),
        windows(layout.take(2 * size.width)),
        rows(size, layout),
        terms(size, layout) {}
};

struct BackwardScratch {
  ScratchLayout layout;
  std::int64_t queries_t, d_out_t;  // Qᵀ [D × width], scaled; dOᵀ [Dv × width]
  std::int64_t queries, d_out;      // Q [queries × D], scaled; dO [queries × Dv]
  std::int64_t d_q;                 // dQ [queries × D]
  std::int64_t scores, gradients;   // Sᵀ, then Pᵀ; dPᵀ, then dSᵀ [keys × width]
  std::int64_t lse, delta;          // per query
  std::int64_t windows;             // of a block's queries, [2 × width]
  GradientRowScratch rows;
  TermScratch terms;
  std::int64_t d_labels;                          // as TermScratch::labels
  std::int64_t relative_query, d_relative_query;  // relative queries [queries × D], scaled; their gradients
  std::int64_t d_relative_scores;                 // as TermScratch::relative_scores

  explicit BackwardScratch(const TileSizes& size)
      : queries_t(layout.take(size.dim * size.width)),
        d_out_t(layout.take(size.value_dim * size.width)),
        queries(layout.take(size.dim * size.width)),
        d_out(layout.take(size.value_dim * size.width)),
        d_q(layout.take(size.dim * size.width)),
        scores(layout.take(size.keys * size.width)),
        gradients(layout.take(size.keys * size.width)),
        lse(layout.take(size.width)),
        delta(layout.take(size.width)),
        windows(layout.take(2 * size.width)),
        rows(size, size.dim, size.value_dim, layout),
        terms(size, layout),
        d_labels(layout.take(size.labels * size.width)),
        relative_query(layout.take(size.relative_dim * size.width)),
        d_relative_query(layout.take(size.relative_dim * size.width)),
        d_relative_scores(layout.take(size.relative_rows * size.width)) {}
};

// As TermScratch for the bfloat16 kernels, with relative queries in pairs along D.
struct Bfloat16TermScratch : TermScratch {
  std::int64_t keys, relative_keys;  // of one tile [keys × D/2], where rows do not start on words
  std::int64_t key_list;             // where these are

  Bfloat16TermScratch(const TileSizes& size, ScratchLayout& layout)
      : TermScratch(size, layout),
        keys(layout.take(size.dim % 2 == 0 ? 0 : size.keys * pair_count(size.dim))),
        relative_keys(layout.take(size.dim % 2 == 0 ? 0 : size.relative_rows * pair_count(size.dim))),
        key_list(layout.take(size.dim % 2 == 0 ? 0 : size.keys * pointer_floats)) {}
};

struct Bfloat16ForwardScratch {
  ScratchLayout layout;
  std::int64_t queries;               // pairs along D of Qᵀ [D/2 × width]
  std::int64_t value_step;            // row length of what has Dv columns, whole vectors
  std::int64_t result, scores;        // O [width × Dv]; Sᵀ [keys × width]
  std::int64_t weights;               // pairs of keys of Pᵀ [keys/2 × width]
  std::int64_t values;                // V [keys/2 × Dv] in pairs of keys
  std::int64_t maximum, sum, factor;  // per query
  std::int64_t windows;               // of a block's queries, [2 × width]
  RowScratch rows;
  Bfloat16TermScratch terms;

  explicit Bfloat16ForwardScratch(const TileSizes& size)
      : queries(layout.take(pair_count(size.dim) * size.width)),
        value_step(whole_vectors(size.value_dim)),
        result(layout.take(value_step * size.width)),
        scores(layout.take(size.keys * size.width)),
        weights(layout.take(pair_count(size.keys) * size.width)),
        values(layout.take(pair_count(size.keys) * value_step)),
        maximum(layout.take(size.width)),
        sum(layout.take(size.width)),
        factor(layout.take(size.width)),
        windows(layout.take(2 * size.width)),
        rows(size, layout),
        terms(size, layout) {}
};

struct Bfloat16BackwardScratch {
  ScratchLayout layout;
  std::int64_t dim_step, value_step;    // row lengths of what has D or Dv columns, whole vectors
  std::int64_t queries, d_out;          // pairs along D of Qᵀ [D/2 × width], along Dv of dOᵀ [Dv/2 × width]
  std::int64_t query_rows, d_out_rows;  // Q and dO in pairs of queries [width/2 × D], [width/2 × Dv]
  std::int64_t scores, gradients;       // Sᵀ and dPᵀ, then dSᵀ [keys × width]
  std::int64_t p_rows, ds_rows;         // Pᵀ and dSᵀ in pairs of queries [keys × width/2]
  std::int64_t ds_pairs, key_pairs;     // dSᵀ in pairs of keys [keys/2 × width], K likewise [keys/2 × D]
  std::int64_t values, value_list;      // V in words where its rows do not start on words, and a list of these
  std::int64_t lse, delta;              // per query
  std::int64_t windows;                 // of a block's queries, [2 × width]
  std::int64_t d_q, d_k, d_v;           // dQ [width × D]; dK [M × D] and dV [M × Dv] of one head, set behind set
  GradientRowScratch rows;
  Bfloat16TermScratch terms;
  std::int64_t d_labels;                           // as TermScratch::labels
  std::int64_t relative_query_rows;                // relative queries in pairs of queries [width/2 × D]
  std::int64_t d_relative_query, d_relative_keys;  // [width × D], [relative keys × D]
  std::int64_t d_relative_scores;                  // as TermScratch::relative_scores
  std::int64_t d_relative_rows, d_relative_pairs;  // the same in pairs of queries, and in pairs of relative keys
  std::int64_t relative_key_pairs;                 // relative keys in pairs of keys [relative keys/2 × D]

  explicit Bfloat16BackwardScratch(const TileSizes& size)
      : dim_step(whole_vectors(size.dim)),
        value_step(whole_vectors(size.value_dim)),
        queries(layout.take(pair_count(size.dim) * size.width)),
        d_out(layout.take(pair_count(size.value_dim) * size.width)),
        query_rows(layout.take(pair_count(size.width) * dim_step)),
        d_out_rows(layout.take(pair_count(size.width) * value_step)),
        scores(layout.take(size.keys * size.width)),
        gradients(layout.take(size.keys * size.width)),
        p_rows(layout.take(size.keys * pair_count(size.width))),
        ds_rows(layout.take(size.keys * pair_count(size.width))),
        ds_pairs(layout.take(pair_count(size.keys) * size.width)),
        key_pairs(layout.take(pair_count(size.keys) * dim_step)),
        values(layout.take(size.value_dim % 2 == 0 ? 0 : size.keys * pair_count(size.value_dim))),
        value_list(layout.take(size.value_dim % 2 == 0 ? 0 : size.keys * pointer_floats)),
        lse(layout.take(size.width)),
        delta(layout.take(size.width)),
        windows(layout.take(2 * size.width)),
        d_q(layout.take(dim_step * size.width)),
        d_k(layout.take(size.all_keys * dim_step)),
        d_v(layout.take(size.all_keys * value_step)),
        rows(size, dim_step, value_step, layout),
        terms(size, layout),
        d_labels(layout.take(size.labels * size.width)),
        relative_query_rows(layout.take(size.relative_dim > 0 ? pair_count(size.width) * dim_step : 0)),
        d_relative_query(layout.take(size.relative_dim > 0 ? size.width * dim_step : 0)),
        d_relative_keys(layout.take(size.relative_rows * dim_step)),
        d_relative_scores(layout.take(size.relative_rows * size.width)),
        d_relative_rows(layout.take(size.relative_rows * pair_count(size.width))),
        d_relative_pairs(layout.take(pair_count(size.relative_rows) * size.width)),
        relative_key_pairs(layout.take(pair_count(size.relative_rows) * dim_step)) {}
};

}  // namespace attnscope::backends::cpu
