#include "tests/oracle/axial.h"

#include <stdexcept>

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

enum class Axis { row, column };

std::int64_t grid_width(const AxialOptions& options, std::int64_t n) {
  return options.width != 0 ? options.width : ceil_sqrt(n);
}

VarArray attend(const VarArrays& in, Axis axis, bool causal, const VarArray& q, const VarArray& k, const VarArray& v,
                const AxialOptions& options) {
  const std::int64_t width = grid_width(options, q.extent(2));
  return self_attention(in, q, k, v, [&](auto, auto, auto i, auto j) {
    const bool on_axis = axis == Axis::row ? i / width == j / width : i % width == j % width;
    return on_axis && (!causal || j <= i) ? 1.0 : 0.0;
  });
}

VarArray core(const VarArrays& in, const AxialOptions& options) {
  const VarArray &q = in.at("q"), &k = in.at("k"), &v = in.at("v");
  const auto along = [&](Axis axis, const VarArray& values) {
    return attend(in, axis, options.causal, q, k, values, options);
  };
  if (options.combine == "row") return along(Axis::row, v);
  if (options.combine == "column") return along(Axis::column, v);
  if (options.combine == "sequential") return along(Axis::column, along(Axis::row, v));
  return along(Axis::row, v) + along(Axis::column, v);
}

// A whole multi-head attention along an axis, with the weights of the given name; padded rows are 0.
VarArray multi_head(const VarArrays& in, std::int64_t heads, Axis axis, bool causal, const std::string& name,
                    const VarArray& x, const AxialOptions& options) {
  const auto heads_of = [&](const std::string& role) { return project_to_heads(in, role + "_" + name, x, heads); };
  const VarArray o = attend(in, axis, causal, heads_of("q"), heads_of("k"), heads_of("v"), options);
  return zero_padding(in, project(in, "o_" + name, join_heads(o)));
}

// x moved to the next row of the grid; the first row is 0.
VarArray shifted_down(const VarArray& x, std::int64_t width) {
  VarArray shifted(x.shape);
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t n = width; n < x.extent(1); ++n)
      for (std::int64_t e = 0; e < x.extent(2); ++e) shifted(b, n, e) = x(b, n - width, e);
  return shifted;
}

// u_i: a summary of everything in the rows above; then masked row attention over x + u.
VarArray shifted_layer(const VarArrays& in, std::int64_t heads, const AxialOptions& options) {
  const VarArray& x = in.at("x");
  const VarArray rows = multi_head(in, heads, Axis::row, false, "context_row", x, options);
  const VarArray context = multi_head(in, heads, Axis::column, true, "context_column", rows, options);
  const VarArray u = shifted_down(context, grid_width(options, x.extent(1)));
  return multi_head(in, heads, Axis::row, true, "row", x + u, options);
}

VarArray layer_output(const VarArrays& in, std::int64_t heads, const AxialOptions& options) {
  if (options.combine == "shifted") return shifted_layer(in, heads, options);
  const VarArray& x = in.at("x");
  const auto row = [&] { return multi_head(in, heads, Axis::row, options.causal, "row", x, options); };
  const auto column = [&](const VarArray& input) {
    return multi_head(in, heads, Axis::column, options.causal, "column", input, options);
  };
  if (options.combine == "row") return row();
  if (options.combine == "column") return column(x);
  if (options.combine == "sequential") return column(row());
  return row() + column(x);
}

}  // namespace

Result axial_core(const Arrays& in, const AxialOptions& options) {
  require_one_of(options.combine, {"sum", "sequential", "row", "column"});
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result axial_layer(const Arrays& in, std::int64_t heads, const AxialOptions& options) {
  require_one_of(options.combine, {"sum", "sequential", "row", "column", "shifted"});
  if (options.combine == "shifted" && !options.causal) throw std::invalid_argument("oracle: axial shifted is causal");
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return layer_output(arrays, heads, options); });
}

}  // namespace attnscope::oracle
