#include "tests/suite/variant_cases.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <ostream>
#include <random>
#include <sstream>
#include <stdexcept>

#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

std::map<std::string, VariantUnderTest>& table() {
  static std::map<std::string, VariantUnderTest> variants;
  return variants;
}

// Values of an argument that the suite declares. Weights keep the size of what they act on.
oracle::Array random_values(const ops::ArgumentSpec& spec, const VariantCase& c) {
  const std::uint64_t seed = std::hash<std::string>{}(spec.name) ^ (c.seed * 0x9e3779b97f4a7c15ULL);
  double deviation = 1.0;
  if (spec.role == ops::Role::parameter) {
    const bool is_vector = spec.shape.rank() < 2 || spec.shape[-2] == 1;
    deviation = is_vector ? 0.3 : 1.0 / std::sqrt(static_cast<double>(spec.shape[-2]));
  }
  return gaussian(spec.shape.extents(), seed, deviation);
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
  name << c.variant << '_' << to_string(p.scope) << (p.causal ? "_causal" : "");
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

std::int64_t integer_or(const VariantCase& c, const std::string& option, std::int64_t otherwise) {
  return std::stoll(option_or(c, option, std::to_string(otherwise)));
}

double number_or(const VariantCase& c, const std::string& option, double otherwise) {
  const auto found = c.options.find(option);
  return found == c.options.end() ? otherwise : std::stod(found->second);
}

bool flag_or(const VariantCase& c, const std::string& option, bool otherwise) {
  return option_or(c, option, otherwise ? "true" : "false") == "true";
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

oracle::Arrays make_arrays(const VariantCase& c) {
  const VariantUnderTest& under_test = variant_under_test(c.variant);
  oracle::Arrays arrays;
  if (under_test.optional_arrays) arrays = under_test.optional_arrays(c);
  if (c.padding != Padding::none) arrays["key_mask"] = key_mask(c);

  const auto variant = make_variant(c);
  const auto reference = make_backend("reference");
  const auto session = make_session(*variant, c, arrays, *reference);
  for (const ops::ArgumentSpec& spec : session->arguments()) {
    if (arrays.contains(spec.name)) continue;
    // What is part of the model or left by earlier steps has a meaning of its own; everything else is arbitrary.
    const bool meaningful = spec.role == ops::Role::buffer || spec.role == ops::Role::state;
    arrays[spec.name] = meaningful ? from_host(session->argument(spec.name)) : random_values(spec, c);
  }
  return arrays;
}

oracle::Result expected(const VariantCase& c, const oracle::Arrays& arrays) {
  return variant_under_test(c.variant).oracle(c, arrays);
}

bool add_variant_under_test(VariantUnderTest variant) {
  return table().emplace(variant.name, std::move(variant)).second;
}

const VariantUnderTest& variant_under_test(const std::string& name) {
  const auto found = table().find(name);
  if (found == table().end()) throw std::invalid_argument("no oracle for " + name);
  return found->second;
}

namespace {

// Sizes and padding of the case that has its turn; every combination comes up in the long run.
VariantCase case_of_turn(std::size_t turn, const std::string& variant, const Options& options, Problem problem) {
  constexpr std::array<std::array<std::int64_t, 2>, 4> batch_and_heads{{{1, 1}, {2, 3}, {1, 3}, {2, 1}}};
  constexpr std::array paddings{Padding::none, Padding::holes, Padding::none, Padding::tail, Padding::example};
  const auto [batch, heads] = batch_and_heads[turn % batch_and_heads.size()];
  problem.batch = batch, problem.heads = heads;
  VariantCase c{variant, options, problem};
  c.padding = paddings[turn % paddings.size()];
  c.seed = 100 + turn;
  if (problem.scope == Scope::layer && !options.contains("bias")) c.options["bias"] = turn % 3 == 0 ? "false" : "true";
  return c;
}

constexpr std::array<std::int64_t, 8> lengths{1, 2, 3, 7, 16, 33, 64, 65};
constexpr std::array<std::int64_t, 3> widths{1, 4, 8};

}  // namespace

std::vector<VariantCase> covering_cases(const std::string& variant, const Options& options, bool with_causal) {
  std::vector<VariantCase> cases;
  std::size_t turn = 0;
  for (const std::int64_t length : lengths)
    for (const std::int64_t width : widths)
      for (const bool causal : {false, true}) {
        if (causal && !with_causal) continue;
        for (const Scope scope : {Scope::core, Scope::layer})
          cases.push_back(case_of_turn(turn, variant, options, problem_of(scope, causal, 1, 1, length, width)));
        ++turn;
      }
  return cases;
}

std::vector<VariantCase> every_length(const std::string& variant, const std::vector<Setting>& settings) {
  std::vector<VariantCase> cases;
  std::size_t turn = 0;
  for (const Setting& setting : settings) {
    for (const std::int64_t length : lengths) {
      const std::int64_t width = widths[turn % widths.size()];
      for (const Scope scope : setting.scopes) {
        const Problem problem = problem_of(scope, setting.causal, 1, 1, length, width);
        cases.push_back(case_of_turn(turn, variant, setting.options, problem));
      }
      ++turn;
    }
    turn += 3;  // so that the next setting meets other sizes at the same length
  }
  return cases;
}

std::vector<Setting> settings_of(bool causal, const std::vector<Options>& options, const std::vector<Scope>& scopes) {
  std::vector<Setting> settings;
  for (const Options& each : options) settings.push_back({each, causal, scopes});
  return settings;
}

namespace {

std::vector<VariantCase> cases_of_settings(std::int64_t seq_len, bool causal) {
  std::vector<VariantCase> cases;
  for (const auto& [name, variant] : table())
    for (const Setting& setting : variant.settings(seq_len))
      for (const Scope scope : setting.scopes) {
        if (setting.causal != causal) continue;
        VariantCase c{name, setting.options, problem_of(scope, causal, 2, 2, seq_len, 4)};
        c.traits = setting.traits;
        c.traits.shortens = c.traits.shortens && variant.shortens;
        c.traits.heads_are_alike = c.traits.heads_are_alike && variant.heads_are_alike;
        cases.push_back(c);
      }
  return cases;
}

}  // namespace

std::vector<VariantCase> representative_cases(std::int64_t seq_len) { return cases_of_settings(seq_len, false); }
std::vector<VariantCase> representative_causal_cases(std::int64_t seq_len) { return cases_of_settings(seq_len, true); }

}  // namespace attnscope::variant_testing
