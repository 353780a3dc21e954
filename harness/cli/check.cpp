#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/check/checks.h"
#include "harness/cli/shell.h"
#include "harness/cli/text_table.h"
#include "harness/device/devices.h"
#include "harness/plan/selection.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::cli {

namespace {

using check::Outcome;
using check::Verdict;

struct CheckOptions {
  std::vector<std::string> variants;
  std::string device = "cpu", dtype = "f32";
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
  return outcome.remark.empty() ? "-" : "?";
}

nlohmann::json to_json(const std::string& variant, const Outcome& outcome) {
  const char* verdict = outcome.verdict == Verdict::passed   ? "passed"
                        : outcome.verdict == Verdict::failed ? "failed"
                                                             : "not applicable";
  return {{"variant", variant},     {"check", outcome.check},   {"verdict", verdict},
          {"error", outcome.error}, {"detail", outcome.detail}, {"remark", outcome.remark}};
}

// One row per variant, written as soon as it is known: a check that is stopped has said what it found.
class Report {
 public:
  Report(const std::vector<std::string>& names, bool json) : json_(json) {
    std::vector<std::string> header{"variant"};
    header.insert(header.end(), check::check_names().begin(), check::check_names().end());
    for (const std::string& title : header) widths_.push_back(std::max(shown_width(title), sizeof "ok 1.0e-10" - 1));
    for (const std::string& name : names) widths_.front() = std::max(widths_.front(), shown_width(name));
    write(header);
  }

  void add(const std::string& name, const std::vector<Outcome>& outcomes) {
    std::vector<std::string> row{name};
    for (const Outcome& outcome : outcomes) {
      row.push_back(cell(outcome));
      objects_.push_back(to_json(name, outcome));
      failed_ |= outcome.verdict == Verdict::failed;
      for (const std::string& text : {outcome.detail, outcome.remark}) {
        if (!text.empty()) notes_.push_back(fmt::format("{} {}: {}", name, outcome.check, text));
      }
    }
    write(row);
  }

  ExitCode finish() const {
    if (json_) {
      std::cout << objects_.dump(2) << '\n';
    } else {
      for (const std::string& note : notes_) std::cout << note << '\n';
    }
    return failed_ ? ExitCode::verification_failed : ExitCode::ok;
  }

 private:
  void write(const std::vector<std::string>& row) const {
    if (!json_) std::cout << table_line(row, widths_) << std::endl;
  }

  bool json_, failed_ = false;
  std::vector<std::size_t> widths_;
  std::vector<std::string> notes_;
  nlohmann::json objects_ = nlohmann::json::array();
};

// What the device still says after a failure: one that has failed stays failed, and so would every check behind.
std::optional<std::string> why_lost(ops::Backend& backend) {
  try {
    backend.synchronize();
    return std::nullopt;
  } catch (const std::exception& error) {
    return error.what();
  }
}

ExitCode run_checks(const CheckOptions& options, const Shell& shell) {
  if (options.all && !options.variants.empty()) throw UsageError("check: give variants or --all, not both");
  const auto names = options.variants.empty() ? attention::all_names() : plan::select_variants(options.variants);
  const auto backend = device::make_backend(options.device, options.dtype, 0);
  const check::Target target = check::target_of(*backend);
  Report report(names, options.json);
  for (std::size_t i = 0; i < names.size(); ++i) {
    shell.note("checking " + names[i]);
    report.add(names[i], check::check_variant(*attention::make_variant(names[i]), target));
    if (const auto reason = why_lost(*backend)) {
      report.finish();
      std::cerr << fmt::format("{} is lost, {} of {} variants were not checked: {}\n", options.device,
                               names.size() - i - 1, names.size(), *reason);
      return ExitCode::verification_failed;
    }
  }
  return report.finish();
}

}  // namespace

void add_check(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* sub = add_subcommand<CheckOptions>(
      app, shell, "check", "verifies variants: results, gradients, masks, cost formulas, predicted memory", options,
      run_checks);
  sub->add_option("variants", options->variants, "names or patterns (default: all)")->type_name("VARIANT");
  sub->add_flag("--all", options->all, "every variant");
  sub->add_option("--device", options->device, "cpu, reference or cuda:N [cpu]; see `attnscope list devices`")
      ->type_name("DEVICE");
  sub->add_option("--dtype", options->dtype, "f32, f64, tf32, bf16 or fp16, as the device can [f32]")
      ->type_name("{f32,f64,tf32,bf16,fp16}");
  sub->add_flag("--json", options->json, "a JSON array, one object per variant and check");
}

}  // namespace attnscope::harness::cli
