#include "harness/cli/recorded_settings.h"

#include <algorithm>
#include <set>

#include "harness/cli/shell.h"
#include "harness/plan/preset.h"

namespace attnscope::harness::cli {

namespace {

const std::set<std::string> not_settings{"help",  "quiet",   "variant", "axis",  "param",   "device",
                                         "where", "preset",  "input",   "shard", "output",  "resume",
                                         "force", "dry-run", "tag",     "seed",  "progress"};

using Settings = std::vector<std::pair<std::string, std::string>>;  // a flag's value is ""

Settings given_on(const CLI::App& run) {
  Settings settings;
  for (const CLI::Option* option : run.get_options()) {
    if (option->count() == 0 || option->get_lnames().empty()) continue;
    const std::string& name = option->get_lnames().front();
    if (not_settings.contains(name)) continue;
    const bool flag = option->get_items_expected_max() == 0;
    for (const std::string& value : option->results()) settings.emplace_back(name, flag ? "" : value);
  }
  return settings;
}

// Those of the preset that the command line did not replace.
void add_preset(const CLI::App& run, Settings& settings) {
  if (run.count("--preset") == 0) return;
  for (const auto& [name, value] : plan::load_preset(run["--preset"]->as<std::string>()).settings) {
    if (std::ranges::find(settings, name, &Settings::value_type::first) == settings.end() && name != "seed")
      settings.emplace_back(name, value);
  }
}

}  // namespace

std::optional<std::vector<std::string>> recorded_settings(const reports::Environment& environment) {
  const auto argv = environment.values.find("argv");
  if (argv == environment.values.end() || !argv->is_array() || argv->empty()) return std::nullopt;
  try {
    auto words = argv->get<std::vector<std::string>>();
    words.erase(words.begin());
    std::ranges::reverse(words);  // as CLI11 takes them
    CLI::App app;
    Shell unused;
    add_run(app, unused);
    app.parse(words);
    const CLI::App& run = *app.get_subcommand("run");
    Settings settings = given_on(run);
    add_preset(run, settings);
    std::vector<std::string> arguments;
    for (const auto& [name, value] : settings) {
      arguments.push_back("--" + name);
      if (!value.empty()) arguments.push_back(value);
    }
    return arguments;
  } catch (const std::exception&) {  // of an older or newer program, or of another subcommand
    return std::nullopt;
  }
}

}  // namespace attnscope::harness::cli
