// How `compare --live` and the confirmation of `gate` measure.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "harness/live/turns.h"

namespace attnscope::harness::cli {

struct LiveOptions {
  std::map<std::string, std::string> settings;  // by long name
};
void add_live_options(CLI::App& sub, LiveOptions& options);
// Rounds are left to the caller. Throws UsageError.
live::Options resolve(const LiveOptions& options);

}  // namespace attnscope::harness::cli
