// Random hyper-parameters and shapes, valid and not: every one ends in a finite result or in a clear error.
//
// ATTNSCOPE_FUZZ_CASES says how many (default 400, seconds); ATTNSCOPE_FUZZ_SEED which ones.
#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>

#include "suite/attention/registry.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

class Fuzzer {
 public:
  explicit Fuzzer(std::uint64_t seed) : random_(seed) {}

  VariantCase next() {
    const std::vector<std::string> names = attention::variant_names();
    VariantCase c{pick(names), {}, {}};
    const auto variant = attention::make_variant(c.variant);
    for (const attention::OptionBase* option : variant->options().all())
      if (chance(0.5)) c.options[option->info().name] = value_of(option->info());
    c.problem = {chance(0.5) ? Scope::core : Scope::layer,
                 chance(0.5) ? Mode::forward : Mode::training,
                 chance(0.5),
                 between(1, 2),
                 between(1, 4),
                 chance(0.1) ? between(41, 150) : between(1, 40),
                 between(1, 9)};
    c.padding = pick(std::vector{Padding::none, Padding::none, Padding::tail, Padding::holes, Padding::example});
    c.seed = random_();
    return c;
  }

 private:
  template <class T>
  T pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(from.size()) - 1))];
  }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }

  std::string value_of(const attention::OptionInfo& info) {
    if (chance(0.03)) return pick(std::vector<std::string>{"", "x", "-1", "1e999", "nan", "99999999999999999999"});
    if (info.type == "truth value") return chance(0.5) ? "true" : "false";
    if (info.type == "number") return pick(std::vector<std::string>{"0", "1e-6", "0.01", "0.5", "1", "2"});
    if (info.type == "choice") {
      std::vector<std::string> choices;
      std::istringstream text(info.range);
      for (std::string item; std::getline(text >> std::ws, item, ',');) choices.push_back(item);
      return pick(choices);
    }
    const auto whole = [&] {
      return pick(std::vector<std::string>{"0", "1", "1", "2", "3", "4", "5", "8", "17", "64"});
    };
    if (info.type == "list of whole numbers" && chance(0.5)) return whole() + "+" + whole();
    return whole();
  }

  std::mt19937_64 random_;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

enum class Ending { result, unsupported, refused };

Ending run_one(const VariantCase& c, ops::Backend& backend) {
  try {
    const auto variant = make_variant(c);
    if (const auto reason = variant->refusal(c.problem)) {
      EXPECT_GT(reason->size(), 10u);
      return Ending::unsupported;
    }
    oracle::Arrays arrays;
    if (c.padding != Padding::none) arrays["key_mask"] = key_mask(c);
    const oracle::Result result = run(c, arrays, backend);
    EXPECT_TRUE(all_finite(result.output));
    for (const auto& [name, gradient] : result.gradients) EXPECT_TRUE(all_finite(gradient)) << name;
    return Ending::result;
  } catch (const attention::OptionError& error) {
    EXPECT_NE(std::string(error.what()).find("expected"), std::string::npos) << error.what();
    return Ending::refused;
  } catch (const std::invalid_argument& error) {
    EXPECT_GT(std::string(error.what()).size(), 10u);
    ADD_FAILURE() << "unsupported() should have said: " << error.what();
    return Ending::unsupported;
  }
}

TEST(Fuzz, every_setting_ends_in_a_result_or_a_clear_error) {
  const std::uint64_t cases = from_environment("ATTNSCOPE_FUZZ_CASES", 400);
  const std::uint64_t seed = from_environment("ATTNSCOPE_FUZZ_SEED", 1);
  Fuzzer fuzzer(seed);
  const auto cpu = make_backend("cpu_2_threads"), reference = make_backend("reference");
  std::map<Ending, std::uint64_t> endings;
  for (std::uint64_t i = 0; i < cases; ++i) {
    const VariantCase c = fuzzer.next();
    SCOPED_TRACE("case " + std::to_string(i) + " of seed " + std::to_string(seed) + ": " + name_of(c) +
                 (c.problem.mode == Mode::forward ? " forward" : " training"));
    ++endings[run_one(c, i % 4 == 0 ? *reference : *cpu)];
  }
  std::cout << cases << " cases: " << endings[Ending::result] << " results, " << endings[Ending::unsupported]
            << " unsupported with a reason, " << endings[Ending::refused] << " options refused\n";
  EXPECT_GT(endings[Ending::result], cases / 4);
}

}  // namespace
}  // namespace attnscope::variant_testing
