#include "tests/oracle/relative_attention.h"

#include <algorithm>
#include <cmath>

namespace attnscope::oracle {
namespace {

std::vector<Var> sum(std::span<const Var> x, std::span<const Var> y) {
  std::vector<Var> z(x.begin(), x.end());
  for (std::size_t d = 0; d < z.size(); ++d) z[d] += y[d];
  return z;
}

}  // namespace

std::vector<std::int64_t> RelativeAttention::positions_seen(std::int64_t b, std::int64_t i) const {
  std::vector<std::int64_t> positions;
  if (!is_real(in, b, i)) return positions;
  const std::int64_t segment_start = i / segment * segment;
  for (std::int64_t j = segment_start - memory; j <= i; ++j) {
    const bool visible = j < 0 || is_real(in, b, j);
    const bool near = !same_length || memory == 0 || i - j < memory;
    if (visible && near) positions.push_back(j);
  }
  return positions;
}

std::vector<SeenKey> RelativeAttention::keys_seen(std::int64_t b, std::int64_t h, std::int64_t i) const {
  const double scale = head_scale(q);
  const std::vector<Var> q_content = sum(row(q, b, h, i), row(in.at("content_bias"), h, 0));
  const std::vector<Var> q_position = sum(row(q, b, h, i), row(in.at("position_bias"), h, 0));
  std::vector<SeenKey> keys;
  for (const std::int64_t j : positions_seen(b, i)) {
    const bool in_own_segment = j >= i / segment * segment;
    const KeysAndValues& source = in_own_segment ? own : remembered;
    const std::int64_t at = in_own_segment ? j : j + memory;
    const std::int64_t distance = clamp > 0 ? std::min(i - j, clamp) : i - j;
    const Var content = dot(q_content, row(source.k, b, h, at));
    const Var position = dot(q_position, row(relative_keys, h, distance));
    keys.push_back({scale * (content + position), row(source.v, b, h, at)});
  }
  return keys;
}

VarArray RelativeAttention::output() const {
  VarArray o(q.shape);
  for (std::int64_t b = 0; b < q.extent(0); ++b)
    for (std::int64_t h = 0; h < q.extent(1); ++h)
      for (std::int64_t i = 0; i < q.extent(2); ++i) softmax_row(keys_seen(b, h, i), row(o, b, h, i));
  return o;
}

VarArray sinusoids(std::int64_t rows, std::int64_t width) {
  VarArray table({1, rows, width});
  const std::int64_t sines = (width + 1) / 2;
  for (std::int64_t p = 0; p < rows; ++p)
    for (std::int64_t e = 0; e < width; ++e) {
      const auto t = static_cast<double>(e < sines ? e : e - sines);
      const double angle = static_cast<double>(p) * std::pow(10000.0, -2.0 * t / static_cast<double>(width));
      table(0, p, e) = e < sines ? std::sin(angle) : std::cos(angle);
    }
  return table;
}

VarArray relative_keys_of(const VarArrays& in, std::int64_t rows, std::int64_t heads) {
  VarArray keys = project_to_heads(in, "r", sinusoids(rows, in.at("w_r").extent(0)), heads);
  keys.shape.erase(keys.shape.begin());
  return keys;
}

VarArray after_memory(const VarArrays& in, const std::string& name, const VarArray& x) {
  const auto memory = in.find(name);
  return memory == in.end() ? x : concat_rows(memory->second, x);
}

}  // namespace attnscope::oracle
