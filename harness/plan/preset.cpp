#include "harness/plan/preset.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <system_error>
#include <toml++/toml.h>

#include "harness/errors.h"
#include "reports/data_directories.h"

namespace attnscope::harness::plan {

namespace {

namespace fs = std::filesystem;

const std::vector<std::string>& known_settings() {
  static const std::vector<std::string> names{"precision", "min-samples", "max-samples", "min-time", "max-time",
                                              "timeout",   "mem-limit",   "validate",    "order",    "seed"};
  return names;
}

class PresetReader {
 public:
  explicit PresetReader(const fs::path& path) : path_(path) {}

  Preset read() {
    toml::table root;
    try {
      root = toml::parse_file(path_.string());
    } catch (const toml::parse_error& error) {
      const auto at = error.source().begin;
      throw UsageError(
          fmt::format("preset {}: line {}, column {}: {}", path_.string(), at.line, at.column, error.description()));
    }
    Preset preset{path_.stem().string(), {}, path_, {}, {}};
    for (const auto& [key, node] : root) {
      if (key == "title") {
        preset.title = text(node, "title");
      } else if (key == "settings") {
        for (const auto& [name, value] : table(node, "settings")) {
          require_known("setting", name.str(), known_settings());
          preset.settings[std::string(name.str())] = text(value, name.str());
        }
      } else if (key == "sweep") {
        const toml::array* sweeps = node.as_array();
        if (sweeps == nullptr) fail("sweep", "[[sweep]] tables");
        for (const toml::node& entry : *sweeps) preset.sweeps.push_back(sweep(table(entry, "sweep")));
      } else {
        require_known("entry", key.str(), std::vector<std::string>{"title", "settings", "sweep"});
      }
    }
    if (preset.sweeps.empty()) throw UsageError(fmt::format("preset {}: has no [[sweep]]", path_.string()));
    return preset;
  }

 private:
  [[noreturn]] void fail(std::string_view key, std::string_view expected) const {
    throw UsageError(fmt::format("preset {}: '{}' must be {}", path_.string(), key, expected));
  }

  void require_known(std::string_view kind, std::string_view name, const std::vector<std::string>& known) const {
    if (std::ranges::find(known, name) != known.end()) return;
    throw UsageError(fmt::format("preset {}: {}", path_.string(), unknown_name(kind, name, known).what()));
  }

  const toml::table& table(const toml::node& node, std::string_view key) const {
    const toml::table* result = node.as_table();
    if (result == nullptr) fail(key, "a table");
    return *result;
  }

  // A scalar as text; numbers are written as they would be on the command line.
  std::string text(const toml::node& node, std::string_view key) const {
    if (const auto* value = node.as_string()) return value->get();
    if (const auto* value = node.as_integer()) return std::to_string(value->get());
    if (const auto* value = node.as_floating_point()) return fmt::format("{}", value->get());
    if (const auto* value = node.as_boolean()) return value->get() ? "1" : "0";
    fail(key, "a text or a number");
  }

  // A text, or an array joined by commas.
  std::string values(const toml::node& node, std::string_view key) const {
    const toml::array* array = node.as_array();
    if (array == nullptr) return text(node, key);
    std::string joined;
    for (const toml::node& item : *array) joined += fmt::format("{}{}", joined.empty() ? "" : ",", text(item, key));
    return joined;
  }

  Sweep sweep(const toml::table& entry) const {
    Sweep result;
    for (const auto& [key, node] : entry) {
      if (key == "variants") {
        result.variants.push_back(values(node, "variants"));
      } else if (key == "axes") {
        for (const auto& [axis, axis_values] : table(node, "axes")) {
          result.axes.push_back(fmt::format("{}={}", axis.str(), values(axis_values, axis.str())));
        }
      } else if (key == "params") {
        for (const auto& [variant, options] : table(node, "params")) {
          for (const auto& [option, option_values] : table(options, variant.str())) {
            result.parameters.push_back(
                fmt::format("{}.{}={}", variant.str(), option.str(), values(option_values, option.str())));
          }
        }
      } else if (key == "where") {
        result.where = text(node, "where");
      } else if (key == "input") {
        result.input = text(node, "input");
      } else {
        require_known("sweep entry", key.str(),
                      std::vector<std::string>{"variants", "axes", "params", "where", "input"});
      }
    }
    return result;
  }

  fs::path path_;
};

}  // namespace

std::vector<Preset> all_presets() {
  std::vector<Preset> presets;
  for (const fs::path& directory : reports::data_directories()) {
    std::error_code error;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory / "presets", error)) {
      if (entry.path().extension() == ".toml") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const fs::path& file : files) {
      if (std::ranges::find(presets, file.stem().string(), &Preset::name) == presets.end()) {
        presets.push_back(read_preset(file));
      }
    }
  }
  return presets;
}

Preset load_preset(const std::string& name) {
  std::vector<std::string> known;
  for (const fs::path& directory : reports::data_directories()) {
    const fs::path file = directory / "presets" / (name + ".toml");
    std::error_code error;
    if (fs::is_regular_file(file, error)) return read_preset(file);
    for (const auto& entry : fs::directory_iterator(directory / "presets", error)) {
      if (entry.path().extension() == ".toml") known.push_back(entry.path().stem().string());
    }
  }
  std::ranges::sort(known);
  known.erase(std::unique(known.begin(), known.end()), known.end());
  throw unknown_name("preset", name, known);
}

Preset read_preset(const fs::path& path) { return PresetReader(path).read(); }

}  // namespace attnscope::harness::plan
