// The sweep syntax: lists `1,2`, geometric ranges `256:64k:x2`, arithmetic ranges `256:1k:+256`; counts may end in k, m
// or g (1024-based); nvbench's brackets `n=[1,2]` and exponents `n[pow2]=[8:16]` are understood too.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attnscope::harness::plan {

// "1,4:16:x2" -> {"1", "4", "8", "16"}. Ranges include their end when a step lands on it. Throws UsageError.
std::vector<std::string> expand_values(std::string_view text);

struct AxisValues {
  std::string axis;
  std::vector<std::string> values;  // canonical, in the order given, without repetition
};
// "n=256:1k:x2". Throws UsageError naming the axis.
AxisValues parse_axis(std::string_view text);

// "longformer.window=256,512" -> variant, option and values.
struct ParameterValues {
  std::string variant, option;
  std::vector<std::string> values;
};
ParameterValues parse_parameter(std::string_view text);

// "1/3" -> {1, 3}. Throws UsageError unless 1 <= i <= N.
struct Shard {
  int index = 1, count = 1;
};
Shard parse_shard(std::string_view text);

// "600", "0.05s", "250ms", "2m", "1h" -> seconds. A plain number is seconds. Throws UsageError naming `what`.
double parse_duration(std::string_view text, std::string_view what);
// "2%" or "0.02" -> 0.02. Throws UsageError naming `what`.
double parse_fraction(std::string_view text, std::string_view what);

// The pieces of a text between separators, blanks trimmed.
std::vector<std::string> split(std::string_view text, char separator);
// True when `text` matches a pattern of literal characters, '*' and '?'.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace attnscope::harness::plan
