// The values that a parameter may have, by the name of what it takes ("VARIANTS", "FILE", "{csv,json}").
#pragma once

#include <string>

#include "harness/cli/complete.h"

namespace attnscope::harness::cli {

// `begun` is what stands there already; candidates start with it.
Completion complete_value(const std::string& value, const std::string& begun);

// Those that start with `begun`.
std::vector<Candidate> starting_with(const std::string& begun, const std::vector<Candidate>& candidates);

}  // namespace attnscope::harness::cli
