#include "tests/oracle/etc.h"

#include <algorithm>
#include <cstdlib>

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

bool is_global(const EtcOptions& options, std::int64_t n) { return n < options.global; }

bool is_cross(const EtcOptions& options, std::int64_t i, std::int64_t j) {
  return is_global(options, i) != is_global(options, j);
}

bool sees(const EtcOptions& options, std::int64_t i, std::int64_t j) {
  return is_global(options, i) || is_global(options, j) || std::abs(i - j) <= options.radius;
}

// ρ(i,j)
std::int64_t label(const EtcOptions& options, std::int64_t i, std::int64_t j) {
  if (is_cross(options, i, j)) return 2 * options.clip + 1;
  return std::clamp(j - i, -options.clip, options.clip) + options.clip;
}

// [q·k + q·a_ρ + b_ρ]/√D; k is the key as this query's stream sees it.
Var logit(const VarArrays& in, const EtcOptions& options, std::int64_t b, std::int64_t h, std::int64_t i,
          std::int64_t j) {
  const VarArray& q = in.at("q");
  const VarArray& k = in.at(is_cross(options, i, j) ? "k_cross" : "k");
  Var sum = dot(row(q, b, h, i), row(k, b, h, j));
  if (options.labels) {
    const std::string stream = is_global(options, i) ? "global" : "long";
    const std::int64_t rho = label(options, i, j);
    sum += dot(row(q, b, h, i), row(in.at("label_keys_" + stream), h, rho)) + in.at("label_bias_" + stream)(h, 0, rho);
  }
  return head_scale(q) * sum;
}

VarArray core(const VarArrays& in, const EtcOptions& options) {
  const VarArray &v = in.at("v"), &v_cross = in.at("v_cross");
  VarArray output(in.at("q").shape);
  const std::int64_t positions = output.extent(2);
  for (std::int64_t b = 0; b < output.extent(0); ++b)
    for (std::int64_t h = 0; h < output.extent(1); ++h)
      for (std::int64_t i = 0; i < positions; ++i) {
        std::vector<SeenKey> keys;
        for (std::int64_t j = 0; j < positions; ++j) {
          if (!sees(options, i, j) || !is_real(in, b, i) || !is_real(in, b, j)) continue;
          keys.push_back({logit(in, options, b, h, i, j), row(is_cross(options, i, j) ? v_cross : v, b, h, j)});
        }
        softmax_row(keys, row(output, b, h, i));
      }
  return output;
}

// Positions of the global stream projected by one weight, those of the long stream by another.
VarArray project_streams(const VarArrays& in, const std::string& global, const std::string& of_long, const VarArray& x,
                         const EtcOptions& options) {
  VarArray y = project(in, of_long, x);
  const VarArray y_global = project(in, global, x);
  for (std::int64_t b = 0; b < y.extent(0); ++b)
    for (std::int64_t n = 0; n < options.global; ++n)
      for (std::int64_t e = 0; e < y.extent(2); ++e) y(b, n, e) = y_global(b, n, e);
  return y;
}

VarArray layer_output(const VarArrays& in, std::int64_t heads, const EtcOptions& options) {
  const VarArray& x = in.at("x");
  const bool one = options.share_qkv, two = options.share_kv;
  const std::string g2g = one ? "l2l" : "g2g", l2g = one || two ? "l2l" : "l2g";
  const std::string g2l = one ? "l2l" : two ? "g2g" : "g2l";

  VarArrays inner = in;
  const auto add = [&](const std::string& name, const std::string& global, const std::string& of_long) {
    inner[name] = split_heads(project_streams(in, global, of_long, x, options), heads);
  };
  add("q", one ? "q_long" : "q_global", "q_long");
  for (const std::string name : {"k", "v"}) {
    add(name, name + "_" + g2g, name + "_l2l");
    add(name + "_cross", name + "_" + l2g, name + "_" + g2l);  // global keys of long queries, long keys of global ones
  }
  const std::string global_output = options.share_output ? "o_long" : "o_global";
  return zero_padding(in, project_streams(in, global_output, "o_long", join_heads(core(inner, options)), options));
}

}  // namespace

Result etc_core(const Arrays& in, const EtcOptions& options) {
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result etc_layer(const Arrays& in, std::int64_t heads, const EtcOptions& options) {
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return layer_output(arrays, heads, options); });
}

}  // namespace attnscope::oracle
