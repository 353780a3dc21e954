#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <map>

#include "harness/cli/program.h"
#include "harness/cli/recorded_settings.h"
#include "harness/cli/shell.h"
#include "harness/cli/text_table.h"
#include "harness/plan/reproduction.h"
#include "reports/jsonl.h"
#include "reports/markdown.h"

namespace attnscope::harness::cli {

namespace {

using reports::Column;
using reports::Environment;
using reports::Record;

struct ReproOptions {
  std::string id, output;
  std::vector<std::string> files;
  bool run = false;
};

struct Found {
  std::string file;
  Record record;
  Environment environment;  // empty when the file has none of it
};

Environment environment_of(const reports::Run& run, const Record& record) {
  const auto found = std::ranges::find(run.environments, record.env_id, &Environment::env_id);
  return found == run.environments.end() ? Environment{} : *found;
}

// Every record whose case_id begins so; notes what was unreadable.
std::vector<Found> candidates(const ReproOptions& options, const Shell& shell) {
  std::vector<Found> found;
  for (const std::string& file : options.files) {
    const reports::LoadedRun loaded = reports::load_jsonl(file);
    for (const reports::ReadIssue& issue : loaded.issues)
      shell.note(fmt::format("{}:{}: {}", issue.path, issue.line, issue.message));
    for (const Record& record : loaded.run.records) {
      if (record.case_id.starts_with(options.id)) found.push_back({file, record, environment_of(loaded.run, record)});
    }
  }
  return found;
}

Found find_record(const ReproOptions& options, const Shell& shell) {
  if (options.id.empty()) throw UsageError("repro: the ID is empty; give a case_id or its beginning");
  std::vector<Found> found = candidates(options, shell);
  if (found.empty()) {
    throw NothingMatched(
        fmt::format("no record's case_id begins with '{}' in {}; `attnscope export FILE --format csv` "
                    "lists them",
                    options.id, options.files.size() == 1 ? options.files.front() : "these files"));
  }
  std::map<std::string, std::string> ids;  // and which case it is
  for (const Found& one : found) ids[one.record.case_id] = one.record.case_key;
  if (ids.size() > 1) {
    std::string text = fmt::format("'{}' is the beginning of {} cases; give more of it:", options.id, ids.size());
    for (const auto& [id, key] : ids) text += fmt::format("\n  {}  {}", id, key);
    throw UsageError(text);
  }
  auto newest = std::ranges::max_element(found, {}, [](const Found& one) { return one.record.started_at; });
  if (found.size() > 1)
    shell.note(fmt::format("{} records of this case; taking the newest, in {}", found.size(), newest->file));
  return std::move(*newest);
}

std::vector<std::string> arguments_of(const Found& found, const Shell& shell) {
  const auto seed = static_cast<std::uint64_t>(found.record.seed.value_or(1));
  std::vector<std::string> arguments = plan::reproduction_arguments(plan::recorded_case(found.record), seed);
  if (const auto settings = recorded_settings(found.environment)) {
    arguments.insert(arguments.end(), settings->begin(), settings->end());
  } else {
    shell.note("the file does not say how precisely it was measured; the settings are the defaults");
  }
  return arguments;
}

std::string fact(const Environment& environment, const char* pointer) {
  const nlohmann::json::json_pointer place(pointer);
  if (!environment.values.contains(place)) return "-";
  const auto& value = environment.values.at(place);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string value_text(const Record& record, const Column& column) {
  const auto value = reports::number(record, column);
  return value ? reports::format_quantity(*value, column.unit) : "-";
}

std::string ratio_text(const Record& before, const Record& now, const Column& column) {
  const auto a = reports::number(before, column), b = reports::number(now, column);
  if (!a || !b) return "";
  if (*a == *b) return "equal";
  return *a != 0 ? fmt::format("{:.3g}", *b / *a) : "";
}

// Where, by what and with which result; then every figure that has a better direction.
void write_both(const Found& before, const Found& now) {
  TextTable table({"", "recorded", "now", "now/recorded"});
  table.add({"started_at", before.record.started_at, now.record.started_at, ""});
  for (const auto& [name, pointer] :
       {std::pair{"host", "/host"}, std::pair{"cpu", "/cpu/model"}, std::pair{"git_commit", "/git_commit"}}) {
    table.add({name, fact(before.environment, pointer), fact(now.environment, pointer), ""});
  }
  table.add({"status", std::string(to_string(before.record.status)), std::string(to_string(now.record.status)), ""});
  for (const Column& column : reports::columns()) {
    if (column.better == reports::Better::none) continue;
    if (!reports::number(before.record, column) && !reports::number(now.record, column)) continue;
    table.add({std::string(column.name), value_text(before.record, column), value_text(now.record, column),
               ratio_text(before.record, now.record, column)});
  }
  table.write(std::cout);
}

// `run` itself, as if it had been typed.
ExitCode run_again(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "attnscope");
  std::vector<char*> argv;
  argv.reserve(arguments.size());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  return static_cast<ExitCode>(run_program(static_cast<int>(argv.size()), argv.data()));
}

ExitCode measure(const Found& before, std::vector<std::string> arguments, const ReproOptions& options,
                 const Shell& shell) {
  const std::string output =
      options.output.empty() ? fmt::format("repro-{}.jsonl", before.record.case_id) : options.output;
  shell.note(plan::command_line(arguments));
  arguments.insert(arguments.end(), {"-o", output, "--quiet"});
  const ExitCode code = run_again(std::move(arguments));
  if (code != ExitCode::ok && code != ExitCode::cases_failed) return code;
  const reports::Run run = reports::load_jsonl(output).run;
  const Record& now = run.records.at(0);
  if (run.records.size() != 1 || now.case_id != before.record.case_id)
    throw UsageError(fmt::format("{}: holds another case than {}", output, before.record.case_id));
  write_both(before, {output, now, environment_of(run, now)});
  return code;
}

ExitCode repro(const ReproOptions& options, const Shell& shell) {
  if (!options.run && !options.output.empty()) throw UsageError("-o FILE is what --run writes; give --run too");
  const Found found = find_record(options, shell);
  std::vector<std::string> arguments = arguments_of(found, shell);
  if (options.run) return measure(found, std::move(arguments), options, shell);
  std::cout << plan::command_line(arguments) << '\n';
  return ExitCode::ok;
}

}  // namespace

void add_repro(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<ReproOptions>();
  CLI::App* sub = add_subcommand<ReproOptions>(
      app, shell, "repro", "the command that measures a recorded case again, or that measurement", options, repro);
  sub->add_option("id", options->id, "case_id of the record, or its beginning")->required()->type_name("ID");
  sub->add_option("files", options->files, "runs (JSON Lines)")->required()->type_name("FILE");
  sub->add_flag("--run", options->run, "measure that case again and show both results");
  sub->add_option("-o,--output", options->output, "file that --run writes (default: repro-ID.jsonl)")
      ->type_name("FILE");
}

}  // namespace attnscope::harness::cli
