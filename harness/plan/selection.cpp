#include "harness/plan/selection.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/errors.h"
#include "reports/filter.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::plan {

namespace {

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0';
}

// "4k" -> "4096" for a numeric option; other values as they are.
std::string plain_value(const attention::OptionInfo& option, const std::string& value) {
  const bool numeric = is_number(option.default_value);
  const auto count = numeric ? reports::parse_count(value) : std::nullopt;
  return count ? std::to_string(*count) : value;
}

const attention::OptionInfo& find_option(const attention::Variant& variant, const ParameterValues& given) {
  std::vector<std::string> names;
  for (const attention::OptionBase* option : variant.options().all()) {
    if (option->info().name == given.option) return option->info();
    names.push_back(option->info().name);
  }
  if (names.empty()) {
    throw UsageError(
        fmt::format("parameter {}.{}: {} has no hyper-parameters", given.variant, given.option, given.variant));
  }
  throw unknown_name("hyper-parameter of " + given.variant, given.option, names);
}

// The canonical text of a set; a number out of range makes it impossible, anything else is a usage error.
ParameterSet resolve(const std::string& name, const std::vector<std::pair<std::string, std::string>>& settings) {
  const auto variant = attention::make_variant(name);
  std::string impossible;
  std::vector<std::pair<std::string, std::string>> refused;
  for (const auto& [option, value] : settings) {
    try {
      variant->options().set(option, value);
    } catch (const attention::OptionError& error) {
      if (!is_number(value)) throw UsageError(fmt::format("-P {}.{}={}: {}", name, option, value, error.what()));
      impossible = error.what();
      refused.emplace_back(option, value);
    }
  }
  std::string params;
  for (const attention::OptionBase* option : variant->options().all()) {
    const auto given = std::ranges::find(refused, option->info().name, &std::pair<std::string, std::string>::first);
    if (!params.empty()) params += ';';
    params += option->info().name + "=" + (given != refused.end() ? given->second : option->text());
  }
  return {params, impossible};
}

}  // namespace

std::vector<std::string> select_variants(const std::vector<std::string>& patterns) {
  const std::vector<std::string> models = attention::variant_names(), known = attention::all_names();
  std::vector<std::string> selected;
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(selected, name) == selected.end()) selected.push_back(name);
  };
  for (const std::string& list : patterns) {
    for (const std::string& pattern : split(list, ',')) {
      if (pattern == "all") {
        std::ranges::for_each(models, add);
      } else if (pattern.find_first_of("*?") != std::string::npos) {
        bool any = false;
        for (const std::string& name : models) {
          if (!matches_glob(pattern, name)) continue;
          add(name);
          any = true;
        }
        if (!any)
          throw NothingMatched(fmt::format("no variant matches '{}'; known: {}", pattern, fmt::join(models, ", ")));
      } else {
        if (std::ranges::find(known, pattern) == known.end()) throw unknown_name("variant", pattern, known);
        add(pattern);
      }
    }
  }
  return selected;
}

std::vector<ParameterSet> expand_parameters(const std::string& variant, const std::vector<ParameterValues>& given) {
  const auto with_defaults = attention::make_variant(variant);
  std::vector<std::vector<std::pair<std::string, std::string>>> settings{{}};
  for (const ParameterValues& parameter : given) {
    if (parameter.variant != variant) continue;
    const attention::OptionInfo& option = find_option(*with_defaults, parameter);
    std::vector<std::vector<std::pair<std::string, std::string>>> longer;
    for (const auto& prefix : settings) {
      for (const std::string& value : parameter.values) {
        longer.push_back(prefix);
        longer.back().emplace_back(option.name, plain_value(option, value));
      }
    }
    settings = std::move(longer);
  }
  std::vector<ParameterSet> sets;
  for (const auto& setting : settings) {
    ParameterSet set = resolve(variant, setting);
    if (std::ranges::find(sets, set.params, &ParameterSet::params) == sets.end()) sets.push_back(std::move(set));
  }
  return sets;
}

}  // namespace attnscope::harness::plan
