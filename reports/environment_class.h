// What two environments must have in common before times measured in them may stand side by side: the machine's kind
// and the program's build, not its name, date or load.
#pragma once

#include <string>
#include <vector>

#include "reports/record.h"

namespace attnscope::reports {

struct EnvironmentDifference {
  std::string field;       // "cpu.model"
  std::string one, other;  // "not recorded" where the field is missing
};
// Empty for environments of one class. A field that neither has does not count.
std::vector<EnvironmentDifference> class_differences(const Environment& one, const Environment& other);

}  // namespace attnscope::reports
