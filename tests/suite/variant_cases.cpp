#include "tests/suite/variant_cases.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <ostream>
#include <random>
#include <sstream>
#include <stdexcept>

#include "tests/oracle/linear_transformer.h"
#include "tests/oracle/linformer.h"
#include "tests/oracle/longformer.h"
#include "tests/oracle/performer.h"
#include "tests/oracle/softmax.h"

namespace attnscope::variant_testing {
namespace {

std::int64_t integer(const VariantCase& c, const std::string& option, std::int64_t otherwise) {
  return std::stoll(option_or(c, option, std::to_string(otherwise)));
}

std::vector<std::int64_t> integers(const VariantCase& c, const std::string& option) {
  std::istringstream text(option_or(c, option, "1"));
  std::vector<std::int64_t> values;
  for (std::string item; std::getline(text, item, '+');) values.push_back(std::stoll(item));
  return values;
}

bool has_bias(const VariantCase& c) {
  const bool otherwise = c.variant == "longformer" || c.variant == "linear_transformer";
  return option_or(c, "bias", otherwise ? "true" : "false") == "true";
}

oracle::Array key_mask(const VariantCase& c) {
  const std::int64_t batch = c.problem.batch, length = c.problem.seq_len;
  oracle::Array mask = constant({batch, length}, 1.0);
  std::mt19937_64 random(c.seed + 17);
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t n = 0; n < length; ++n) {
      if (c.padding == Padding::tail && n >= tail_length(c, b)) mask(b, n) = 0.0;
      if (c.padding == Padding::holes && random() % 3 == 0) mask(b, n) = 0.0;
      if (c.padding == Padding::example && b == batch - 1) mask(b, n) = 0.0;
    }
  return mask;
}

// [B,G]: given, or the first `global` positions.
oracle::Array global_positions(const VariantCase& c) {
  const std::int64_t batch = c.problem.batch;
  if (!c.global_positions.empty())
    return oracle::Array({batch, static_cast<std::int64_t>(c.global_positions.size()) / batch}, c.global_positions);
  oracle::Array first({batch, integer(c, "global", 0)});
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t g = 0; g < first.extent(1); ++g) first(b, g) = static_cast<double>(g);
  return first;
}

oracle::LongformerOptions longformer_options(const VariantCase& c) {
  return {integer(c, "window", 256), integers(c, "dilation"), c.problem.causal};
}

oracle::PerformerOptions performer_options(const VariantCase& c) {
  using enum oracle::PerformerStabiliser;
  const std::string stabiliser = option_or(c, "stabiliser", "auto");
  oracle::PerformerOptions options{std::stod(option_or(c, "epsilon", "1e-6")), c.problem.causal ? running : sequence,
                                   c.problem.causal};
  if (stabiliser == "sequence") options.stabiliser = sequence;
  if (stabiliser == "running") options.stabiliser = running;
  if (stabiliser == "none") options.stabiliser = none;
  return options;
}

std::string identifier(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char ch) { return !std::isalnum(ch); }, '_');
  return text;
}

}  // namespace

std::string name_of(const VariantCase& c) {
  const Problem& p = c.problem;
  std::ostringstream name;
  name << c.variant << (p.scope == Scope::core ? "_core" : "_layer") << (p.causal ? "_causal" : "");
  name << "_b" << p.batch << "_h" << p.heads << "_n" << p.seq_len << "_d" << p.head_dim;
  for (const auto& [option, value] : c.options) name << '_' << option << '_' << identifier(value);
  if (!c.global_positions.empty()) name << "_given_globals";
  if (c.padding == Padding::tail) name << "_tail_padding";
  if (c.padding == Padding::holes) name << "_padding_holes";
  if (c.padding == Padding::example) name << "_padded_example";
  return name.str();
}

std::ostream& operator<<(std::ostream& out, const VariantCase& c) { return out << name_of(c); }

Problem problem_of(Scope scope, bool causal, std::int64_t batch, std::int64_t heads, std::int64_t seq_len,
                   std::int64_t head_dim) {
  return {scope, Mode::training, causal, batch, heads, seq_len, head_dim};
}

std::string option_or(const VariantCase& c, const std::string& option, const std::string& otherwise) {
  const auto found = c.options.find(option);
  return found == c.options.end() ? otherwise : found->second;
}

std::int64_t tail_length(const VariantCase& c, std::int64_t b) {
  const std::int64_t length = c.problem.seq_len;
  return std::max<std::int64_t>(1, length - length / 3 - (b % 2) * (length / 4));
}

oracle::Array gaussian(std::vector<std::int64_t> shape, std::uint64_t seed, double deviation) {
  oracle::Array array(std::move(shape));
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0.0, deviation);
  for (double& value : array.values) value = normal(random);
  return array;
}

oracle::Array constant(std::vector<std::int64_t> shape, double value) {
  oracle::Array array(std::move(shape));
  std::fill(array.values.begin(), array.values.end(), value);
  return array;
}

oracle::Arrays make_arrays(const VariantCase& c) {
  const Problem& p = c.problem;
  const std::int64_t model_dim = p.model_dim();
  oracle::Arrays arrays;
  const auto random = [&](const std::string& name, std::vector<std::int64_t> shape, double deviation) {
    const std::uint64_t seed = std::hash<std::string>{}(name) ^ (c.seed * 0x9e3779b97f4a7c15ULL);
    arrays[name] = gaussian(std::move(shape), seed, deviation);
  };
  const auto projection = [&](const std::string& name) {
    random("w_" + name, {model_dim, model_dim}, 1.0 / std::sqrt(static_cast<double>(model_dim)));
    if (has_bias(c)) random("b_" + name, {model_dim}, 0.3);
  };

  const oracle::Array globals = c.variant == "longformer" ? global_positions(c) : oracle::Array({p.batch, 0});
  const bool has_globals = globals.extent(1) > 0;
  if (has_globals) arrays["global_positions"] = globals;
  if (c.padding != Padding::none) arrays["key_mask"] = key_mask(c);

  const std::vector<std::int64_t> per_head{p.batch, p.heads, p.seq_len, p.head_dim};
  if (p.scope == Scope::core) {
    for (const char* name : {"q", "k", "v", "d_out"}) random(name, per_head, 1.0);
    if (has_globals) {
      random("q_global", {p.batch, p.heads, globals.extent(1), p.head_dim}, 1.0);
      random("k_global", per_head, 1.0);
      random("v_global", per_head, 1.0);
    }
  } else {
    for (const char* name : {"x", "d_out"}) random(name, {p.batch, p.seq_len, model_dim}, 1.0);
    for (const char* name : {"q", "k", "v", "o"}) projection(name);
    if (has_globals)
      for (const char* name : {"q_global", "k_global", "v_global"}) projection(name);
  }

  if (c.variant == "linformer") {
    const std::string sharing = option_or(c, "sharing", "headwise");
    const std::int64_t rows = integer(c, "k", 256), asked = integer(c, "n_max", 0);
    const std::int64_t columns = asked == 0 ? p.seq_len : asked;
    std::vector<std::int64_t> shape{rows, columns};
    if (sharing == "none") shape.insert(shape.begin(), p.heads);
    random("E", shape, 1.0 / std::sqrt(static_cast<double>(columns)));
    if (sharing != "key_value") random("F", shape, 1.0 / std::sqrt(static_cast<double>(columns)));
  }
  if (c.variant == "performer") random("projection", {integer(c, "features", 256), p.head_dim}, 1.0);
  return arrays;
}

oracle::Result expected(const VariantCase& c, const oracle::Arrays& arrays) {
  const bool core = c.problem.scope == Scope::core, causal = c.problem.causal;
  const std::int64_t heads = c.problem.heads;
  if (c.variant == "softmax" || c.variant == "flash")
    return core ? oracle::softmax_core(arrays, causal) : oracle::softmax_layer(arrays, heads, causal);
  if (c.variant == "longformer") {
    const oracle::LongformerOptions options = longformer_options(c);
    return core ? oracle::longformer_core(arrays, options) : oracle::longformer_layer(arrays, heads, options);
  }
  if (c.variant == "linformer") {
    using enum oracle::LinformerOrder;
    const bool input_first = option_or(c, "order", "project_keys") == "project_input";
    return core ? oracle::linformer_core(arrays)
                : oracle::linformer_layer(arrays, heads, input_first ? project_input : project_keys);
  }
  if (c.variant == "performer") {
    const oracle::PerformerOptions options = performer_options(c);
    return core ? oracle::performer_core(arrays, options) : oracle::performer_layer(arrays, heads, options);
  }
  if (c.variant == "linear_transformer") {
    const oracle::LinearTransformerOptions options{std::stod(option_or(c, "epsilon", "1e-6")), causal};
    return core ? oracle::linear_transformer_core(arrays, options)
                : oracle::linear_transformer_layer(arrays, heads, options);
  }
  throw std::invalid_argument("no oracle for " + c.variant);
}

std::vector<VariantCase> covering_cases(const std::string& variant, const Options& options, bool with_causal) {
  constexpr std::array<std::array<std::int64_t, 2>, 4> batch_and_heads{{{1, 1}, {2, 3}, {1, 3}, {2, 1}}};
  constexpr std::array paddings{Padding::none, Padding::holes, Padding::none, Padding::tail, Padding::example};
  std::vector<VariantCase> cases;
  std::size_t turn = 0;
  for (const std::int64_t length : {1, 2, 3, 7, 16, 33, 64, 65})
    for (const std::int64_t width : {1, 4, 8})
      for (const bool causal : {false, true}) {
        if (causal && !with_causal) continue;
        const auto [batch, heads] = batch_and_heads[turn % batch_and_heads.size()];
        for (const Scope scope : {Scope::core, Scope::layer}) {
          VariantCase c{variant, options, problem_of(scope, causal, batch, heads, length, width)};
          c.padding = paddings[turn % paddings.size()];
          c.seed = 100 + turn;
          if (scope == Scope::layer && !options.contains("bias")) c.options["bias"] = turn % 3 == 0 ? "false" : "true";
          cases.push_back(c);
        }
        ++turn;
      }
  return cases;
}

std::vector<VariantCase> operator+(std::vector<VariantCase> a, const std::vector<VariantCase>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<VariantCase> representative_cases(std::int64_t seq_len) {
  const std::vector<std::pair<std::string, Options>> settings{
      {"softmax", {}},
      {"flash", {{"block_q", "4"}, {"block_k", "3"}}},
      {"longformer", {{"window", "2"}}},
      {"longformer", {{"window", "2"}, {"dilation", "1+2"}}},
      {"longformer", {{"window", "1"}, {"global", "2"}}},
      {"linformer", {{"k", "4"}}},
      {"linformer", {{"k", "3"}, {"sharing", "none"}, {"n_max", std::to_string(seq_len + 2)}}},
      {"linformer", {{"k", "5"}, {"sharing", "key_value"}}},
      {"performer", {{"features", "12"}}},
      {"linear_transformer", {}}};
  std::vector<VariantCase> cases;
  for (const auto& [variant, options] : settings)
    for (const Scope scope : {Scope::core, Scope::layer})
      cases.push_back({variant, options, problem_of(scope, false, 2, 2, seq_len, 4)});
  for (const char* sharing : {"headwise", "key_value"})
    cases.push_back({"linformer",
                     {{"k", "4"}, {"sharing", sharing}, {"order", "project_input"}, {"bias", "true"}},
                     problem_of(Scope::layer, false, 2, 2, seq_len, 4)});
  return cases;
}

std::vector<VariantCase> representative_causal_cases(std::int64_t seq_len) {
  const std::vector<std::pair<std::string, Options>> settings{
      {"softmax", {}},
      {"flash", {{"block_q", "4"}, {"block_k", "3"}}},
      {"longformer", {{"window", "2"}}},
      {"longformer", {{"window", "2"}, {"dilation", "1+2"}}},
      {"performer", {{"features", "12"}, {"chunk", "4"}}},
      {"performer", {{"features", "12"}, {"chunk", "64"}}},
      {"performer", {{"features", "12"}, {"chunk", "4"}, {"stabiliser", "none"}}},
      {"linear_transformer", {{"chunk", "4"}}},
      {"linear_transformer", {{"chunk", "64"}}}};
  std::vector<VariantCase> cases;
  for (const auto& [variant, options] : settings)
    for (const Scope scope : {Scope::core, Scope::layer})
      cases.push_back({variant, options, problem_of(scope, true, 2, 2, seq_len, 4)});
  return cases;
}

}  // namespace attnscope::variant_testing
