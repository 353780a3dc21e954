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
// `other_defaults`: by option name without dashes, where this command wants another one.
void add_live_options(CLI::App& sub, LiveOptions& options,
                      const std::map<std::string, std::string>& other_defaults = {});
// Rounds are left to the caller. Throws UsageError.
live::Options resolve(const LiveOptions& options);

}  // namespace attnscope::harness::cli
