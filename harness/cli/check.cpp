#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/check/checks.h"
#include "harness/cli/shell.h"
#include "harness/cli/text_table.h"
#include "harness/plan/selection.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::cli {

namespace {

using check::Outcome;
using check::Verdict;

struct CheckOptions {
  std::vector<std::string> variants;
  bool all = false, json = false;
};

std::string cell(const Outcome& outcome) {
  switch (outcome.verdict) {
    case Verdict::passed:
      return outcome.error > 0 ? fmt::format("ok {:.1e}", outcome.error) : "ok";
    case Verdict::failed:
      return "FAILED";
    case Verdict::not_applicable:
      break;
  }
  return "-";
}

nlohmann::json to_json(const std::string& variant, const Outcome& outcome) {
  const char* verdict = outcome.verdict == Verdict::passed   ? "passed"
                        : outcome.verdict == Verdict::failed ? "failed"
                                                             : "not applicable";
  return {{"variant", variant},
          {"check", outcome.check},
          {"verdict", verdict},
          {"error", outcome.error},
          {"detail", outcome.detail}};
}

ExitCode run_checks(const CheckOptions& options, const Shell& shell) {
  if (options.all && !options.variants.empty()) throw UsageError("check: give variants or --all, not both");
  const auto names = options.variants.empty() ? attention::all_names() : plan::select_variants(options.variants);
  std::vector<std::string> header{"variant"};
  header.insert(header.end(), check::check_names().begin(), check::check_names().end());
  TextTable table(header);
  nlohmann::json objects = nlohmann::json::array();
  std::vector<std::string> failures;
  for (const std::string& name : names) {
    shell.note("checking " + name);
    std::vector<std::string> row{name};
    for (const Outcome& outcome : check::check_variant(*attention::make_variant(name))) {
      row.push_back(cell(outcome));
      objects.push_back(to_json(name, outcome));
      if (outcome.verdict == Verdict::failed) {
        failures.push_back(fmt::format("{} {}: {}", name, outcome.check, outcome.detail));
      }
    }
    table.add(std::move(row));
  }
  if (options.json) {
    std::cout << objects.dump(2) << '\n';
  } else {
    table.write(std::cout);
    for (const std::string& failure : failures) std::cout << failure << '\n';
  }
  return failures.empty() ? ExitCode::ok : ExitCode::verification_failed;
}

}  // namespace

void add_check(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* sub = add_subcommand<CheckOptions>(
      app, shell, "check", "verifies variants: results, gradients, masks, cost formulas, predicted memory", options,
      run_checks);
  sub->add_option("variants", options->variants, "names or patterns (default: all)")->type_name("VARIANT");
  sub->add_flag("--all", options->all, "every variant");
  sub->add_flag("--json", options->json, "a JSON array, one object per variant and check");
}

}  // namespace attnscope::harness::cli
