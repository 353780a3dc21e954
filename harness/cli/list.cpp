#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <map>

#include "harness/cli/run_settings.h"
#include "harness/cli/shell.h"
#include "harness/cli/sweep_options.h"
#include "harness/cli/text_table.h"
#include "harness/device/devices.h"
#include "harness/plan/axes.h"
#include "harness/plan/preset.h"
#include "reports/markdown.h"
#include "reports/record.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::cli {

namespace {

struct ListOptions {
  std::string what;
  bool json = false;
  SweepOptions sweep;
};

// A table whose rows are also JSON objects with the headers as keys.
struct Listing {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::vector<nlohmann::json> details = {};  // per row: what JSON says beside the texts; none or one for each row
};

Listing variants(const ListOptions&) {
  Listing listing{{"variant", "title", "year", "class", "complexity", "family", "arxiv", "causal"}, {}};
  for (const std::string& name : attention::all_names()) {
    const auto variant = attention::make_variant(name);
    const attention::VariantInfo info = variant->info();
    attention::Problem causal;
    causal.causal = true;
    listing.rows.push_back({name, info.title, std::to_string(info.year), info.peer ? "peer" : info.survey_class,
                            info.complexity, info.family, info.arxiv, variant->refusal(causal) ? "no" : "yes"});
    listing.details.push_back({{"peer", info.peer}});
  }
  return listing;
}

Listing devices(const ListOptions&) {
  Listing listing{{"device", "available", "dtypes", "description"}, {}};
  for (const device::Device& d : device::devices()) {
    listing.rows.push_back({d.name, d.available ? "yes" : "no", d.dtypes, d.description});
  }
  return listing;
}

Listing presets(const ListOptions&) {
  Listing listing{{"preset", "title", "file"}, {}};
  for (const plan::Preset& preset : plan::all_presets()) {
    listing.rows.push_back({preset.name, preset.title, preset.path.string()});
  }
  return listing;
}

Listing axes(const ListOptions&) {
  static const std::map<plan::Axis::Kind, const char*> kinds{
      {plan::Axis::Kind::count, "count"}, {plan::Axis::Kind::flag, "flag"}, {plan::Axis::Kind::word, "word"}};
  Listing listing{{"axis", "default", "values", "meaning"}, {}};
  for (const plan::Axis& axis : plan::axes()) {
    const std::string values = axis.kind == plan::Axis::Kind::count  ? "a whole number"
                               : axis.kind == plan::Axis::Kind::flag ? "0, 1"
                                                                     : fmt::format("{}", fmt::join(axis.words, ", "));
    listing.rows.push_back({axis.name, axis.default_value, values, axis.meaning});
    listing.details.push_back({{"kind", kinds.at(axis.kind)}, {"words", axis.words}});
  }
  return listing;
}

Listing settings(const ListOptions&) {
  Listing listing{{"setting", "default", "meaning"}, {}};
  for (const RunSetting& setting : run_settings())
    listing.rows.push_back({setting.name, setting.fallback, setting.meaning});
  return listing;
}

// The dictionary of a record: what each column of the CSV and each field of the JSON Lines means.
Listing columns(const ListOptions&) {
  static const std::map<reports::Better, const char*> better{{reports::Better::none, ""},
                                                             {reports::Better::lower, "lower"},
                                                             {reports::Better::higher, "higher"},
                                                             {reports::Better::exact, "exact"}};
  Listing listing{{"column", "unit", "better", "meaning"}, {}};
  for (const reports::Column& column : reports::columns()) {
    listing.rows.push_back({std::string(column.name), std::string(unit_symbol(column.unit)), better.at(column.better),
                            std::string(column.meaning)});
  }
  return listing;
}

Listing cases(const ListOptions& options) {
  Listing listing{{"id", "status", "case"}, {}};
  for (const plan::PlannedCase& planned : plan::make_plan(choose_sweep(options.sweep).request)) {
    std::string status = planned.status ? std::string(to_string(*planned.status)) : "planned";
    listing.rows.push_back({plan::id(planned.c), std::move(status), plan::key(planned.c)});
  }
  return listing;
}

ExitCode list(const ListOptions& options, const Shell&) {
  static const std::map<std::string, Listing (*)(const ListOptions&)> kinds{
      {"variants", variants}, {"devices", devices}, {"presets", presets}, {"axes", axes},
      {"settings", settings}, {"columns", columns}, {"cases", cases}};
  const auto kind = kinds.find(options.what);
  if (kind == kinds.end()) {
    throw unknown_name(
        "list", options.what,
        std::vector<std::string>{"variants", "devices", "presets", "axes", "settings", "columns", "cases"});
  }
  const Listing listing = kind->second(options);
  if (options.json) {
    nlohmann::json objects = nlohmann::json::array();
    for (std::size_t row = 0; row < listing.rows.size(); ++row) {
      nlohmann::json object = listing.details.empty() ? nlohmann::json::object() : listing.details[row];
      for (std::size_t i = 0; i < listing.header.size(); ++i) object[listing.header[i]] = listing.rows[row][i];
      objects.push_back(std::move(object));
    }
    std::cout << objects.dump(2) << '\n';
    return ExitCode::ok;
  }
  TextTable table(listing.header);
  for (const auto& row : listing.rows) table.add(row);
  table.write(std::cout);
  return ExitCode::ok;
}

}  // namespace

void add_list(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* sub = add_subcommand<ListOptions>(
      app, shell, "list", "shows variants, devices, presets, axes, settings, columns or cases", options, list);
  sub->add_option("what", options->what, "variants, devices, presets, axes, settings, columns or cases")
      ->required()
      ->type_name("{variants,devices,presets,axes,settings,columns,cases}");
  sub->add_flag("--json", options->json, "a JSON array");
  add_sweep_options(*sub, options->sweep);
}

}  // namespace attnscope::harness::cli
