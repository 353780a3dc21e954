// What machines and builds of runs differ in: the first thing to know about a comparison.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "reports/record.h"

namespace attnscope::reports {

struct FactDifference {
  std::string name;                 // "CPU model"
  std::vector<std::string> values;  // one a run; "-" when a run does not say
  bool machine_class;               // times of the two sides cannot be compared as if they came from one machine
};

// Facts that are not the same in all runs, in a fixed order, machine class first. Only the environments that the
// records of a run name count; several of them in one run are joined by " / ".
std::vector<FactDifference> environment_differences(std::span<const Run* const> runs);

// The same for all facts that a run names, whether they differ or not.
std::vector<FactDifference> environment_table(std::span<const Run* const> runs);
bool differs(const FactDifference& fact);

// A sentence for each run whose first reference took 5 % more or less than that of the first run: the machine was
// another one, or what all cases share has changed. It corrects nothing, because it cannot tell these apart.
std::vector<std::string> reference_notes(std::span<const std::string> names, std::span<const Run* const> runs);

}  // namespace attnscope::reports
