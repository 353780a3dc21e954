#include "suite/attention/option.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace attnscope::attention {
namespace {

template <class T>
T parse(const OptionInfo& info, std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw OptionError(fmt::format("{}: got '{}', expected a {} {}", info.name, text, info.type, info.range));
  }
  return value;
}

template <class T>
void require_in_range(const OptionInfo& info, T value, const Range<T>& range) {
  if (!(value >= range.lo && value <= range.hi)) {  // also refuses NaN
    throw OptionError(fmt::format("{}: got {}, expected a {} {}", info.name, value, info.type, info.range));
  }
}

template <class T>
std::string describe(const Range<T>& range) {
  return range.hi == std::numeric_limits<T>::max() ? fmt::format(">= {}", range.lo)
                                                   : fmt::format("from {} to {}", range.lo, range.hi);
}

template <class T>
std::string join(const std::vector<T>& values, std::string_view separator) {
  return fmt::format("{}", fmt::join(values, separator));
}

}  // namespace

void OptionList::set(std::string_view name, std::string_view value) {
  const auto found =
      std::ranges::find_if(options_, [&](const OptionBase* option) { return option->info().name == name; });
  if (found == options_.end()) {
    std::vector<std::string> names;
    for (const OptionBase* option : options_) names.push_back(option->info().name);
    throw OptionError(fmt::format("no option '{}'; there are {}", name, join(names, ", ")));
  }
  (*found)->set(value);
}

void OptionList::set_all(std::string_view settings) {
  while (!settings.empty()) {
    const std::string_view one = settings.substr(0, settings.find(';'));
    settings.remove_prefix(std::min(settings.size(), one.size() + 1));
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) throw OptionError(fmt::format("'{}': expected name=value", one));
    set(one.substr(0, equals), one.substr(equals + 1));
  }
}

std::string OptionList::text() const {
  std::vector<std::string> parts;
  for (const OptionBase* option : options_) parts.push_back(option->info().name + "=" + option->text());
  return join(parts, ";");
}

Option<std::int64_t>::Option(OptionList& list, std::string name, std::int64_t value, Range<std::int64_t> range,
                             std::string meaning)
    : OptionBase({std::move(name), "whole number", std::to_string(value), describe(range), std::move(meaning)}),
      value_(value),
      range_(range) {
  list.add(this);
}

void Option<std::int64_t>::set(std::string_view text) {
  const auto value = parse<std::int64_t>(info_, text);
  require_in_range(info_, value, range_);
  value_ = value;
}

std::string Option<std::int64_t>::text() const { return std::to_string(value_); }

Option<double>::Option(OptionList& list, std::string name, double value, Range<double> range, std::string meaning)
    : OptionBase({std::move(name), "number", fmt::format("{}", value), describe(range), std::move(meaning)}),
      value_(value),
      range_(range) {
  list.add(this);
}

void Option<double>::set(std::string_view text) {
  const auto value = parse<double>(info_, text);
  require_in_range(info_, value, range_);
  value_ = value;
}

std::string Option<double>::text() const { return fmt::format("{}", value_); }

Option<bool>::Option(OptionList& list, std::string name, bool value, std::string meaning)
    : OptionBase({std::move(name), "truth value", value ? "true" : "false", "true or false", std::move(meaning)}),
      value_(value) {
  list.add(this);
}

void Option<bool>::set(std::string_view text) {
  if (text == "true" || text == "1") {
    value_ = true;
  } else if (text == "false" || text == "0") {
    value_ = false;
  } else {
    throw OptionError(fmt::format("{}: got '{}', expected true or false", info_.name, text));
  }
}

std::string Option<bool>::text() const { return value_ ? "true" : "false"; }

Choice::Choice(OptionList& list, std::string name, std::string value, std::vector<std::string> choices,
               std::string meaning)
    : OptionBase({std::move(name), "choice", value, join(choices, ", "), std::move(meaning)}),
      value_(std::move(value)),
      choices_(std::move(choices)) {
  list.add(this);
}

void Choice::set(std::string_view text) {
  if (std::ranges::find(choices_, text) == choices_.end()) {
    throw OptionError(fmt::format("{}: got '{}', expected one of {}", info_.name, text, info_.range));
  }
  value_ = text;
}

IntegerList::IntegerList(OptionList& list, std::string name, std::vector<std::int64_t> value, Range<std::int64_t> range,
                         std::string meaning)
    : OptionBase({std::move(name), "list of whole numbers", join(value, "+"), describe(range) + ", joined by +",
                  std::move(meaning)}),
      value_(std::move(value)),
      range_(range) {
  list.add(this);
}

void IntegerList::set(std::string_view text) {
  std::vector<std::int64_t> values;
  while (true) {
    const std::size_t end = text.find('+');
    const auto value = parse<std::int64_t>(info_, text.substr(0, end));
    require_in_range(info_, value, range_);
    values.push_back(value);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  value_ = std::move(values);
}

std::string IntegerList::text() const { return join(value_, "+"); }

}  // namespace attnscope::attention
