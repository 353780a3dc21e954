#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <map>

#include "harness/cli/forecast_records.h"
#include "harness/cli/run_settings.h"
#include "harness/cli/shell.h"
#include "harness/cli/sweep_options.h"
#include "harness/device/doctor.h"
#include "harness/device/memory.h"
#include "harness/plan/sweep.h"
#include "harness/schedule/json_progress.h"
#include "harness/schedule/schedule.h"
#include "harness/schedule/text_progress.h"
#include "reports/filter.h"
#include "reports/markdown.h"

namespace attnscope::harness::cli {

namespace {

using reports::Status;

struct RunOptions {
  SweepOptions sweep;
  std::string output, progress = "text";
  bool resume = false, force = false, dry_run = false, strict = false, profile = false, no_cupti = false;
  std::vector<std::string> tags;
  std::map<std::string, std::string> settings;  // by long name; a preset may give them too
};

std::int64_t whole_number(const std::string& text, std::string_view what, std::int64_t least) {
  const auto number = reports::parse_count(text);
  if (!number || *number < least)
    throw UsageError(fmt::format("{}: '{}' is not a whole number of at least {}", what, text, least));
  return *number;
}

bool parse_validate(const std::string& text) {
  if (text != "full" && text != "off") throw unknown_name("--validate", text, std::vector<std::string>{"full", "off"});
  return text == "full";
}

double fraction_below_one(const std::string& text, std::string_view what) {
  const double fraction = plan::parse_fraction(text, what);
  if (!(fraction > 0 && fraction < 1)) {
    throw UsageError(fmt::format("{}: '{}' is not between 0 and 100 % (examples: 95%, 0.99)", what, text));
  }
  return fraction;
}

int parse_rounds(const std::string& text) {
  constexpr std::int64_t most = 1000;
  const std::int64_t rounds = whole_number(text, "--rounds", 1);
  if (rounds > most) throw UsageError(fmt::format("--rounds: '{}' is more than {} processes per case", text, most));
  return static_cast<int>(rounds);
}

// Seconds between two measurements of the reference case; 0: none.
double parse_reference(const std::string& text) {
  return text == "off" ? 0 : plan::parse_duration(text, "--reference");
}

// Command line before preset before default.
schedule::Options resolve(const RunOptions& options, const std::map<std::string, std::string>& preset,
                          const Shell& shell) {
  std::map<std::string, std::string> value;
  for (const RunSetting& setting : run_settings()) value[setting.name] = setting.fallback;
  for (const auto& [name, text] : preset) value[name] = text;
  for (const auto& [name, text] : options.settings) {
    if (!text.empty()) value[name] = text;
  }
  schedule::Options result;
  result.resume = options.resume;
  result.ceilings = value["ceilings"];
  result.rounds = parse_rounds(value["rounds"]);
  result.reference_interval_s = parse_reference(value["reference"]);
  const std::string automatic = result.rounds > 1 ? "random" : "plan";
  result.order = plan::parse_order(value["order"] == "auto" ? automatic : value["order"]);
  result.timeout_s = plan::parse_duration(value["timeout"], "--timeout");
  measure::Settings& measure = result.settings;
  measure.seed = static_cast<std::uint64_t>(whole_number(value["seed"], "--seed", 0));
  measure.profile = options.profile;
  measure.cupti = !options.no_cupti;
  measure.validate = parse_validate(value["validate"]);
  measure.confidence = fraction_below_one(value["confidence"], "--confidence");
  measure.precision = plan::parse_fraction(value["precision"], "--precision");
  measure.min_samples = whole_number(value["min-samples"], "--min-samples", 1);
  measure.max_samples = whole_number(value["max-samples"], "--max-samples", 1);
  measure.min_time_s = plan::parse_duration(value["min-time"], "--min-time");
  measure.max_time_s = plan::parse_duration(value["max-time"], "--max-time");
  measure.min_sample_time_s = plan::parse_duration(value["min-sample-time"], "--min-sample-time");
  measure.warm_up = measure::parse_warm_up(value["warmup"]);
  measure.throttle_threshold = plan::parse_fraction(value["throttle-threshold"], "--throttle-threshold");
  measure.memory_limit_bytes = device::parse_memory_limit(value["mem-limit"]);
  measure.min_time_s = std::min(measure.min_time_s, measure.max_time_s);
  measure.min_samples = std::min(measure.min_samples, measure.max_samples);
  result.invocation = {shell.argv, measure.seed, device::make_uuid(), options.tags};
  return result;
}

std::filesystem::path default_output() {
  std::string stamp = device::utc_now();
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return "run-" + stamp + ".jsonl";
}

// A new file, an existing one with --resume, or none with --force.
void prepare_output(const RunOptions& options, const std::filesystem::path& path) {
  if (options.resume && options.force) throw UsageError("--resume and --force exclude each other");
  if (options.resume && options.output.empty()) throw UsageError("--resume needs -o FILE: the run to continue");
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    throw UsageError(fmt::format("{}: is a directory; -o takes a file", path.string()));
  const bool exists = std::filesystem::exists(path, error) && std::filesystem::file_size(path, error) > 0;
  if (exists && !options.resume && !options.force) {
    throw UsageError(
        fmt::format("{} exists; --resume continues it, --force replaces it, -o names another file", path.string()));
  }
  if (exists && options.force) std::filesystem::remove(path);
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
}

void require_fit_machine() {
  for (const device::Finding& finding : device::examine_machine()) {
    if (finding.fitness < device::Fitness::warning) continue;
    throw EnvironmentUnfit(fmt::format("--strict: {}: {} ({}); `attnscope doctor` shows all findings", finding.check,
                                       finding.found, finding.advice));
  }
}

bool failed(const reports::Record& record) {
  return record.status == Status::wrong || record.status == Status::crashed || record.status == Status::timeout ||
         record.status == Status::oom;
}

ExitCode exit_code_of(const schedule::Result& result) {
  if (result.stop_signal == SIGINT) return ExitCode::interrupted;
  if (result.stop_signal != 0) return ExitCode::terminated;
  return std::ranges::any_of(result.records, failed) ? ExitCode::cases_failed : ExitCode::ok;
}

ExitCode run_for_programs(std::vector<plan::PlannedCase> cases, const schedule::Options& options) {
  schedule::JsonProgress progress;
  const schedule::Result result = schedule::run_plan(std::move(cases), options, progress);
  const ExitCode code = exit_code_of(result);
  progress.end(static_cast<int>(code), result.records.size(), result.remark);
  return code;
}

ExitCode run_for_people(std::vector<plan::PlannedCase> cases, const schedule::Options& options, const Shell& shell) {
  const std::size_t planned = cases.size();
  schedule::TextProgress progress(shell.quiet);
  const schedule::Result result = schedule::run_plan(std::move(cases), options, progress);
  progress.clear();
  // Flushed before the note: both may go to one terminal or file.
  if (!shell.quiet) {
    reports::write_table(std::cout, result.records, reports::TableStyle::terminal);
    std::cout.flush();
  }
  std::string note = fmt::format("{} of {} cases in {}", result.records.size(), planned, options.output.string());
  if (result.resumed > 0) note += fmt::format(", {} of them from before", result.resumed);
  if (result.stop_signal != 0) note += "; stopped, continue with --resume";
  shell.note(note);
  if (!result.remark.empty()) shell.note(result.remark);
  return exit_code_of(result);
}

ExitCode run(const RunOptions& options, const Shell& shell) {
  const std::vector<std::string> forms{"text", "json"};
  if (std::ranges::find(forms, options.progress) == forms.end())
    throw unknown_name("--progress", options.progress, forms);
  SweepChoice choice = choose_sweep(options.sweep);
  schedule::Options schedule_options = resolve(options, choice.settings, shell);
  choice.request.seed = schedule_options.settings.seed;
  std::vector<plan::PlannedCase> cases = plan::make_plan(choice.request);
  if (options.dry_run) {
    write_forecast_table(std::cout, forecast_records(cases, schedule_options.settings.memory_limit_bytes));
    return ExitCode::ok;
  }
  if (options.strict) require_fit_machine();
  schedule_options.output = options.output.empty() ? default_output() : std::filesystem::path(options.output);
  prepare_output(options, schedule_options.output);
  if (options.progress == "json") return run_for_programs(std::move(cases), schedule_options);
  return run_for_people(std::move(cases), schedule_options, shell);
}

}  // namespace

void add_run(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* sub = add_subcommand<RunOptions>(app, shell, "run", "validates and measures a sweep, one process per case",
                                             options, run);
  add_sweep_options(*sub, options->sweep);
  sub->add_option("-o,--output", options->output, "JSON Lines file, one record per case (default: run-DATE.jsonl)")
      ->type_name("FILE");
  sub->add_flag("--resume", options->resume, "continue that file: run only what is missing");
  sub->add_flag("--force", options->force, "replace that file");
  sub->add_flag("--profile", options->profile,
                "also keep the time per op and the memory pool over time; `export --format profile|trace`");
  sub->add_flag("--no-cupti", options->no_cupti,
                "neither trace nor count on GPUs: for runs under ncu, nsys or compute-sanitizer");
  sub->add_flag("--strict", options->strict,
                "refuse to measure (exit 5) when `attnscope doctor` has a warning or worse");
  sub->add_flag("--dry-run", options->dry_run, "print the cases with predicted FLOPs and peak memory, run nothing");
  sub->add_option("--progress", options->progress,
                  "text on standard error, or json: events as JSON Lines on standard output [text]")
      ->type_name("{text,json}");
  sub->add_option("--tag", options->tags, "KEY=VALUE kept in the environment record")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  for (const RunSetting& setting : run_settings()) {
    sub->add_option(fmt::format("--{}", setting.name), options->settings[setting.name],
                    fmt::format("{} [{}]", setting.meaning, setting.fallback))
        ->type_name("VALUE");
  }
}

}  // namespace attnscope::harness::cli
