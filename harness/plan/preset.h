// Presets: sweeps kept as TOML files in data/presets. docs/run.md describes the format.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace attnscope::harness::plan {

// One cartesian product. Texts are as on the command line.
struct Sweep {
  std::vector<std::string> variants;    // -V
  std::vector<std::string> axes;        // -a
  std::vector<std::string> parameters;  // -P
  std::string where;                    // --where
  std::string input;                    // --input; "" = by scope
};

struct Preset {
  std::string name, title;
  std::filesystem::path path;
  std::vector<Sweep> sweeps;
  std::map<std::string, std::string> settings;  // options of `run` by their long names, "precision" -> "5%"
};

// All that are found in the data directories (reports/data_directories.h); of equal names the first.
std::vector<Preset> all_presets();
// Throws UsageError: unknown name (with the nearest spelling), or a file that does not follow the format.
Preset load_preset(const std::string& name);
Preset read_preset(const std::filesystem::path& path);

}  // namespace attnscope::harness::plan
