#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <sstream>

#include "harness/cli/shell.h"
#include "harness/plan/sweep.h"
#include "reports/bencher.h"
#include "reports/csv.h"
#include "reports/filter.h"
#include "reports/github_action_benchmark.h"
#include "reports/google_benchmark_json.h"
#include "reports/html.h"
#include "reports/jsonl.h"
#include "reports/markdown.h"
#include "reports/profile.h"
#include "reports/samples_csv.h"

namespace attnscope::harness::cli {

namespace {

using reports::Better;
using reports::Column;
using reports::Record;

struct ExportOptions {
  std::string file, format, output, filter;
  std::string columns = "time_median_ns,peak_memory_bytes";
  bool samples = false;
};

// What is exported, chosen and read.
struct Selection {
  reports::Run run;
  std::vector<Record> records;
  std::vector<const Column*> metrics;
  bool samples;
};

std::string csv(const Selection& selection) {
  std::ostringstream text;
  if (selection.samples) {
    reports::write_samples_csv(text, selection.records);
  } else {
    reports::write_csv(text, selection.records);
  }
  return text.str();
}

std::string json(const Selection& selection) {
  nlohmann::json document = {{"environments", nlohmann::json::array()}, {"records", nlohmann::json::array()}};
  for (const reports::Environment& environment : selection.run.environments)
    document["environments"].push_back(reports::to_json(environment));
  for (const Record& record : selection.records) document["records"].push_back(reports::to_json(record));
  return document.dump(2) + "\n";
}

std::string markdown(const Selection& selection) {
  std::ostringstream text;
  reports::write_table(text, selection.records, reports::TableStyle::markdown);
  return text.str();
}

std::string google_benchmark(const Selection& selection) {
  const auto& environments = selection.run.environments;
  const auto repetitions = selection.samples ? reports::Repetitions::samples : reports::Repetitions::summary;
  return reports::to_google_benchmark(environments.empty() ? nullptr : &environments.front(), selection.records,
                                      repetitions)
             .dump(2) +
         "\n";
}

std::string github_action_benchmark(const Selection& selection) {
  const auto direction = [](const Column* column) { return column->better == Better::higher; };
  const auto& metrics = selection.metrics;
  const auto other = std::ranges::find(metrics, !direction(metrics.front()), direction);
  if (other != metrics.end()) {
    throw UsageError(
        fmt::format("--columns: {} and {} are better in opposite directions, and github-action-benchmark takes one "
                    "direction a file; export them apart",
                    metrics.front()->name, (*other)->name));
  }
  return reports::to_github_action_benchmark(selection.records, metrics).dump(2) + "\n";
}

std::string bencher(const Selection& selection) {
  return reports::to_bencher(selection.records, selection.metrics).dump(2) + "\n";
}

std::string profile(const Selection& selection) {
  std::ostringstream text;
  reports::write_profile_tables(text, selection.records);
  return text.str();
}

std::string html(const Selection& selection) {
  return reports::to_html(selection.run, selection.records, reports::find_model_cards());
}

std::string trace(const Selection& selection) { return reports::to_trace(selection.records).dump() + "\n"; }

// What a case must have to be in the file.
enum class Needs { nothing, time, profile };

struct Format {
  const char* name;
  bool takes_samples;
  Needs needs;
  std::string (*render)(const Selection&);
};
constexpr std::array formats{
    Format{"csv", true, Needs::nothing, csv},
    Format{"json", false, Needs::nothing, json},
    Format{"md", false, Needs::nothing, markdown},
    Format{"html", false, Needs::nothing, html},
    Format{"gbench", true, Needs::time, google_benchmark},
    Format{"github", false, Needs::time, github_action_benchmark},
    Format{"bencher", false, Needs::time, bencher},
    Format{"profile", false, Needs::profile, profile},
    Format{"trace", false, Needs::profile, trace},
};

const Format& find_format(const std::string& name) {
  const auto found = std::ranges::find(formats, name, &Format::name);
  if (found != formats.end()) return *found;
  std::vector<std::string> names;
  for (const Format& format : formats) names.emplace_back(format.name);
  throw unknown_name("format", name, names);
}

std::vector<const Column*> parse_columns(const std::string& list) {
  std::vector<const Column*> chosen;
  for (const std::string& name : plan::split(list, ',')) {
    const Column* column = reports::find_column(name);
    if (column == nullptr || column->better == Better::none) {
      std::vector<std::string> known;
      for (const Column& candidate : reports::columns()) {
        if (candidate.better != Better::none) known.emplace_back(candidate.name);
      }
      throw unknown_name("figure", name, known);
    }
    chosen.push_back(column);
  }
  return chosen;
}

Selection select(const ExportOptions& options, const Shell& shell) {
  const reports::Filter filter = reports::Filter::parse(options.filter);
  Selection selection{{}, {}, parse_columns(options.columns), options.samples};
  reports::LoadedRun loaded = reports::load_jsonl(options.file);
  for (const reports::ReadIssue& issue : loaded.issues)
    shell.note(fmt::format("{}:{}: {}", issue.path, issue.line, issue.message));
  selection.run = std::move(loaded.run);
  for (const Record& record : selection.run.records) {
    if (filter.matches(record)) selection.records.push_back(record);
  }
  if (selection.records.empty()) {
    throw NothingMatched(options.filter.empty()
                             ? fmt::format("{} holds no case", options.file)
                             : fmt::format("no case of {} matches '{}'", options.file, options.filter));
  }
  return selection;
}

bool has(Needs needs, const Record& record) {
  switch (needs) {
    case Needs::nothing:
      return true;
    case Needs::time:
      return has_measurement(record.status) && record.time_median_ns;
    case Needs::profile:
      return reports::profile_of(record).has_value();
  }
  return true;
}

void note_left_out(const Format& format, const Selection& selection, const ExportOptions& options, const Shell& shell) {
  const auto all = std::ssize(selection.records);
  const auto with = std::ranges::count_if(selection.records, [&](const Record& r) { return has(format.needs, r); });
  if (format.needs == Needs::profile && with == 0) {
    throw NothingMatched(fmt::format("{} holds no profile; measure with `attnscope run --profile`", options.file));
  }
  if (with < all) {
    shell.note(fmt::format("{} cases without a {} are left out", all - with,
                           format.needs == Needs::profile ? "profile" : "time"));
  }
}

ExitCode export_run(const ExportOptions& options, const Shell& shell) {
  const Format& format = find_format(options.format);
  if (options.samples && !format.takes_samples)
    throw UsageError(fmt::format("--samples: format {} has no samples; csv and gbench have", options.format));
  const Selection selection = select(options, shell);
  note_left_out(format, selection, options, shell);
  const std::string text = format.render(selection);
  if (options.output.empty() || options.output == "-") {
    std::cout << text;
    return ExitCode::ok;
  }
  std::ofstream file(options.output, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw UsageError(fmt::format("{}: cannot be written", options.output));
  shell.note(fmt::format("{} cases in {}", selection.records.size(), options.output));
  return ExitCode::ok;
}

}  // namespace

void add_export(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* sub = add_subcommand<ExportOptions>(app, shell, "export", "a run in another format", options, export_run);
  sub->add_option("file", options->file, "a run (JSON Lines)")->required()->type_name("FILE");
  sub->add_option("--format", options->format,
                  "csv, json, md (Markdown table), html (one page with figures), gbench (Google Benchmark), github "
                  "(github-action-benchmark), "
                  "bencher (bencher.dev), profile (time per op) or trace (Chrome, Perfetto)")
      ->required()
      ->type_name("{csv,json,md,html,gbench,github,bencher,profile,trace}");
  sub->add_option("-o,--output", options->output, "file to write (default: standard output)")->type_name("FILE");
  sub->add_option("--filter", options->filter, "only cases that match, as in 'variant:flash n:>=4k'")
      ->type_name("FILTER");
  sub->add_flag("--samples", options->samples,
                "every timing sample: csv has a row, gbench a repetition for each of them");
  sub->add_option("--columns", options->columns,
                  "figures of github and bencher, comma-separated [time_median_ns,peak_memory_bytes]")
      ->type_name("COLUMNS");
}

}  // namespace attnscope::harness::cli
