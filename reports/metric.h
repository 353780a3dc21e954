// What kind of number a column holds when two runs are compared: how it repeats, and which word a change gets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/record.h"

namespace attnscope::reports {

// Columns that hold numbers.
std::vector<std::string> metric_names();

enum class Repeatability {
  exact,          // the same in every run of the same program: work, the memory pool, errors
  timed,          // the median of the samples, which tell how well it is known
  inverse_timed,  // something exact over that median: the rates
  single,         // one value a case, and nothing that tells how it repeats
};
Repeatability repeatability(const Column& metric);

// "faster" and "slower" for times and rates, "smaller" and "larger" for what should be low, "higher" and "lower" else.
std::string_view word_for_better(const Column& metric);
std::string_view word_for_worse(const Column& metric);

}  // namespace attnscope::reports
