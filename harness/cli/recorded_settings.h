// How a recorded run measured: the settings of `run` that its command line, or its preset, gave.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/record.h"

namespace attnscope::harness::cli {

// {"--precision", "1%", …}: every option of `run` but those that choose cases, files and the seed. std::nullopt when
// the environment has no command line of `run` that this program understands.
std::optional<std::vector<std::string>> recorded_settings(const reports::Environment& environment);

}  // namespace attnscope::harness::cli
