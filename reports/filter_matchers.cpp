#include "reports/filter_matchers.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <regex>
#include <utility>

#include "reports/filter.h"
#include "reports/number_text.h"

namespace attnscope::reports::filtering {

namespace {

constexpr std::string_view parameter_prefix = "params.";

const std::vector<std::string>& known_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{"n", "cache"};
    for (const Column& column : columns()) all.emplace_back(column.name);
    return all;
  }();
  return names;
}

std::string suggestion(std::string_view given, std::span<const std::string> candidates) {
  const std::string nearest = nearest_spelling(given, candidates);
  return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
}

// The value of `name` in "a=1;b=2", "" when it is not there.
std::string_view parameter_value(std::string_view params, std::string_view name) {
  while (!params.empty()) {
    const std::string_view entry = params.substr(0, params.find(';'));
    params.remove_prefix(std::min(params.size(), entry.size() + 1));
    const auto equals = entry.find('=');
    if (equals != std::string_view::npos && entry.substr(0, equals) == name) return entry.substr(equals + 1);
  }
  return {};
}

std::optional<Number> number_of(const std::string&) { return std::nullopt; }
std::optional<Number> number_of(Status) { return std::nullopt; }
std::optional<Number> number_of(const std::optional<std::int64_t>& value) {
  if (!value) return std::nullopt;
  return Number{static_cast<double>(*value), *value};
}
std::optional<Number> number_of(const std::optional<double>& value) {
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return Number{*value, std::nullopt};
}

// "4096", "4k", "1.5m", "2e6".
std::optional<Number> parse_number(std::string_view text) {
  if (const auto whole = parse_count(text)) return Number{static_cast<double>(*whole), *whole};
  if (const auto real = parse_decimal(text)) return Number{*real, std::nullopt};
  if (text.empty()) return std::nullopt;
  const auto factor = parse_count(std::string("1") + text.back());
  const auto real = parse_decimal(text.substr(0, text.size() - 1));
  if (!factor || !real || *factor < 1024) return std::nullopt;
  return Number{*real * static_cast<double>(*factor), std::nullopt};
}

// "4k" for 4096, "" when no suffix divides the number.
std::string suffixed(std::int64_t value) {
  for (const auto& [shift, suffix] : {std::pair{30, 'g'}, std::pair{20, 'm'}, std::pair{10, 'k'}}) {
    const std::int64_t factor = std::int64_t{1} << shift;
    if (value != 0 && value % factor == 0) return fmt::format("{}{}", value / factor, suffix);
  }
  return "";
}

template <typename T>
bool holds(Comparison comparison, const T& left, const T& right) {
  switch (comparison) {
    case Comparison::less:
      return left < right;
    case Comparison::less_equal:
      return left <= right;
    case Comparison::greater:
      return left > right;
    case Comparison::greater_equal:
      return left >= right;
    case Comparison::equal:
      return left == right;
    case Comparison::not_equal:
      return left != right;
  }
  return false;
}

bool holds_for(Comparison comparison, const Number& left, const Number& right) {
  return left.whole && right.whole ? holds(comparison, *left.whole, *right.whole)
                                   : holds(comparison, left.real, right.real);
}

bool is_ordering(Comparison comparison) {
  return comparison != Comparison::equal && comparison != Comparison::not_equal;
}

bool has_wildcard(const Literal& literal) {
  return literal.kind == Literal::Kind::word && literal.text.find_first_of("*?") != std::string::npos;
}

[[noreturn]] void not_a_number(const Field& field, const Literal& literal) {
  throw FilterError(
      fmt::format("'{}' is compared as a number: expected one such as 4096, 4k or 1.5, found '{}' at column {}",
                  field.name(), literal.text, literal.position));
}

Predicate compare_numbers(const Field& field, Comparison comparison, const Number& right) {
  return [field, comparison, right](const Record& record) {
    const auto left = field.number(record);
    return left && holds_for(comparison, *left, right);
  };
}

// A value is available and some (or, negated, no) spelling of it satisfies `test`.
template <typename Test>
Predicate compare_text(const Field& field, Comparison comparison, Test test) {
  return [field, wanted = comparison == Comparison::equal, test = std::move(test)](const Record& record) {
    const auto spellings = field.spellings(record);
    return !spellings.empty() && std::ranges::any_of(spellings, test) == wanted;
  };
}

// A search box must neither hang nor overflow the stack, whatever is typed. libstdc++'s default matcher does both for
// some expressions; its breadth-first one does not, and lacks only back-references. Elsewhere the bounds must do.
#ifdef __GLIBCXX__
constexpr auto regex_syntax = std::regex::ECMAScript | std::regex_constants::__polynomial;
#else
constexpr auto regex_syntax = std::regex::ECMAScript;
#endif
constexpr std::size_t longest_pattern = 500, longest_subject = 2000;

Predicate compare_regex(const Field& field, Comparison comparison, const Literal& literal) {
  if (literal.text.size() > longest_pattern) {
    throw FilterError(fmt::format("the regular expression at column {} has {} characters; expected at most {}",
                                  literal.position, literal.text.size(), longest_pattern));
  }
  try {
    auto pattern = std::make_shared<const std::regex>(literal.text, regex_syntax);
    return compare_text(field, comparison, [pattern](const std::string& text) {
      const auto length = static_cast<std::ptrdiff_t>(std::min(text.size(), longest_subject));
      return std::regex_search(text.begin(), text.begin() + length, *pattern);
    });
  } catch (const std::regex_error& error) {
    throw FilterError(fmt::format("the regular expression /{}/ at column {} is not valid: {}", literal.text,
                                  literal.position, error.what()));
  }
}

void require_status(const Literal& literal) {
  if (status_from_string(literal.text)) return;
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (int i = 0; i <= static_cast<int>(Status::interrupted); ++i) all.emplace_back(to_string(Status{i}));
    return all;
  }();
  const std::string hint = suggestion(literal.text, names);
  throw FilterError(fmt::format("unknown status '{}' at column {}{}", literal.text, literal.position,
                                hint.empty() ? fmt::format("; expected one of {}", fmt::join(names, ", ")) : hint));
}

}  // namespace

Field Field::resolve(const std::string& name, std::size_t position) {
  Field field;
  field.name_ = name;
  field.column_ = find_column(canonical_axis(name));
  if (field.column_ != nullptr) return field;
  if (name.starts_with(parameter_prefix) && name.size() > parameter_prefix.size()) {
    field.parameter_ = name.substr(parameter_prefix.size());
    return field;
  }
  const std::string hint = suggestion(name, known_names());
  throw FilterError(fmt::format(
      "unknown name '{}' at column {}{}", name, position,
      hint.empty() ? "; expected an axis such as n, dtype or device, a column such as time_median_ns, or params.NAME"
                   : hint));
}

bool Field::is_status() const {
  return column_ != nullptr && std::holds_alternative<Status Record::*>(column_->member);
}

bool Field::is_number() const {
  return column_ != nullptr && !is_status() && !std::holds_alternative<std::string Record::*>(column_->member);
}

std::optional<Number> Field::number(const Record& record) const {
  if (column_ == nullptr) return parse_number(parameter_value(record.params, parameter_));
  return std::visit([&](auto member) { return number_of(record.*member); }, column_->member);
}

std::vector<std::string> Field::spellings(const Record& record) const {
  std::string text =
      column_ == nullptr ? std::string(parameter_value(record.params, parameter_)) : format_value(record, *column_);
  if (text.empty()) return {};
  std::vector<std::string> all{std::move(text)};
  if (const auto value = number(record); value && value->whole) {
    if (std::string short_form = suffixed(*value->whole); !short_form.empty()) all.push_back(std::move(short_form));
  }
  return all;
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, after_star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (after_star != std::string_view::npos) {
      p = after_star;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.substr(p).find_first_not_of('*') == std::string_view::npos;
}

Predicate compare(const Field& field, Comparison comparison, const Literal& literal) {
  if (is_ordering(comparison)) {
    if (!field.may_be_number()) {
      throw FilterError(
          fmt::format("'{}' holds text and has no order: expected ':', '==' or '!=' before '{}' at column {}",
                      field.name(), literal.text, literal.position));
    }
    const auto right = parse_number(literal.text);
    if (!right || literal.kind == Literal::Kind::regex) not_a_number(field, literal);
    return compare_numbers(field, comparison, *right);
  }
  if (literal.kind == Literal::Kind::regex) return compare_regex(field, comparison, literal);
  if (has_wildcard(literal)) {
    return compare_text(field, comparison,
                        [pattern = literal.text](const std::string& text) { return glob_matches(pattern, text); });
  }
  if (field.is_flag() && (literal.text == "true" || literal.text == "false")) {
    return compare_numbers(field, comparison, *parse_number(literal.text == "true" ? "1" : "0"));
  }
  const auto right = parse_number(literal.text);
  if (field.is_number()) {
    if (!right) not_a_number(field, literal);
    return compare_numbers(field, comparison, *right);
  }
  if (field.is_status()) require_status(literal);
  if (field.may_be_number() && right) {
    // A hyper-parameter given as a number: "4k" also stands for 4096.
    return [field, comparison, number = *right, text = literal.text](const Record& record) {
      if (const auto left = field.number(record)) return holds_for(comparison, *left, number);
      const auto spellings = field.spellings(record);
      return !spellings.empty() && holds(comparison, spellings.front(), text);
    };
  }
  return compare_text(field, comparison, [wanted = literal.text](const std::string& text) { return text == wanted; });
}

}  // namespace attnscope::reports::filtering
