#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <sstream>

#include "harness/cli/google_benchmark_json.h"
#include "harness/cli/shell.h"
#include "reports/csv.h"
#include "reports/filter.h"
#include "reports/html.h"
#include "reports/jsonl.h"
#include "reports/markdown.h"
#include "reports/profile.h"

namespace attnscope::harness::cli {

namespace {

struct ExportOptions {
  std::string file, format, output, filter;
};

std::string json_text(const reports::Run& run, const std::vector<reports::Record>& records) {
  nlohmann::json document = {{"environments", nlohmann::json::array()}, {"records", nlohmann::json::array()}};
  for (const reports::Environment& environment : run.environments)
    document["environments"].push_back(reports::to_json(environment));
  for (const reports::Record& record : records) document["records"].push_back(reports::to_json(record));
  return document.dump(2) + "\n";
}

std::string rendered(const std::string& format, const reports::Run& run, const std::vector<reports::Record>& records) {
  std::ostringstream text;
  if (format == "csv") {
    reports::write_csv(text, records);
  } else if (format == "md") {
    reports::write_table(text, records, reports::TableStyle::markdown);
  } else if (format == "profile") {
    reports::write_profile_tables(text, records);
  } else if (format == "trace") {
    text << reports::to_trace(records).dump() << '\n';
  } else if (format == "html") {
    text << reports::to_html(run, records, reports::find_model_cards());
  } else if (format == "json") {
    text << json_text(run, records);
  } else {
    text << to_google_benchmark(run.environments.empty() ? nullptr : &run.environments.front(), records).dump(2)
         << '\n';
  }
  return text.str();
}

ExitCode export_run(const ExportOptions& options, const Shell& shell) {
  const std::vector<std::string> formats{"csv", "json", "md", "html", "gbench", "profile", "trace"};
  if (std::ranges::find(formats, options.format) == formats.end())
    throw unknown_name("format", options.format, formats);
  const reports::Filter filter = reports::Filter::parse(options.filter);
  const reports::LoadedRun loaded = reports::load_jsonl(options.file);
  for (const reports::ReadIssue& issue : loaded.issues)
    shell.note(fmt::format("{}:{}: {}", issue.path, issue.line, issue.message));
  std::vector<reports::Record> records;
  for (const reports::Record& record : loaded.run.records) {
    if (filter.matches(record)) records.push_back(record);
  }
  if (records.empty()) {
    throw NothingMatched(options.filter.empty()
                             ? fmt::format("{} holds no case", options.file)
                             : fmt::format("no case of {} matches '{}'", options.file, options.filter));
  }
  const bool needs_profile = options.format == "profile" || options.format == "trace";
  if (needs_profile &&
      std::ranges::none_of(records, [](const auto& record) { return profile_of(record).has_value(); })) {
    throw NothingMatched(fmt::format("{} holds no profile; measure with `attnscope run --profile`", options.file));
  }
  const std::string text = rendered(options.format, loaded.run, records);
  if (options.output.empty() || options.output == "-") {
    std::cout << text;
    return ExitCode::ok;
  }
  std::ofstream file(options.output, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw UsageError(fmt::format("{}: cannot be written", options.output));
  shell.note(fmt::format("{} cases in {}", records.size(), options.output));
  return ExitCode::ok;
}

}  // namespace

void add_export(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* sub = add_subcommand<ExportOptions>(app, shell, "export", "a run in another format", options, export_run);
  sub->add_option("file", options->file, "a run (JSON Lines)")->required();
  sub->add_option(
         "--format", options->format,
         "csv, json, md (Markdown table), html (one page with figures), gbench (Google Benchmark JSON), profile (time "
         "per op) or trace (Chrome, Perfetto)")
      ->required();
  sub->add_option("-o,--output", options->output, "file to write (default: standard output)");
  sub->add_option("--filter", options->filter, "only cases that match, as in 'variant:flash n:>=4k'");
}

}  // namespace attnscope::harness::cli
