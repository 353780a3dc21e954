#include "tests/oracle/linformer.h"

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/layer.h"

namespace attnscope::oracle {
namespace {

// Position of E_h[r,n] in a matrix that is [k,n_max] or [H,k,n_max].
std::size_t element(const Array& e, std::int64_t h, std::int64_t r, std::int64_t n) {
  const std::int64_t head = e.shape.size() == 3 ? h : 0, length = e.shape.back(), rows = e.shape[e.shape.size() - 2];
  return static_cast<std::size_t>((head * rows + r) * length + n);
}

// E x over the positions of x [B,H,N,D]: [B,H,k,D].
Array compress(const Array& e, const Array& x) {
  Array y({x.extent(0), x.extent(1), e.shape[e.shape.size() - 2], x.extent(3)});
  for (std::int64_t b = 0; b < y.extent(0); ++b)
    for (std::int64_t h = 0; h < y.extent(1); ++h)
      for (std::int64_t r = 0; r < y.extent(2); ++r)
        for (std::int64_t n = 0; n < x.extent(2); ++n)
          for (std::int64_t d = 0; d < y.extent(3); ++d) y(b, h, r, d) += e.values[element(e, h, r, n)] * x(b, h, n, d);
  return y;
}

// Adds d_y xᵀ to d_e (summed over the batch, and over heads that share it) and returns Eᵀ d_y.
Array compress_backward(const Array& e, const Array& x, const Array& d_y, Array& d_e) {
  Array d_x(x.shape);
  for (std::int64_t b = 0; b < d_y.extent(0); ++b)
    for (std::int64_t h = 0; h < d_y.extent(1); ++h)
      for (std::int64_t r = 0; r < d_y.extent(2); ++r)
        for (std::int64_t n = 0; n < x.extent(2); ++n)
          for (std::int64_t d = 0; d < d_y.extent(3); ++d) {
            d_e.values[element(e, h, r, n)] += d_y(b, h, r, d) * x(b, h, n, d);
            d_x(b, h, n, d) += e.values[element(e, h, r, n)] * d_y(b, h, r, d);
          }
  return d_x;
}

std::string value_matrix(const Arrays& in) { return in.contains("F") ? "F" : "E"; }

// Every real query sees all k compressed keys.
DenseResult attend(const Arrays& in, const Array& q, const Array& keys, const Array& values, const Array& d_out) {
  const auto visible = [&](std::int64_t b, std::int64_t, std::int64_t i, std::int64_t) {
    return is_real(in, b, i) ? 1.0 : 0.0;
  };
  return masked_softmax(q, keys, values, visible, d_out);
}

Arrays zero_matrix_gradients(const Arrays& in) {
  Arrays gradients{{"E", Array(in.at("E").shape)}};
  if (in.contains("F")) gradients["F"] = Array(in.at("F").shape);
  return gradients;
}

Result project_input_layer(const Arrays& in, std::int64_t heads) {
  const Array& x = in.at("x");
  Array real = x;
  zero_padding(in, real);
  const std::string f = value_matrix(in);
  const Array as_one_head = split_heads(real, 1);
  const Array short_keys = join_heads(compress(in.at("E"), as_one_head));
  const Array short_values = join_heads(compress(in.at(f), as_one_head));

  Array d_y = in.at("d_out");
  zero_padding(in, d_y);
  Arrays unused;
  const Array d_o = split_heads(project_backward(in, "o", x, d_y, unused), heads);
  const DenseResult dense =
      attend(in, split_heads(project(in, "q", x), heads), split_heads(project(in, "k", short_keys), heads),
             split_heads(project(in, "v", short_values), heads), d_o);

  Result result{project(in, "o", join_heads(dense.output)), zero_matrix_gradients(in)};
  zero_padding(in, result.output);
  Arrays& gradients = result.gradients;
  project_backward(in, "o", join_heads(dense.output), d_y, gradients);
  const Array d_short_keys = project_backward(in, "k", short_keys, join_heads(dense.d_k), gradients);
  const Array d_short_values = project_backward(in, "v", short_values, join_heads(dense.d_v), gradients);
  Array d_real = join_heads(compress_backward(in.at("E"), as_one_head, split_heads(d_short_keys, 1), gradients["E"])) +
                 join_heads(compress_backward(in.at(f), as_one_head, split_heads(d_short_values, 1), gradients[f]));
  zero_padding(in, d_real);
  gradients["x"] = d_real + project_backward(in, "q", x, join_heads(dense.d_q), gradients);
  return result;
}

}  // namespace

Result linformer_core(const Arrays& in) {
  Array k = in.at("k"), v = in.at("v");
  zero_padding(in, k);
  zero_padding(in, v);
  const std::string f = value_matrix(in);
  const DenseResult dense = attend(in, in.at("q"), compress(in.at("E"), k), compress(in.at(f), v), in.at("d_out"));

  Result result{dense.output, zero_matrix_gradients(in)};
  Array d_k = compress_backward(in.at("E"), k, dense.d_k, result.gradients["E"]);
  Array d_v = compress_backward(in.at(f), v, dense.d_v, result.gradients[f]);
  zero_padding(in, d_k);
  zero_padding(in, d_v);
  result.gradients.insert({{"q", dense.d_q}, {"k", d_k}, {"v", d_v}});
  return result;
}

Result linformer_layer(const Arrays& in, std::int64_t heads, LinformerOrder order) {
  if (order == LinformerOrder::project_input) return project_input_layer(in, heads);
  return layer(in, heads, [](const Arrays& inner) { return linformer_core(inner); });
}

}  // namespace attnscope::oracle
