#include "tests/oracle/longformer.h"

#include <cstdlib>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/layer.h"

namespace attnscope::oracle {
namespace {

std::int64_t global_slots(const Arrays& in) {
  const auto positions = in.find("global_positions");
  return positions == in.end() ? 0 : positions->second.extent(1);
}

std::int64_t global_position(const Arrays& in, std::int64_t b, std::int64_t slot) {
  return static_cast<std::int64_t>(in.at("global_positions")(b, slot));
}

bool is_global(const Arrays& in, std::int64_t b, std::int64_t n) {
  for (std::int64_t slot = 0; slot < global_slots(in); ++slot)
    if (global_position(in, b, slot) == n) return true;
  return false;
}

// j ∈ {i + tδ : t = −w … w} (t ≤ 0 when causal)
bool in_window(const LongformerOptions& options, std::int64_t h, std::int64_t i, std::int64_t j) {
  const std::int64_t dilation = options.dilation.size() == 1 ? options.dilation[0] : options.dilation[h];
  const std::int64_t distance = j - i;
  if (options.causal && distance > 0) return false;
  return distance % dilation == 0 && std::abs(distance) <= options.window * dilation;
}

// Rows of x at the global positions, [B,G,E]; absent ones are zero.
Array gather_global(const Arrays& in, const Array& x) {
  Array rows({x.extent(0), global_slots(in), x.extent(2)});
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t slot = 0; slot < global_slots(in); ++slot)
      for (std::int64_t e = 0; e < x.extent(2) && global_position(in, b, slot) >= 0; ++e)
        rows(b, slot, e) = x(b, global_position(in, b, slot), e);
  return rows;
}

Array scatter_global(const Arrays& in, const Array& rows, const Array& like) {
  Array x(like.shape);
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t slot = 0; slot < global_slots(in); ++slot)
      for (std::int64_t e = 0; e < x.extent(2) && global_position(in, b, slot) >= 0; ++e)
        x(b, global_position(in, b, slot), e) += rows(b, slot, e);
  return x;
}

}  // namespace

Result longformer_core(const Arrays& in, const LongformerOptions& options) {
  const Array& d_out = in.at("d_out");
  // Local queries: window ∪ global columns, each key once, local projections.
  const auto local = [&](std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j) {
    if (!is_real(in, b, i) || !is_real(in, b, j) || is_global(in, b, i)) return 0.0;
    return in_window(options, h, i, j) || is_global(in, b, j) ? 1.0 : 0.0;
  };
  DenseResult dense = masked_softmax(in.at("q"), in.at("k"), in.at("v"), local, d_out);
  Result result{dense.output, {{"q", dense.d_q}, {"k", dense.d_k}, {"v", dense.d_v}}};
  if (global_slots(in) == 0) return result;

  // Global queries: every real position, the projections of their own; they replace the local rows.
  const auto full = [&](std::int64_t b, std::int64_t, std::int64_t slot, std::int64_t j) {
    const std::int64_t i = global_position(in, b, slot);
    return i >= 0 && is_real(in, b, i) && is_real(in, b, j) ? 1.0 : 0.0;
  };
  const Array& q_global = in.at("q_global");
  Array d_global(q_global.shape);
  const auto for_each_global = [&](const auto& visit) {
    for (std::int64_t b = 0; b < d_out.extent(0); ++b)
      for (std::int64_t h = 0; h < d_out.extent(1); ++h)
        for (std::int64_t slot = 0; slot < global_slots(in); ++slot)
          for (std::int64_t d = 0; d < d_out.extent(3) && global_position(in, b, slot) >= 0; ++d)
            visit(b, h, slot, global_position(in, b, slot), d);
  };
  for_each_global([&](auto b, auto h, auto slot, auto i, auto d) { d_global(b, h, slot, d) = d_out(b, h, i, d); });
  const DenseResult global = masked_softmax(q_global, in.at("k_global"), in.at("v_global"), full, d_global);
  for_each_global(
      [&](auto b, auto h, auto slot, auto i, auto d) { result.output(b, h, i, d) = global.output(b, h, slot, d); });
  result.gradients["q_global"] = global.d_q;
  result.gradients["k_global"] = global.d_k;
  result.gradients["v_global"] = global.d_v;
  return result;
}

Result longformer_layer(const Arrays& in, std::int64_t heads, const LongformerOptions& options) {
  if (global_slots(in) == 0)
    return layer(in, heads, [&](const Arrays& inner) { return longformer_core(inner, options); });

  const Array& x = in.at("x");
  const Array x_global = gather_global(in, x);
  Array d_x_global(x.shape);
  Result result = layer(in, heads, [&](Arrays inner) {
    inner["q_global"] = split_heads(project(in, "q_global", x_global), heads);
    inner["k_global"] = split_heads(project(in, "k_global", x), heads);
    inner["v_global"] = split_heads(project(in, "v_global", x), heads);
    Result core = longformer_core(inner, options);
    const auto back = [&](const std::string& name, const Array& input) {
      const Array d_projected = join_heads(core.gradients.at(name));
      core.gradients.erase(name);
      return project_backward(in, name, input, d_projected, core.gradients);
    };
    d_x_global = scatter_global(in, back("q_global", x_global), x) + back("k_global", x) + back("v_global", x);
    return core;
  });
  result.gradients["x"] = result.gradients["x"] + d_x_global;
  return result;
}

}  // namespace attnscope::oracle
