#include "harness/cli/live_options.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/device/memory.h"
#include "harness/errors.h"
#include "harness/plan/sweep.h"
#include "reports/filter.h"

namespace attnscope::harness::cli {

namespace {

struct Setting {
  const char *name, *fallback, *meaning;
};
constexpr Setting live_settings[] = {
    {"timeout", "600", "seconds (or 250ms, 10m) after which a case is killed"},
    {"mem-limit", "80%", "memory a case may take: a share of what is available, or an amount such as 4g"},
    {"precision", "2%", "half-width of the 95 % interval of the median to reach, in each process"},
    {"min-time", "0.1s", "measured time at least, in each process"},
    {"max-time", "10s", "measured time at most, in each process"},
    {"seed", "1", "of inputs, parameters and the order of the programs"},
};

}  // namespace

void add_live_options(CLI::App& sub, LiveOptions& options, const std::map<std::string, std::string>& other_defaults) {
  for (const Setting& setting : live_settings) {
    const auto other = other_defaults.find(setting.name);
    std::string& value = options.settings[setting.name];
    value = other == other_defaults.end() ? setting.fallback : other->second;
    sub.add_option(fmt::format("--{}", setting.name), value, fmt::format("{} [{}]", setting.meaning, value));
  }
}

live::Options resolve(const LiveOptions& options) {
  const auto& given = options.settings;
  live::Options result;
  result.timeout_s = plan::parse_duration(given.at("timeout"), "--timeout");
  result.settings.memory_limit_bytes = device::parse_memory_limit(given.at("mem-limit"));
  result.settings.precision = plan::parse_fraction(given.at("precision"), "--precision");
  result.settings.max_time_s = plan::parse_duration(given.at("max-time"), "--max-time");
  result.settings.min_time_s =
      std::min(plan::parse_duration(given.at("min-time"), "--min-time"), result.settings.max_time_s);
  const auto seed = reports::parse_count(given.at("seed"));
  if (!seed || *seed < 0) throw UsageError(fmt::format("--seed: '{}' is not a whole number", given.at("seed")));
  result.settings.seed = static_cast<std::uint64_t>(*seed);
  return result;
}

}  // namespace attnscope::harness::cli
