// From a case to the command line that measures it again, and from a record back to its case.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/plan/case.h"
#include "reports/record.h"

namespace attnscope::harness::plan {

// {"run", "-V", "flash", …}: what follows the program's name.
std::vector<std::string> reproduction_arguments(const Case& c, std::uint64_t seed);
// The same as a line for a shell: "attnscope run -V flash …".
std::string reproduction(const Case& c, std::uint64_t seed);
// "attnscope" and the arguments, quoted for a shell where they need it.
std::string command_line(std::span<const std::string> arguments);

// The case that a record is of. Throws UsageError when a field is missing or unknown here, and when this program gives
// the case another key (a variant that has got or lost a hyper-parameter since): it would not be the same case.
Case recorded_case(const reports::Record& record);

}  // namespace attnscope::harness::plan
