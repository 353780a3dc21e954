#include "tests/oracle/sinkhorn.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "tests/oracle/var_attention.h"
#include "tests/oracle/var_rows.h"

namespace attnscope::oracle {
namespace {

std::int64_t blocks_of(std::int64_t length, std::int64_t block) { return (length + block - 1) / block; }

// Whether block u may receive block v: always, or only earlier ones when causal.
bool receives(const SinkhornOptions& options, std::int64_t u, std::int64_t v) { return !options.causal || v < u; }

// ψ_u = Σ x_j over block u, or over j ≤ u·b when causal; padding counts as zero. [B,H,N_B,D]
VarArray descriptors(const VarArrays& in, const VarArray& x, const SinkhornOptions& options) {
  const std::int64_t length = x.extent(2), count = blocks_of(length, options.block);
  VarArray psi({x.extent(0), x.extent(1), count, x.extent(3)});
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t h = 0; h < x.extent(1); ++h)
      for (std::int64_t u = 0; u < count; ++u) {
        const std::int64_t start = u * options.block;
        const std::int64_t begin = options.causal ? 0 : start;
        const std::int64_t end = options.causal ? start + 1 : std::min(start + options.block, length);
        for (std::int64_t j = begin; j < end; ++j)
          for (std::int64_t d = 0; d < x.extent(3) && is_real(in, b, j); ++d) psi(b, h, u, d) += x(b, h, j, d);
      }
  return psi;
}

// R_uv = log(relu(mean q_u · mean k_v / √D) + 1e-6)
VarArray dot_scores(const VarArray& psi_q, const VarArray& psi_k, std::int64_t block) {
  VarArray scores({psi_q.extent(0), psi_q.extent(1), psi_q.extent(2), psi_k.extent(2)});
  const double scale = head_scale(psi_q) / static_cast<double>(block * block);
  for (std::int64_t b = 0; b < scores.extent(0); ++b)
    for (std::int64_t h = 0; h < scores.extent(1); ++h)
      for (std::int64_t u = 0; u < scores.extent(2); ++u)
        for (std::int64_t v = 0; v < scores.extent(3); ++v)
          scores(b, h, u, v) = log(relu(scale * dot(row(psi_q, b, h, u), row(psi_k, b, h, v))) + 1e-6);
  return scores;
}

// R [B,H,N_B,N_B]
VarArray sort_scores(const VarArrays& in, const SinkhornOptions& options) {
  const VarArray psi = descriptors(in, in.at("k"), options);
  if (options.sort_net == "dot") return dot_scores(descriptors(in, in.at("q"), options), psi, options.block);
  const VarArray hidden = relu(project_per_head(psi, in.at("sort_in"), in.at("sort_in_bias")));
  return relu(project_per_head(hidden, in.at("sort_out"), in.at("sort_out_bias")));
}

// The logarithms of one matrix, of which absent entries are zeros of Ŝ.
struct LogMatrix {
  std::int64_t count;
  std::vector<Var> values;

  Var& operator()(std::int64_t u, std::int64_t v) { return values[static_cast<std::size_t>(u * count + v)]; }
};

Var log_sum_exp(const std::vector<Var>& x) {
  double highest = -std::numeric_limits<double>::infinity();
  for (const Var& value : x) highest = std::max(highest, value.value());
  Var sum;
  for (const Var& value : x) sum += exp(value - highest);
  return log(sum) + highest;
}

void normalise_rows(LogMatrix& f, const SinkhornOptions& options) {
  for (std::int64_t u = 0; u < f.count; ++u) {
    std::vector<Var> present;
    for (std::int64_t v = 0; v < f.count; ++v)
      if (receives(options, u, v)) present.push_back(f(u, v));
    if (present.empty()) continue;
    const Var total = log_sum_exp(present);
    for (std::int64_t v = 0; v < f.count; ++v)
      if (receives(options, u, v)) f(u, v) = f(u, v) - total;
  }
}

// Causal: F_uv ← F_uv − LSE_{u' ≤ u} F_u'v, so that no later block matters.
void normalise_columns(LogMatrix& f, const SinkhornOptions& options) {
  for (std::int64_t v = 0; v < f.count; ++v) {
    std::vector<Var> column, totals;
    for (std::int64_t u = 0; u < f.count; ++u) {
      if (!receives(options, u, v)) continue;
      column.push_back(f(u, v));
      if (options.causal) totals.push_back(log_sum_exp(column));
    }
    if (!options.causal) totals.assign(column.size(), log_sum_exp(column));
    std::size_t present = 0;
    for (std::int64_t u = 0; u < f.count; ++u)
      if (receives(options, u, v)) f(u, v) = f(u, v) - totals[present++];
  }
}

// Ŝ [B,H,N_B,N_B]
VarArray sort_matrix(const VarArrays& in, const SinkhornOptions& options) {
  VarArray sorting = sort_scores(in, options);
  const std::int64_t count = sorting.extent(2);
  const bool noisy = options.gumbel && options.training;
  for (std::int64_t b = 0; b < sorting.extent(0); ++b)
    for (std::int64_t h = 0; h < sorting.extent(1); ++h) {
      LogMatrix f{count, std::vector<Var>(static_cast<std::size_t>(count * count))};
      for (std::int64_t u = 0; u < count; ++u)
        for (std::int64_t v = 0; v < count; ++v) {
          const Var noise = noisy ? in.at("gumbel_noise")(b, h, u, v) : Var(0.0);
          f(u, v) = (sorting(b, h, u, v) + noise) / options.temperature;
        }
      for (std::int64_t t = 0; t < options.iterations; ++t) {
        normalise_rows(f, options);
        normalise_columns(f, options);
      }
      for (std::int64_t u = 0; u < count; ++u)
        for (std::int64_t v = 0; v < count; ++v)
          sorting(b, h, u, v) = receives(options, u, v) ? exp(f(u, v)) : Var(0.0);
    }
  return sorting;
}

// Ŝ and what it mixes position by position: row u·b + t is Σ_v Ŝ_uv x_(v,t) over the real positions (v,t) of blocks v.
struct SortedBlocks {
  const VarArrays& in;
  const SinkhornOptions& options;
  VarArray sorting;     // Ŝ [B,H,N_B,N_B]
  std::int64_t length;  // N

  bool has(std::int64_t b, std::int64_t v, std::int64_t t) const {
    const std::int64_t j = v * options.block + t;
    return j < length && is_real(in, b, j);
  }

  VarArray mix(const VarArray& x) const {
    const std::int64_t count = sorting.extent(2);
    VarArray mixed({x.extent(0), x.extent(1), count * options.block, x.extent(3)});
    for (std::int64_t b = 0; b < x.extent(0); ++b)
      for (std::int64_t h = 0; h < x.extent(1); ++h)
        for (std::int64_t r = 0; r < count * options.block; ++r)
          for (std::int64_t v = 0; v < count; ++v) {
            const std::int64_t u = r / options.block, t = r % options.block;
            if (!receives(options, u, v) || !has(b, v, t)) continue;
            for (std::int64_t d = 0; d < x.extent(3); ++d)
              mixed(b, h, r, d) += sorting(b, h, u, v) * x(b, h, v * options.block + t, d);
          }
    return mixed;
  }

  // Whether anything real is mixed into the row.
  bool is_visible(std::int64_t b, std::int64_t h, std::int64_t r) const {
    double real_share = 0.0;
    for (std::int64_t v = 0; v < sorting.extent(3); ++v)
      if (has(b, v, r % options.block)) real_share += sorting(b, h, r / options.block, v).value();
    return real_share != 0.0;
  }

  // The rows that query i sees: those of its own block, or of the first n_c blocks.
  bool sees_row(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t r) const {
    const std::int64_t u = r / options.block;
    const bool offered = options.sort_cut > 0 ? u < options.sort_cut : u == i / options.block;
    return offered && is_real(in, b, i) && is_visible(b, h, r);
  }

  bool sees_unsorted(std::int64_t b, std::int64_t i, std::int64_t j) const {
    return options.sort_cut == 0 && i / options.block == j / options.block && is_real(in, b, i) && is_real(in, b, j) &&
           (!options.causal || j <= i);
  }
};

VarArray core(const VarArrays& in, const SinkhornOptions& options) {
  require_one_of(options.sort_net, {"mlp", "dot"});
  require_one_of(options.combine, {"one_softmax", "two_softmaxes"});
  if (options.sort_cut > 0 && options.causal) throw std::invalid_argument("oracle: sinkhorn: sort_cut is not causal");
  const VarArray &q = in.at("q"), &k = in.at("k"), &v = in.at("v");
  const SortedBlocks blocks{in, options, sort_matrix(in, options), q.extent(2)};
  const VarArray sorted_k = blocks.mix(k), sorted_v = blocks.mix(v);
  const std::int64_t sorted_rows = sorted_k.extent(2);
  const auto sees_sorted = [&](auto b, auto h, auto i, auto r) { return blocks.sees_row(b, h, i, r) ? 1.0 : 0.0; };
  const auto sees_local = [&](auto b, auto, auto i, auto j) { return blocks.sees_unsorted(b, i, j) ? 1.0 : 0.0; };
  if (options.combine == "two_softmaxes")
    return masked_attention(q, sorted_k, sorted_v, head_scale(q), sees_sorted) +
           masked_attention(q, k, v, head_scale(q), sees_local);
  const auto sees_either = [&](auto b, auto h, auto i, auto r) {
    return r < sorted_rows ? sees_sorted(b, h, i, r) : sees_local(b, h, i, r - sorted_rows);
  };
  return masked_attention(q, concat_rows(sorted_k, k), concat_rows(sorted_v, v), head_scale(q), sees_either);
}

}  // namespace

Result sinkhorn_core(const Arrays& in, const SinkhornOptions& options) {
  return differentiate_output(in, {"gumbel_noise"}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result sinkhorn_layer(const Arrays& in, std::int64_t heads, const SinkhornOptions& options) {
  return differentiate_output(in, {"gumbel_noise"}, [&](const VarArrays& arrays) {
    return attention_layer(arrays, heads, [&](const VarArrays& inner) { return core(inner, options); });
  });
}

}  // namespace attnscope::oracle
