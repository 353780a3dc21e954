// The axes of a sweep: what `list axes` prints and what `-a axis=values` accepts.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnscope::harness::plan {

struct Axis {
  enum class Kind { count, flag, word };
  std::string name;
  Kind kind;
  std::vector<std::string> words;  // the allowed values of a word axis
  std::string default_value;
  std::string meaning;
};

std::span<const Axis> axes();
std::vector<std::string> axis_names();
// Throws UsageError with the nearest spelling.
const Axis& find_axis(std::string_view name);

// A value as the axis spells it ("4k" -> "4096", "yes" -> "1"). Throws UsageError.
std::string canonical_value(const Axis& axis, std::string_view value);

}  // namespace attnscope::harness::plan
