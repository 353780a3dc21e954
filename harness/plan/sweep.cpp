#include "harness/plan/sweep.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>

#include "harness/errors.h"
#include "harness/plan/axes.h"
#include "reports/filter.h"

namespace attnscope::harness::plan {

namespace {

constexpr std::size_t most_values = 10'000;  // of one axis: more is a typing error

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view without_brackets(std::string_view text) {
  text = trim(text);
  return text.size() >= 2 && text.front() == '[' && text.back() == ']' ? trim(text.substr(1, text.size() - 2)) : text;
}

std::int64_t range_number(std::string_view text, std::string_view range) {
  const auto number = reports::parse_count(text);
  if (!number) {
    throw UsageError(fmt::format("range '{}': '{}' is not a whole number (examples: 512, 4k)", range, text));
  }
  return *number;
}

std::vector<std::string> expand_range(std::string_view range) {
  const auto parts = split(range, ':');
  if (parts.size() != 3 || parts[2].size() < 2 || (parts[2][0] != 'x' && parts[2][0] != '+')) {
    throw UsageError(fmt::format("range '{}': expected FROM:TO:xFACTOR or FROM:TO:+STEP, as in 256:64k:x2", range));
  }
  const std::int64_t from = range_number(parts[0], range), to = range_number(parts[1], range);
  const std::int64_t step = range_number(std::string_view(parts[2]).substr(1), range);
  const bool geometric = parts[2][0] == 'x';
  if (from > to) throw UsageError(fmt::format("range '{}': starts above its end", range));
  if (geometric && (step < 2 || from < 1)) {
    throw UsageError(
        fmt::format("range '{}': a geometric range starts at 1 or more with a factor of 2 or more", range));
  }
  if (!geometric && step < 1) throw UsageError(fmt::format("range '{}': the step must be 1 or more", range));
  std::vector<std::string> values;
  for (std::int64_t value = from; value <= to;) {
    values.push_back(std::to_string(value));
    if (values.size() > most_values) {
      throw UsageError(fmt::format("range '{}': more than {} values; use a larger step", range, most_values));
    }
    if (geometric ? value > to / step : value > to - step) break;
    value = geometric ? value * step : value + step;
  }
  return values;
}

// nvbench's exponents: "8:16" or "8,10" of n[pow2].
std::vector<std::string> expand_powers(std::string_view text) {
  std::vector<std::string> values;
  for (const std::string& item : split(text, ',')) {
    const auto bounds = split(item, ':');
    if (bounds.size() > 2) throw UsageError(fmt::format("[pow2] range '{}': expected FROM:TO, as in 8:16", item));
    const std::int64_t from = range_number(bounds.front(), item), to = range_number(bounds.back(), item);
    if (from < 0 || to > 40 || from > to) {
      throw UsageError(fmt::format("[pow2] range '{}': exponents go from 0 to 40, upwards", item));
    }
    for (std::int64_t e = from; e <= to; ++e) values.push_back(std::to_string(std::int64_t{1} << e));
  }
  return values;
}

double parse_number(std::string_view text, std::string_view what, std::string_view expected) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || !std::isfinite(value) || value < 0) {
    throw UsageError(fmt::format("{}: '{}' is not {}", what, text, expected));
  }
  return value;
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.emplace_back(trim(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool matches_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return matches_glob(pattern.substr(1), text) || (!text.empty() && matches_glob(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         matches_glob(pattern.substr(1), text.substr(1));
}

std::vector<std::string> expand_values(std::string_view text) {
  std::vector<std::string> values;
  for (const std::string& item : split(without_brackets(text), ',')) {
    if (item.empty()) throw UsageError(fmt::format("'{}': an empty value between commas", text));
    if (item.find(':') == std::string::npos) {
      values.push_back(item);
    } else {
      std::ranges::move(expand_range(item), std::back_inserter(values));
    }
  }
  return values;
}

AxisValues parse_axis(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) {
    throw UsageError(fmt::format("axis '{}': expected AXIS=VALUES, as in n=256:64k:x2", text));
  }
  std::string_view name = trim(text.substr(0, equals));
  constexpr std::string_view power_suffix = "[pow2]";
  const bool powers = name.ends_with(power_suffix);
  if (powers) name.remove_suffix(power_suffix.size());
  const Axis& axis = find_axis(name);
  const std::string_view values = without_brackets(text.substr(equals + 1));
  const bool verbatim = axis.kind == Axis::Kind::word;  // "cuda:0" is a name, not a range

  AxisValues result{axis.name, {}};
  for (const std::string& value : powers     ? expand_powers(values)
                                  : verbatim ? split(values, ',')
                                             : expand_values(values)) {
    std::string canonical = canonical_value(axis, value);
    if (std::ranges::find(result.values, canonical) == result.values.end()) {
      result.values.push_back(std::move(canonical));
    }
  }
  return result;
}

ParameterValues parse_parameter(std::string_view text) {
  const auto equals = text.find('=');
  const auto dot = text.find('.');
  if (equals == std::string_view::npos || dot == std::string_view::npos || dot > equals) {
    throw UsageError(
        fmt::format("parameter '{}': expected VARIANT.OPTION=VALUES, as in longformer.window=256,512", text));
  }
  return {std::string(trim(text.substr(0, dot))), std::string(trim(text.substr(dot + 1, equals - dot - 1))),
          expand_values(text.substr(equals + 1))};
}

Shard parse_shard(std::string_view text) {
  const auto parts = split(text, '/');
  const auto index = reports::parse_count(parts.front()), count = reports::parse_count(parts.back());
  if (parts.size() != 2 || !index || !count || *index < 1 || *count < *index || *count > 1'000'000) {
    throw UsageError(fmt::format("shard '{}': expected i/N with 1 <= i <= N, as in 1/3", text));
  }
  return {static_cast<int>(*index), static_cast<int>(*count)};
}

double parse_duration(std::string_view text, std::string_view what) {
  struct Suffix {
    std::string_view text;
    double seconds;
  };
  double scale = 1;
  std::string_view digits = text;
  for (const Suffix suffix : {Suffix{"ms", 1e-3}, {"us", 1e-6}, {"s", 1}, {"m", 60}, {"h", 3600}}) {
    if (text.ends_with(suffix.text)) {
      scale = suffix.seconds;
      digits.remove_suffix(suffix.text.size());
      break;
    }
  }
  return scale * parse_number(digits, what, "a duration (examples: 10, 0.5s, 250ms, 2m)");
}

double parse_fraction(std::string_view text, std::string_view what) {
  constexpr std::string_view expected = "a fraction (examples: 2%, 0.02)";
  return text.ends_with('%') ? parse_number(text.substr(0, text.size() - 1), what, expected) / 100
                             : parse_number(text, what, expected);
}

}  // namespace attnscope::harness::plan
