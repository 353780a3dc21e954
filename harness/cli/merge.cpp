#include "reports/merge.h"

#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <map>

#include "harness/cli/shell.h"
#include "reports/jsonl.h"
#include "reports/whole_file.h"

namespace attnscope::harness::cli {

namespace {

using Prefer = reports::MergeOptions::Prefer;

struct MergeCommand {
  std::vector<std::string> files;
  std::string output, prefer;
  bool allow_mixed = false, force = false;
};

Prefer parse_prefer(const std::string& text) {
  static const std::map<std::string, Prefer> known{
      {"", Prefer::none}, {"first", Prefer::first}, {"newest", Prefer::newest}};
  const auto found = known.find(text);
  if (found == known.end()) throw unknown_name("--prefer", text, std::vector<std::string>{"first", "newest"});
  return found->second;
}

std::vector<reports::Run> load(const std::vector<std::string>& files, const Shell& shell) {
  std::vector<reports::Run> runs;
  for (const std::string& file : files) {
    reports::LoadedRun loaded = reports::load_jsonl(file);
    for (const reports::ReadIssue& issue : loaded.issues)
      shell.note(fmt::format("{}:{}: {}", issue.path, issue.line, issue.message));
    runs.push_back(std::move(loaded.run));
  }
  return runs;
}

// References last: each says by run_id and order_index where it belongs.
std::string lines_of(const reports::Run& run) {
  std::string text;
  for (const auto& environment : run.environments) text += reports::to_json_line(environment) + '\n';
  for (const auto& record : run.records) text += reports::to_json_line(record) + '\n';
  for (const auto& reference : run.references) text += reports::to_json_line(reference) + '\n';
  return text;
}

ExitCode merge_runs(const MergeCommand& command, const Shell& shell) {
  const reports::MergeOptions options{parse_prefer(command.prefer), command.allow_mixed};
  const std::vector<reports::Run> runs = load(command.files, shell);
  reports::Merged merged;
  try {
    merged = reports::merge(runs, options);
  } catch (const reports::MixedRuns& mixed) {
    throw EnvironmentUnfit(mixed.what());
  }
  if (merged.run.records.empty()) throw NothingMatched("no case in these files");
  if (command.output == "-") {
    std::cout << lines_of(merged.run);
  } else {
    reports::write_whole_file(command.output, lines_of(merged.run),
                              command.force ? reports::Existing::replace : reports::Existing::keep);
  }
  shell.note(fmt::format("{} cases of {} files in {}{}", merged.run.records.size(), runs.size(), command.output,
                         merged.repeated > 0 ? fmt::format(", {} records repeated others", merged.repeated) : ""));
  const auto interrupted =
      std::ranges::count(merged.run.records, reports::Status::interrupted, &reports::Record::status);
  if (interrupted > 0)
    shell.note(fmt::format("{} of the cases were interrupted; `run --resume` measures them", interrupted));
  return ExitCode::ok;
}

}  // namespace

void add_merge(CLI::App& app, Shell& shell) {
  auto command = std::make_shared<MergeCommand>();
  CLI::App* sub = add_subcommand<MergeCommand>(app, shell, "merge", "joins shards and partial runs into one run",
                                               command, merge_runs);
  sub->add_option("files", command->files, "runs (JSON Lines)")->required()->type_name("FILE");
  sub->add_option("-o,--output", command->output, "file to write; - is standard output")->required()->type_name("FILE");
  sub->add_option("--prefer", command->prefer, "of two results of one case: first or newest (default: an error)")
      ->type_name("{first,newest}");
  sub->add_flag("--allow-mixed", command->allow_mixed, "join runs of different machines, builds or schemas");
  sub->add_flag("--force", command->force, "replace the output file");
}

}  // namespace attnscope::harness::cli
