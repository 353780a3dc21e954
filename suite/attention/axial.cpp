// Axial Transformer (Ho, Kalchbrenner, Weissenborn, Salimans 2019, arXiv 1912.12180): positions lie on a grid and
// attend along its rows and its columns (§3.1); as a decoder, rows above are context for the own row (§3.2).
#include <algorithm>
#include <cmath>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/layout.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

enum class Axis { row, column };

class Axial final : public Variant {
 public:
  Axial() : Variant(false) {}
  Option<std::int64_t> width{options_, "width", 0, at_least<std::int64_t>(0),
                             "columns of the grid, row by row, the last row may be short; 0: ⌈√N⌉"};
  Choice combine{options_,
                 "combine",
                 "sum",
                 {"sum", "sequential", "row", "column", "shifted"},
                 "outputs of both axes added; columns after rows; one axis alone; or rows above, shifted down, as "
                 "context for the own row (layer scope, causal)"};

  VariantInfo info() const override {
    return {.name = "axial",
            .title = "Axial Transformer",
            .authors = "Ho, Kalchbrenner, Weissenborn, Salimans",
            .year = 2019,
            .arxiv = "1912.12180",
            .survey_class = "FP",
            .complexity = "O(N√N)",
            .family = "sparse",
            .decode = true,
            .exact_when = {"combine=row;width=1000000", "combine=column;width=1"},
            .mean_of_values = "combine=sequential"};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (!combine.is("shifted")) return std::nullopt;
    if (problem.scope == Scope::core) {
      return "combine=shifted: attention over its own output needs projections between; use scope=layer";
    }
    if (!problem.causal) return "combine=shifted: a decoder reads rows above and positions before only; use causal=1";
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    if (combine.is("row")) return along(ctx, problem, Axis::row, problem.causal, in);
    if (combine.is("column")) return along(ctx, problem, Axis::column, problem.causal, in);
    Tensor rows = along(ctx, problem, Axis::row, problem.causal, in);
    if (combine.is("sequential")) {
      return along(ctx, problem, Axis::column, problem.causal,
                   {.q = in.q, .k = in.k, .v = rows, .key_mask = in.key_mask});
    }
    return ops::add_attention(ctx, std::move(rows), in.q, in.k, in.v,
                              options(problem, Axis::column, problem.causal, in.key_mask));
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    const auto row = [&](const Tensor& x) {
      return multi_head(ctx, problem, Axis::row, problem.causal, "row", x, key_mask);
    };
    const auto column = [&](const Tensor& x) {
      return multi_head(ctx, problem, Axis::column, problem.causal, "column", x, key_mask);
    };
    if (combine.is("shifted")) return row(ops::add(ctx, x, context_above(ctx, problem, x, key_mask)));
    if (combine.is("row")) return row(x);
    if (combine.is("column")) return column(x);
    if (combine.is("sequential")) return column(row(x));
    return ops::add(ctx, row(x), column(x));
  }

 private:
  std::int64_t columns(const Problem& problem) const {
    if (width > 0) return width;
    return static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(problem.seq_len))));
  }

  // Queries of a tile: whole lines of the grid, so that few of them meet keys of a line that others see alone. One line
  // where its queries fill more than a vector and see the same keys, so that products have one shape; else as many as
  // fit.
  static std::int64_t tile_of(std::int64_t line, bool causal) {
    constexpr std::int64_t usual = 64, most = 256, vector = 16;
    if (line > most) return usual;
    return causal || line <= vector ? std::max<std::int64_t>(1, usual / line) * line : line;
  }

  // Keys of the own row are a range of positions; keys of the own column are `columns` apart.
  ops::AttentionPattern pattern(const Problem& problem, Axis axis, bool causal) const {
    const std::int64_t n = problem.seq_len, w = columns(problem);
    if (axis == Axis::column) return {.causal = causal, .dilation = {w}, .block_q = tile_of((n + w - 1) / w, causal)};
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t first = i / w * w;
      ranges->push_back({first, causal ? i + 1 : std::min(first + w, n)});
    }
    return {.ranges = std::move(ranges), .block_q = tile_of(w, causal)};
  }

  ops::AttentionOptions options(const Problem& problem, Axis axis, bool causal, const Tensor& key_mask) const {
    return {.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim)),
            .pattern = pattern(problem, axis, causal),
            .key_mask = key_mask};
  }
  Tensor along(Context& ctx, const Problem& problem, Axis axis, bool causal, const QueryKeyValue& in) const {
    return ops::attention(ctx, in.q, in.k, in.v, options(problem, axis, causal, in.key_mask));
  }

  // A multi-head attention along an axis, with projections of its own.
  Tensor multi_head(Context& ctx, const Problem& problem, Axis axis, bool causal, const std::string& name,
                    const Tensor& x, const Tensor& key_mask) const {
    Tensor merged;
    {
      const Tensor o = along(ctx, problem, axis, causal,
                             {.q = project_to_heads(ctx, problem, x, "q_" + name),
                              .k = project_to_heads(ctx, problem, x, "k_" + name),
                              .v = project_to_heads(ctx, problem, x, "v_" + name),
                              .key_mask = key_mask});
      merged = ops::merge_heads(ctx, o);
    }
    return ops::mask_rows(ctx, project(ctx, problem, merged, "o_" + name), key_mask);
  }

  // What lies in the rows above: whole rows, gathered down the columns, moved on by one row.
  Tensor context_above(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const {
    const Tensor rows = multi_head(ctx, problem, Axis::row, false, "context_row", x, key_mask);
    const Tensor context = multi_head(ctx, problem, Axis::column, true, "context_column", rows, key_mask);
    return ops::slice(ctx, context, -2, -columns(problem), problem.seq_len);
  }
};

}  // namespace

std::unique_ptr<Variant> make_axial() { return std::make_unique<Axial>(); }

}  // namespace attnscope::attention
