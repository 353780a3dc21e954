// Is this machine fit for measuring? Each check names what it found, why that matters and what to do about it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace attnscope::harness::device {

enum class Fitness {
  good,
  note,     // worth knowing; figures are not affected
  unknown,  // this system does not tell
  warning,  // figures may be noisier, or slower, than they need be
  unfit,    // figures would mislead
};
std::string_view to_string(Fitness fitness);

struct Finding {
  std::string check;  // "governor"
  Fitness fitness = Fitness::good;
  std::string found;   // "powersave"
  std::string advice;  // what to do; "" when nothing
};

// Looks at the machine; a second of it, to see its load. `root`: where /proc and /sys are looked for.
std::vector<Finding> examine_machine(const std::filesystem::path& root = "/");

// The worst of them.
Fitness worst(const std::vector<Finding>& findings);

nlohmann::json to_json(const Finding& finding);

}  // namespace attnscope::harness::device
