#include <fmt/format.h>
#include <iostream>
#include <limits>

#include "harness/cli/forecast_records.h"
#include "harness/cli/shell.h"
#include "harness/cli/sweep_options.h"
#include "harness/device/memory.h"
#include "reports/csv.h"
#include "reports/jsonl.h"

namespace attnscope::harness::cli {

namespace {

struct PredictOptions {
  SweepOptions sweep;
  std::string format = "table", memory_limit;
};

ExitCode predict(const PredictOptions& options, const Shell&) {
  const std::vector<std::string> formats{"table", "csv", "json"};
  if (std::ranges::find(formats, options.format) == formats.end())
    throw unknown_name("format", options.format, formats);
  const auto cases = plan::make_plan(choose_sweep(options.sweep).request);
  const std::int64_t limit = options.memory_limit.empty() ? std::numeric_limits<std::int64_t>::max()
                                                          : device::parse_memory_limit(options.memory_limit);
  const auto records = forecast_records(cases, limit);
  if (options.format == "csv") {
    reports::write_csv(std::cout, records);
  } else if (options.format == "json") {
    nlohmann::json list = nlohmann::json::array();
    for (const reports::Record& record : records) list.push_back(reports::to_json(record));
    std::cout << list.dump(2) << '\n';
  } else {
    write_forecast_table(std::cout, records);
  }
  return ExitCode::ok;
}

}  // namespace

void add_predict(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<PredictOptions>();
  CLI::App* sub = add_subcommand<PredictOptions>(
      app, shell, "predict", "exact FLOPs, bytes and peak memory of a sweep, without running it", options, predict);
  add_sweep_options(*sub, options->sweep);
  sub->add_option("--format", options->format, "table, csv or json")->type_name("{table,csv,json}");
  sub->add_option("--mem-limit", options->memory_limit, "mark cases that need more as oom_predicted (80%, 4g)")
      ->type_name("VALUE");
}

}  // namespace attnscope::harness::cli
