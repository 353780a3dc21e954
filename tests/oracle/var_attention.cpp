#include "tests/oracle/var_attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace attnscope::oracle {
namespace {

// The rows of x, [rows,width], whatever the axes before the last one are.
struct Rows {
  std::int64_t count, width;
};
Rows rows_of(const VarArray& x) {
  const std::int64_t width = x.shape.back();
  return {width == 0 ? 0 : static_cast<std::int64_t>(x.values.size()) / width, width};
}

// x·w, w [I,O] given as its values; bias [O] or empty.
void multiply_row(std::span<const Var> x, std::span<const Var> w, std::span<const Var> bias, std::span<Var> y) {
  for (std::size_t column = 0; column < y.size(); ++column) {
    Var sum = bias.empty() ? Var(0.0) : bias[column];
    for (std::size_t e = 0; e < x.size(); ++e) sum += x[e] * w[e * y.size() + column];
    y[column] = sum;
  }
}

}  // namespace

Var dot(std::span<const Var> x, std::span<const Var> y) {
  if (x.size() != y.size()) throw std::invalid_argument("oracle: dot product of rows that differ in length");
  Var sum;
  for (std::size_t d = 0; d < x.size(); ++d) sum += x[d] * y[d];
  return sum;
}

Var sigmoid(const Var& x) { return Var(1.0) / (Var(1.0) + exp(-x)); }

std::int64_t ceil_sqrt(std::int64_t n) {
  std::int64_t root = 0;
  while (root * root < n) ++root;
  return root;
}

VarArray operator+(const VarArray& x, const VarArray& y) {
  if (x.shape != y.shape) throw std::invalid_argument("oracle: sum of different shapes");
  VarArray sum = x;
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += y.values[i];
  return sum;
}

VarArray relu(const VarArray& x) {
  VarArray y = x;
  for (Var& value : y.values) value = relu(value);
  return y;
}

VarArray affine(const VarArray& x, const VarArray& w, const VarArray& b) {
  const auto [count, width] = rows_of(x);
  if (width != w.extent(0)) throw std::invalid_argument("oracle: a weight does not fit its input");
  std::vector<std::int64_t> shape = x.shape;
  shape.back() = w.extent(1);
  VarArray y(shape);
  for (std::int64_t n = 0; n < count; ++n) {
    multiply_row({&x.values[static_cast<std::size_t>(n * width)], static_cast<std::size_t>(width)}, w.values, b.values,
                 {&y.values[static_cast<std::size_t>(n * w.extent(1))], static_cast<std::size_t>(w.extent(1))});
  }
  return y;
}

VarArray project(const VarArrays& in, const std::string& name, const VarArray& x) {
  const auto bias = in.find("b_" + name);
  return affine(x, in.at("w_" + name), bias == in.end() ? VarArray() : bias->second);
}

VarArray project_per_head(const VarArray& x, const VarArray& w, const VarArray& b) {
  if (x.extent(3) != w.extent(1)) throw std::invalid_argument("oracle: a weight per head does not fit its input");
  VarArray y({x.extent(0), x.extent(1), x.extent(2), w.extent(2)});
  const auto per_head = static_cast<std::size_t>(w.extent(1) * w.extent(2));
  for (std::int64_t s = 0; s < x.extent(0); ++s)
    for (std::int64_t h = 0; h < x.extent(1); ++h)
      for (std::int64_t n = 0; n < x.extent(2); ++n) {
        const std::span<const Var> weight(&w.values[static_cast<std::size_t>(h) * per_head], per_head);
        multiply_row(row(x, s, h, n), weight, row(b, h, 0), row(y, s, h, n));
      }
  return y;
}

VarArray split_heads(const VarArray& x, std::int64_t heads) {
  const std::int64_t width = x.extent(2) / heads;
  VarArray y({x.extent(0), heads, x.extent(1), width});
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t n = 0; n < x.extent(1); ++n)
        for (std::int64_t d = 0; d < width; ++d) y(b, h, n, d) = x(b, n, h * width + d);
  return y;
}

VarArray join_heads(const VarArray& x) {
  const std::int64_t width = x.extent(3);
  VarArray y({x.extent(0), x.extent(2), x.extent(1) * width});
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t h = 0; h < x.extent(1); ++h)
      for (std::int64_t n = 0; n < x.extent(2); ++n)
        for (std::int64_t d = 0; d < width; ++d) y(b, n, h * width + d) = x(b, h, n, d);
  return y;
}

VarArray project_to_heads(const VarArrays& in, const std::string& name, const VarArray& x, std::int64_t heads) {
  return split_heads(project(in, name, x), heads);
}

bool is_real(const VarArrays& in, std::int64_t b, std::int64_t n) {
  const auto mask = in.find("key_mask");
  return mask == in.end() || mask->second(b, n).value() != 0.0;
}

VarArray zero_padding(const VarArrays& in, VarArray x) {
  const std::int64_t heads = x.shape.size() == 4 ? x.extent(1) : 1;
  const std::int64_t positions = x.shape[x.shape.size() - 2], width = x.shape.back();
  for (std::int64_t r = 0; r < rows_of(x).count; ++r) {
    if (is_real(in, r / (heads * positions), r % positions)) continue;
    std::fill_n(x.values.begin() + r * width, width, Var(0.0));
  }
  return x;
}

VarArray layer_norm(const VarArray& x, const VarArray& gain, const VarArray& shift, double epsilon) {
  VarArray y = x;
  const auto [count, width] = rows_of(x);
  for (std::int64_t n = 0; n < count; ++n) {
    const std::span<Var> values(&y.values[static_cast<std::size_t>(n * width)], static_cast<std::size_t>(width));
    Var mean, variance;
    for (const Var& value : values) mean += value / static_cast<double>(width);
    for (Var& value : values) value = value - mean;
    for (const Var& value : values) variance += value * value / static_cast<double>(width);
    const Var deviation = sqrt(variance + epsilon);
    for (std::size_t e = 0; e < values.size(); ++e) {
      values[e] = values[e] / deviation;
      if (!gain.values.empty()) values[e] *= gain.values[e];
      if (!shift.values.empty()) values[e] += shift.values[e];
    }
  }
  return y;
}

std::vector<Var> softmax_weights(const std::vector<SeenKey>& keys) {
  // The weights do not depend on the shift, so that it carries no gradient.
  double highest = -std::numeric_limits<double>::infinity();
  for (const SeenKey& key : keys) highest = std::max(highest, key.logit.value());
  std::vector<Var> weights;
  weights.reserve(keys.size());
  Var total;
  for (const SeenKey& key : keys) {
    weights.push_back(key.multiplicity * exp(key.logit - highest));
    total += weights.back();
  }
  for (Var& weight : weights) weight = weight / total;
  return weights;
}

void softmax_row(const std::vector<SeenKey>& keys, std::span<Var> output) {
  const std::vector<Var> weights = softmax_weights(keys);
  std::fill(output.begin(), output.end(), Var(0.0));
  for (std::size_t j = 0; j < keys.size(); ++j)
    for (std::size_t d = 0; d < output.size(); ++d) output[d] += weights[j] * keys[j].value[d];
}

double head_scale(const VarArray& q) { return 1.0 / std::sqrt(static_cast<double>(q.extent(3))); }

VarArray masked_attention(const VarArray& q, const VarArray& k, const VarArray& v, double scale,
                          const Visibility& visible) {
  VarArray output({q.extent(0), q.extent(1), q.extent(2), v.extent(3)});
  for (std::int64_t b = 0; b < q.extent(0); ++b)
    for (std::int64_t h = 0; h < q.extent(1); ++h)
      for (std::int64_t i = 0; i < q.extent(2); ++i) {
        std::vector<SeenKey> keys;
        for (std::int64_t j = 0; j < k.extent(2); ++j) {
          const double multiplicity = visible(b, h, i, j);
          if (multiplicity == 0.0) continue;
          keys.push_back({scale * dot(row(q, b, h, i), row(k, b, h, j)), row(v, b, h, j), multiplicity});
        }
        softmax_row(keys, row(output, b, h, i));
      }
  return output;
}

VarArray self_attention(const VarArrays& in, const VarArray& q, const VarArray& k, const VarArray& v,
                        const Visibility& visible) {
  return masked_attention(q, k, v, head_scale(q), [&](auto b, auto h, auto i, auto j) {
    return is_real(in, b, i) && is_real(in, b, j) ? visible(b, h, i, j) : 0.0;
  });
}

VarArray attention_layer(const VarArrays& in, std::int64_t heads, const VarCore& core) {
  VarArrays inner = in;
  for (const std::string name : {"q", "k", "v"}) inner[name] = project_to_heads(in, name, in.at("x"), heads);
  return zero_padding(in, project(in, "o", join_heads(core(inner))));
}

void require_one_of(const std::string& given, std::initializer_list<const char*> choices) {
  if (std::find(choices.begin(), choices.end(), given) == choices.end())
    throw std::invalid_argument("oracle: no such choice: " + given);
}

Result differentiate_output(const Arrays& in, std::set<std::string> constants, const VarCore& output) {
  constants.insert("key_mask");
  return differentiate(in, constants, [&](const VarArrays& arrays) { return Forward{output(arrays), 0.0, {}}; });
}

}  // namespace attnscope::oracle
