#include "tests/oracle/layer.h"

namespace attnscope::oracle {

Array project(const Arrays& in, const std::string& name, const Array& x) {
  const Array& w = in.at("w_" + name);
  const auto bias = in.find("b_" + name);
  Array y({x.extent(0), x.extent(1), w.extent(1)});
  for (std::int64_t b = 0; b < y.extent(0); ++b)
    for (std::int64_t n = 0; n < y.extent(1); ++n)
      for (std::int64_t c = 0; c < y.extent(2); ++c) {
        double sum = bias == in.end() ? 0.0 : bias->second(c);
        for (std::int64_t e = 0; e < x.extent(2); ++e) sum += x(b, n, e) * w(e, c);
        y(b, n, c) = sum;
      }
  return y;
}

Array project_backward(const Arrays& in, const std::string& name, const Array& x, const Array& d_y, Arrays& gradients) {
  const Array& w = in.at("w_" + name);
  Array d_x(x.shape), d_w(w.shape), d_b({w.extent(1)});
  for (std::int64_t b = 0; b < d_y.extent(0); ++b)
    for (std::int64_t n = 0; n < d_y.extent(1); ++n)
      for (std::int64_t c = 0; c < d_y.extent(2); ++c) {
        d_b(c) += d_y(b, n, c);
        for (std::int64_t e = 0; e < x.extent(2); ++e) {
          d_w(e, c) += x(b, n, e) * d_y(b, n, c);
          d_x(b, n, e) += w(e, c) * d_y(b, n, c);
        }
      }
  gradients["w_" + name] = d_w;
  if (in.contains("b_" + name)) gradients["b_" + name] = d_b;
  return d_x;
}

Array split_heads(const Array& x, std::int64_t heads) {
  const std::int64_t width = x.extent(2) / heads;
  Array y({x.extent(0), heads, x.extent(1), width});
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t n = 0; n < x.extent(1); ++n)
        for (std::int64_t d = 0; d < width; ++d) y(b, h, n, d) = x(b, n, h * width + d);
  return y;
}

Array join_heads(const Array& x) {
  const std::int64_t width = x.extent(3);
  Array y({x.extent(0), x.extent(2), x.extent(1) * width});
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t h = 0; h < x.extent(1); ++h)
      for (std::int64_t n = 0; n < x.extent(2); ++n)
        for (std::int64_t d = 0; d < width; ++d) y(b, n, h * width + d) = x(b, h, n, d);
  return y;
}

Result layer(const Arrays& in, std::int64_t heads, const Core& core) {
  const Array& x = in.at("x");
  Arrays inner = in;
  for (const std::string name : {"q", "k", "v"}) inner[name] = split_heads(project(in, name, x), heads);

  Array d_y = in.at("d_out");
  zero_padding(in, d_y);
  // The gradient of O = d_y·W_oᵀ does not need O itself, so the core gives O and its gradients in one call.
  Arrays unused;
  inner["d_out"] = split_heads(project_backward(in, "o", x, d_y, unused), heads);
  Result result = core(inner);

  const Array joined = join_heads(result.output);
  result.output = project(in, "o", joined);
  zero_padding(in, result.output);
  project_backward(in, "o", joined, d_y, result.gradients);

  Array d_x(x.shape);
  for (const std::string name : {"q", "k", "v"}) {
    const Array d_projected = join_heads(result.gradients.at(name));
    result.gradients.erase(name);
    d_x = d_x + project_backward(in, name, x, d_projected, result.gradients);
  }
  result.gradients["x"] = d_x;
  return result;
}

}  // namespace attnscope::oracle
