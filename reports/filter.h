// The one filter language of `run --where`, `list`, `export --filter`, `compare`, `gate` and the viewer's search box.
//
// Terms (joined by blanks = and): `variant:flash`  `n:>=4k`  `device:cpu`  `-dtype:bf16`  `variant:lin*`
//   `n:/^(1|4)k$/` (regular expression)  `device:(cpu OR cuda:0)`.
// Conditions: `n<=8k || variant!=softmax && (mode==training)`; operators < <= > >= == = != && || ! ( ).
// Numbers take k, m, g (1024-based). Axis names: n batch heads head_dim dtype mode scope causal device threads cache,
// plus any column name of the record and `params.NAME` for a hyper-parameter. Globs (* and ?) cover the whole value, a
// regular expression any part of it (of its first 2000 bytes); a length counts as "4096" and as "4k". "Quoted" values
// are literal. OR and AND also spell || and &&, and bind alike: && and blanks before ||.
//
// A missing value satisfies no comparison, != included; `!` and `-` negate plainly, so `-peak_memory_bytes:*` finds the
// records without that value.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "reports/record.h"

namespace attnscope::reports {

// Position and nearest spelling included: "unknown name 'varaint' at column 1; did you mean 'variant'?".
struct FilterError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Filter {
 public:
  Filter();  // matches everything
  // Throws FilterError. An empty or blank text matches everything.
  static Filter parse(std::string_view text);
  bool matches(const Record& record) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::function<bool(const Record&)> predicate_;
};

// The canonical column name of an axis alias ("n" -> "seq_q", "cache" -> "cache_state", …), or the name itself.
std::string_view canonical_axis(std::string_view name);
// The candidate with the smallest edit distance, when it is close enough to be a likely typing error; else "".
std::string nearest_spelling(std::string_view given, std::span<const std::string> candidates);
// "4k" -> 4096, "1m", "16", "1g"; std::nullopt when it is not a whole number.
std::optional<std::int64_t> parse_count(std::string_view text);

}  // namespace attnscope::reports
