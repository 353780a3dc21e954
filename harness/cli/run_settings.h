// The settings of a measurement: options of `run` that a preset may give too, and that `list settings` prints.
#pragma once

#include <span>

namespace attnscope::harness::cli {

struct RunSetting {
  const char *name, *fallback, *meaning;  // the name is the long option without its dashes
};
std::span<const RunSetting> run_settings();

}  // namespace attnscope::harness::cli
