#include "reports/filter.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "reports/filter_matchers.h"

namespace attnscope::reports {

namespace {

using filtering::Comparison;
using filtering::Field;
using filtering::Literal;
using filtering::Predicate;

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; }

// Reads tokens off the text. What ends a word depends on where it stands ("cuda:0" is one value, "device:cpu" is a name
// and a value), so the parser asks for the token that it expects.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() {
    skip_blanks();
    return position_ == text_.size();
  }

  // Columns count characters, not bytes, as an editor shows them.
  std::size_t column() {
    skip_blanks();
    return column_of(position_);
  }

  bool next_is(std::string_view symbol) {
    skip_blanks();
    return text_.substr(position_).starts_with(symbol);
  }

  bool accept(std::string_view symbol) {
    if (!next_is(symbol)) return false;
    position_ += symbol.size();
    return true;
  }

  bool next_is_keyword(std::string_view word) {
    if (!next_is(word)) return false;
    const auto rest = text_.substr(position_ + word.size());
    return rest.empty() || is_blank(rest.front()) || rest.front() == '(' || rest.front() == ')';
  }

  bool accept_keyword(std::string_view word) { return next_is_keyword(word) && accept(word); }

  std::optional<Comparison> accept_comparison() {
    using enum Comparison;
    constexpr std::pair<std::string_view, Comparison> symbols[]{
        {"<=", less_equal}, {">=", greater_equal}, {"==", equal}, {"!=", not_equal},
        {"<", less},        {">", greater},        {"=", equal}};
    for (const auto& [symbol, comparison] : symbols) {
      if (accept(symbol)) return comparison;
    }
    return std::nullopt;
  }

  // "" when no name starts here.
  std::string name() {
    skip_blanks();
    if (position_ == text_.size() || !is_name_start(text_[position_])) return "";
    const auto end =
        std::find_if_not(text_.begin() + static_cast<std::ptrdiff_t>(position_), text_.end(), is_name_part);
    return std::string(take_until(static_cast<std::size_t>(end - text_.begin())));
  }

  Literal literal() {
    const std::size_t where = column();
    for (const char quote : {'"', '\''}) {
      if (accept({&quote, 1})) return {Literal::Kind::quoted, delimited(quote, where), where};
    }
    if (accept("/")) return {Literal::Kind::regex, delimited('/', where), where};
    std::size_t end = position_;
    while (end < text_.size() && !ends_word(end)) ++end;
    if (end == position_ || std::string_view("<>=!").find(text_[position_]) != std::string_view::npos) {
      fail("expected a value");
    }
    return {Literal::Kind::word, std::string(take_until(end)), where};
  }

  [[noreturn]] void fail(std::string_view expected) {
    const std::size_t where = column();
    const auto rest = text_.substr(position_);
    const auto end =
        std::min(std::ranges::find_if(rest, is_blank), rest.begin() + std::min<std::ptrdiff_t>(40, std::ssize(rest)));
    const std::string found = rest.empty() ? "the end" : fmt::format("'{}'", std::string_view(rest.begin(), end));
    throw FilterError(fmt::format("{} at column {}, found {}", expected, where, found));
  }

 private:
  void skip_blanks() {
    while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
  }

  std::size_t column_of(std::size_t position) const {
    const auto is_first_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return 1 + static_cast<std::size_t>(std::ranges::count_if(text_.substr(0, position), is_first_byte));
  }

  bool ends_word(std::size_t at) const {
    const auto rest = text_.substr(at);
    return is_blank(rest.front()) || rest.front() == '(' || rest.front() == ')' || rest.starts_with("&&") ||
           rest.starts_with("||");
  }

  std::string_view take_until(std::size_t end) {
    const auto taken = text_.substr(position_, end - position_);
    position_ = end;
    return taken;
  }

  // Up to the closing delimiter, which a backslash keeps from closing.
  std::string delimited(char delimiter, std::size_t opened_at) {
    std::string content;
    for (; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      if (c == delimiter) {
        ++position_;
        return content;
      }
      if (c == '\\' && text_.substr(position_ + 1).starts_with(delimiter)) ++position_;
      content += text_[position_];
    }
    throw FilterError(fmt::format("the {} opened at column {} is never closed; expected {} before the end", delimiter,
                                  opened_at, delimiter));
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

Predicate any_of(std::vector<Predicate> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return [parts = std::move(parts)](const Record& record) {
    return std::ranges::any_of(parts, [&](const Predicate& part) { return part(record); });
  };
}

Predicate all_of(std::vector<Predicate> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return [parts = std::move(parts)](const Record& record) {
    return std::ranges::all_of(parts, [&](const Predicate& part) { return part(record); });
  };
}

// disjunction := conjunction { ("||" | "OR") conjunction }
// conjunction := factor { ["&&" | "AND"] factor }
// factor      := ("!" | "-") factor | "(" disjunction ")" | term
// term        := name ":" "(" test { ("OR" | "||") test } ")" | name ":" test | name comparison literal
// test        := [comparison] literal
class Parser {
 public:
  explicit Parser(std::string_view text) : scanner_(text) {}

  Predicate parse() {
    if (scanner_.at_end()) return [](const Record&) { return true; };
    Predicate whole = disjunction();
    if (!scanner_.at_end()) scanner_.fail("expected another term, '&&' or '||'");
    return whole;
  }

 private:
  static constexpr int deepest = 100;

  bool accept_or() { return scanner_.accept("||") || scanner_.accept_keyword("OR"); }
  bool accept_and() { return scanner_.accept("&&") || scanner_.accept_keyword("AND"); }
  bool ends_conjunction() {
    return scanner_.at_end() || scanner_.next_is(")") || scanner_.next_is("||") || scanner_.next_is_keyword("OR");
  }

  Predicate disjunction() {
    std::vector<Predicate> parts;
    do parts.push_back(conjunction());
    while (accept_or());
    return any_of(std::move(parts));
  }

  Predicate conjunction() {
    std::vector<Predicate> parts;
    do parts.push_back(factor());
    while (accept_and() || !ends_conjunction());
    return all_of(std::move(parts));
  }

  Predicate factor() {
    if (depth_ == deepest) scanner_.fail(fmt::format("expected at most {} nested parentheses and negations", deepest));
    ++depth_;
    Predicate result = nested_factor();
    --depth_;
    return result;
  }

  Predicate nested_factor() {
    if (scanner_.accept("!") || scanner_.accept("-")) {
      return [part = factor()](const Record& record) { return !part(record); };
    }
    if (scanner_.accept("(")) {
      Predicate inside = disjunction();
      if (!scanner_.accept(")")) scanner_.fail("expected ')'");
      return inside;
    }
    return term();
  }

  Predicate term() {
    const std::size_t position = scanner_.column();
    const bool is_keyword = scanner_.next_is_keyword("OR") || scanner_.next_is_keyword("AND");
    const std::string name = is_keyword ? "" : scanner_.name();
    if (name.empty()) scanner_.fail("expected a term such as variant:flash or n>=4k");
    if (scanner_.accept(":")) {
      const Field field = Field::resolve(name, position);
      return scanner_.accept("(") ? alternatives(field) : test(field);
    }
    const auto comparison = scanner_.accept_comparison();
    if (!comparison) {
      scanner_.fail(fmt::format("expected ':' or a comparison after '{}', as in variant:{} or n>=4k,", name, name));
    }
    const Field field = Field::resolve(name, position);
    return compare(field, *comparison, scanner_.literal());
  }

  Predicate alternatives(const Field& field) {
    std::vector<Predicate> parts;
    do parts.push_back(test(field));
    while (accept_or());
    if (!scanner_.accept(")")) scanner_.fail("expected OR or ')'");
    return any_of(std::move(parts));
  }

  Predicate test(const Field& field) {
    const Comparison comparison = scanner_.accept_comparison().value_or(Comparison::equal);
    return compare(field, comparison, scanner_.literal());
  }

  Scanner scanner_;
  int depth_ = 0;
};

}  // namespace

Filter::Filter() : predicate_([](const Record&) { return true; }) {}

Filter Filter::parse(std::string_view text) {
  Filter filter;
  filter.text_ = text;
  filter.predicate_ = Parser(text).parse();
  return filter;
}

bool Filter::matches(const Record& record) const { return predicate_(record); }

}  // namespace attnscope::reports
