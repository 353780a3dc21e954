// Which variants, and which of their hyper-parameters, a sweep asks for.
#pragma once

#include <string>
#include <vector>

#include "harness/plan/sweep.h"

namespace attnscope::harness::plan {

// Names and patterns ("softmax,lin*", "all") -> variant names in the registry's order of each pattern, once each.
// Peers are selected by name only.
// Throws UsageError for an unknown name (with the nearest spelling), NothingMatched for a pattern that fits none.
std::vector<std::string> select_variants(const std::vector<std::string>& patterns);

// One setting of all hyper-parameters of a variant, or why it is impossible.
struct ParameterSet {
  std::string params;      // canonical, "window=256;dilation=1"
  std::string impossible;  // "" when the variant accepts them
};
// The cartesian product of the values given for this variant, defaults elsewhere. Throws UsageError for an option that
// does not exist and for a value that is no value of its type.
std::vector<ParameterSet> expand_parameters(const std::string& variant, const std::vector<ParameterValues>& given);

}  // namespace attnscope::harness::plan
