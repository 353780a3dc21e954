// The leaves of a filter: one field of a record against one literal of the filter's text.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record.h"

namespace attnscope::reports::filtering {

using Predicate = std::function<bool(const Record&)>;

// Exact for whole numbers beyond 2^53 too, such as seeds.
struct Number {
  double real;
  std::optional<std::int64_t> whole;
};

// What a name in a filter stands for: a column, or one hyper-parameter out of `params`.
class Field {
 public:
  // Throws FilterError naming the column and, when there is one, the nearest spelling.
  static Field resolve(const std::string& name, std::size_t position);

  const std::string& name() const { return name_; }
  bool is_status() const;
  bool is_flag() const { return column_ != nullptr && column_->name == "causal"; }
  bool is_number() const;  // always
  bool may_be_number() const { return column_ == nullptr || is_number(); }

  std::optional<Number> number(const Record& record) const;
  // Every way to spell the value ("4096" and "4k"); empty when it is not available.
  std::vector<std::string> spellings(const Record& record) const;

 private:
  std::string name_;
  const Column* column_ = nullptr;  // nullptr for a hyper-parameter
  std::string parameter_;
};

enum class Comparison { less, less_equal, greater, greater_equal, equal, not_equal };

struct Literal {
  enum class Kind { word, quoted, regex };  // only a word may hold wildcards
  Kind kind;
  std::string text;
  std::size_t position;  // 1-based, for messages
};

// True for records whose value is available and compares so. Throws FilterError when the comparison makes no sense.
Predicate compare(const Field& field, Comparison comparison, const Literal& literal);

// `*` stands for any text, `?` for one byte; the whole text must match. Linear in practice, never exponential.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace attnscope::reports::filtering
