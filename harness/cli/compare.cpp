#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <iostream>
#include <memory>

#include "harness/cli/live_options.h"
#include "harness/cli/run_files.h"
#include "harness/cli/shell.h"
#include "harness/cli/sweep_options.h"
#include "harness/device/environment.h"
#include "harness/plan/sweep.h"
#include "harness/schedule/text_progress.h"
#include "harness/worker/child_process.h"
#include "reports/comparison_report.h"
#include "reports/jsonl.h"
#include "reports/metric.h"
#include "reports/pool.h"

namespace attnscope::harness::cli {

namespace {

struct CompareOptions {
  std::vector<std::string> files;
  std::string filter, metric = "time_median_ns", format = "table", output;
  std::string confidence = "0.95", min_effect = "1%";
  bool live = false;
  std::string rounds = "auto";
  std::size_t max_rounds = 160;
  SweepOptions sweep;
  LiveOptions measuring;
};

// The numbers of rounds after which the verdicts are looked at.
std::vector<std::size_t> looks_of(const CompareOptions& options) {
  constexpr std::size_t least = 2;  // to know how processes differ
  if (options.rounds == "auto") {
    if (options.max_rounds >= least) return live::doubling_looks(options.max_rounds);
    throw UsageError("--max-rounds: expected at least 2, to know how processes differ");
  }
  const auto rounds = reports::parse_count(options.rounds);
  if (!rounds || *rounds < static_cast<std::int64_t>(least)) {
    throw UsageError(fmt::format("--rounds: '{}' is neither auto nor a whole number of at least 2", options.rounds));
  }
  return {static_cast<std::size_t>(*rounds)};
}

const reports::Column* find_metric(const std::string& name) {
  const auto names = reports::metric_names();
  if (std::ranges::find(names, name) == names.end()) throw unknown_name("metric", name, names);
  return reports::find_column(name);
}

reports::ComparisonSettings comparison_settings(const CompareOptions& options) {
  reports::ComparisonSettings settings;
  settings.metric = find_metric(options.metric);
  settings.confidence = plan::parse_fraction(options.confidence, "--confidence");
  if (!(settings.confidence > 0 && settings.confidence < 1)) {
    throw UsageError(fmt::format("--confidence: '{}' does not lie between 0 and 1; try 0.95", options.confidence));
  }
  settings.min_effect = plan::parse_fraction(options.min_effect, "--min-effect");
  if (!(settings.min_effect >= 0)) throw UsageError("--min-effect: expected a fraction of at least 0, such as 1%");
  settings.paired = options.live;
  if (options.live) settings.looks = looks_of(options).size();
  return settings;
}

reports::ComparisonReport report_on(const std::vector<reports::Run>& runs, const std::vector<std::string>& names,
                                    const reports::ComparisonSettings& settings) {
  std::vector<const reports::Run*> pointers;
  for (const reports::Run& run : runs) pointers.push_back(&run);
  reports::ComparisonReport report{names, environment_differences(pointers), {}, reference_notes(names, pointers)};
  for (std::size_t i = 1; i < runs.size(); ++i) {
    report.comparisons.push_back(compare(runs[0].records, runs[i].records, settings));
  }
  return report;
}

void print(const reports::ComparisonReport& report, const std::string& format) {
  if (format == "json") {
    std::cout << to_json(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  } else {
    write_comparison(std::cout, report, format == "md" ? reports::TableStyle::markdown : reports::TableStyle::terminal);
  }
}

// The processes of one case as one record: that of the failure, if there was one.
reports::Record one_record(const std::vector<reports::Record>& rounds) {
  const auto failed = std::ranges::find_if(rounds, [](const auto& r) { return !has_measurement(r.status); });
  return failed != rounds.end() ? *failed : reports::pool_processes(rounds);
}

// Whether the case is decided for every program against the first.
bool is_decided(const live::Rounds& rounds, const reports::ComparisonSettings& settings) {
  const reports::Record base = one_record(rounds.front());
  return std::all_of(rounds.begin() + 1, rounds.end(), [&](const auto& of_program) {
    const reports::Record other = one_record(of_program);
    return compare(std::span(&base, 1), std::span(&other, 1), settings).cases.front().verdict !=
           reports::Verdict::unclear;
  });
}

// Both runs as they grow: in memory for the comparison, and on the disk when -o asks for it.
class LiveRuns {
 public:
  LiveRuns(const CompareOptions& options, std::uint64_t seed, const Shell& shell) : runs_(options.files.size()) {
    for (std::size_t i = 0; i < options.files.size(); ++i) {
      run_ids_.push_back(device::make_uuid());
      runs_[i].environments.push_back(live::environment_of(options.files[i], {shell.argv, seed, run_ids_[i], {}}));
      if (options.output.empty()) continue;
      runs_[i].path = fmt::format("{}-{}.jsonl", options.output, static_cast<char>('a' + i));
      writers_.push_back(std::make_unique<reports::JsonlWriter>(runs_[i].path, reports::JsonlWriter::Open::create));
      writers_.back()->append(runs_[i].environments.front());
    }
  }

  void append(std::size_t program, reports::Record record) {
    record.run_id = run_ids_[program];
    record.env_id = runs_[program].environments.front().env_id;
    record.order_index = static_cast<std::int64_t>(runs_[program].records.size());
    if (!writers_.empty()) writers_[program]->append(record);
    runs_[program].records.push_back(std::move(record));
  }

  const std::vector<reports::Run>& runs() const { return runs_; }

 private:
  std::vector<reports::Run> runs_;
  std::vector<std::string> run_ids_;
  std::vector<std::unique_ptr<reports::JsonlWriter>> writers_;
};

ExitCode compare_live(const CompareOptions& options, const Shell& shell) {
  const reports::ComparisonSettings settings = comparison_settings(options);
  live::Options live = resolve(options.measuring);
  live.looks = looks_of(options);
  plan::Request request = choose_sweep(options.sweep).request;
  request.seed = live.settings.seed;
  const auto cases = plan::make_plan(request);
  LiveRuns runs(options, live.settings.seed, shell);
  worker::catch_stop_signals();
  for (std::size_t i = 0; i < cases.size() && worker::stop_requested() == 0; ++i) {
    const auto records = live::measure_in_turns(
        options.files, cases[i], live, [&](const live::Rounds& rounds) { return is_decided(rounds, settings); });
    if (worker::stop_requested() != 0) break;
    for (std::size_t program = 0; program < records.size(); ++program) {
      reports::Record record = one_record(records[program]);
      shell.note(fmt::format("[{}/{}] {}: {}", i + 1, cases.size(), options.files[program],
                             schedule::result_line(plan::short_name(cases[i].c), record)));
      runs.append(program, std::move(record));
    }
  }
  if (!runs.runs().front().records.empty()) {
    print(report_on(runs.runs(), short_names(options.files), settings), options.format);
  }
  if (worker::stop_requested() == 0) return ExitCode::ok;
  return worker::stop_requested() == SIGINT ? ExitCode::interrupted : ExitCode::terminated;
}

ExitCode compare_files(const CompareOptions& options, const Shell& shell) {
  const reports::ComparisonSettings settings = comparison_settings(options);
  const reports::Filter filter = reports::Filter::parse(options.filter);
  std::vector<reports::Run> runs;
  for (const std::string& file : options.files) {
    runs.push_back(read_run(file, filter, shell));
    runs.back().records = reports::one_record_per_case(runs.back().records);
  }
  print(report_on(runs, short_names(options.files), settings), options.format);
  return ExitCode::ok;
}

ExitCode compare_runs(const CompareOptions& options, const Shell& shell) {
  const std::vector<std::string> formats{"table", "md", "json"};
  if (std::ranges::find(formats, options.format) == formats.end()) {
    throw unknown_name("format", options.format, formats);
  }
  if (options.files.size() < 2) {
    throw UsageError(
        fmt::format("one {} given; expected two or more to compare", options.live ? "executable" : "file"));
  }
  if (options.live) return compare_live(options, shell);
  if (!options.output.empty()) throw UsageError("-o keeps the runs of --live; redirect standard output for a table");
  return compare_files(options, shell);
}

}  // namespace

void add_compare(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* sub =
      add_subcommand<CompareOptions>(app, shell, "compare", "two or more runs, case by case", options, compare_runs);
  sub->add_option("file", options->files, "runs (JSON Lines), the base first; with --live: attnscope executables")
      ->required();
  sub->add_option("--filter", options->filter, "only cases that match, as in 'variant:flash n:>=4k'");
  sub->add_option("--metric", options->metric, "column to compare [time_median_ns]");
  sub->add_option("--format", options->format, "table, md or json [table]");
  sub->add_option("--confidence", options->confidence, "of the intervals of the ratios [0.95]");
  sub->add_option("--min-effect", options->min_effect, "smallest change that matters; less is the same [1%]");
  sub->add_flag("--live", options->live, "measure executables now, in turns, instead of reading files");
  sub->add_option("--rounds", options->rounds,
                  "with --live: processes per case and executable; auto: until the verdict is clear [auto]");
  sub->add_option("--max-rounds", options->max_rounds, "at most, with --rounds auto [160]");
  sub->add_option("-o,--output", options->output, "with --live: keep the runs as NAME-a.jsonl, NAME-b.jsonl, …");
  add_sweep_options(*sub, options->sweep);
  // Processes differ by more than the samples of one do: many short ones tell more in the same time.
  add_live_options(*sub, options->measuring, {{"precision", "5%"}, {"min-time", "20ms"}, {"max-time", "2"}});
}

}  // namespace attnscope::harness::cli
