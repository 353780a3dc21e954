#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>

#include "harness/cli/live_options.h"
#include "harness/cli/run_files.h"
#include "harness/cli/shell.h"
#include "harness/gate/baseline.h"
#include "harness/gate/confirmation.h"
#include "harness/gate/policy.h"
#include "harness/worker/child_process.h"
#include "reports/gate_report.h"
#include "reports/jsonl.h"
#include "reports/pool.h"

namespace attnscope::harness::cli {

namespace {

using reports::Outcome;
using reports::TableStyle;

struct GateOptions {
  std::string base, other, policy = "default", filter, fail_on;
  std::string program = worker::this_program, base_program;
  std::optional<int> confirm;
  bool update_baseline = false, allow_machine = false;
  std::string markdown, json, junit;
  LiveOptions measuring;
};

std::string today() { return device::utc_now().substr(0, 10); }

// Nothing to compare with yet: the new run becomes the baseline.
ExitCode first_baseline(const GateOptions& options, const reports::Run& other, const Shell& shell) {
  const gate::Renewal renewal = gate::update_baseline(options.base, {}, other);
  shell.note(fmt::format("{}: new baseline of {} cases", options.base, renewal.written));
  return ExitCode::ok;
}

// The environment of the runs, and of this machine when it measures suspects again.
bool is_here(const reports::Run& other, const GateOptions& options, const Shell& shell) {
  reports::Run here;
  here.records.emplace_back();
  here.environments.push_back(live::environment_of(options.program, {shell.argv, 1, "", {}}));
  here.records.back().env_id = here.environments.back().env_id;
  const std::vector<const reports::Run*> both{&other, &here};
  return std::ranges::none_of(environment_differences(both), &reports::FactDifference::machine_class);
}

void confirm(reports::GateReport& report, int rounds, const reports::Run& other, const GateOptions& options,
             const Shell& shell) {
  if (rounds == 0 || std::ranges::none_of(report.findings, &reports::Finding::is_suspect)) return;
  if (!is_here(other, options, shell)) {
    report.notes.push_back(fmt::format("Suspects were not measured again: {} is of another machine.", report.names[1]));
    return;
  }
  gate::ConfirmationOptions confirmation{options.program, options.base_program, resolve(options.measuring)};
  confirmation.live.looks = {static_cast<std::size_t>(rounds)};
  worker::catch_stop_signals();
  gate::confirm_suspects(report.findings, confirmation, [&](const std::string& line) { shell.note(line); });
  if (options.base_program.empty()) {
    report.notes.emplace_back(
        "Suspects were measured again with the new program only; --base-exe EXE measures both in turns.");
  }
}

void write_reports(const reports::GateReport& report, const GateOptions& options) {
  const auto text = [&](const auto& write) {
    std::ostringstream out;
    write(out);
    return out.str();
  };
  const bool takes_stdout = options.markdown == "-" || options.json == "-" || options.junit == "-";
  if (!takes_stdout) write_gate(std::cout, report, TableStyle::terminal);
  if (!options.markdown.empty()) {
    write_text_file(options.markdown, text([&](auto& out) { write_gate(out, report, TableStyle::markdown); }));
  }
  if (!options.json.empty()) {
    write_text_file(options.json, to_json(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
  if (!options.junit.empty()) write_text_file(options.junit, text([&](auto& out) { write_junit(out, report); }));
}

ExitCode verdict(const reports::GateReport& report, const GateOptions& options, const Shell& shell) {
  if (worker::stop_requested() == SIGINT) return ExitCode::interrupted;
  if (worker::stop_requested() != 0) return ExitCode::terminated;
  if (count(report.findings, Outcome::regression) > 0) return ExitCode::verification_failed;
  if (count(report.findings, Outcome::inconclusive) == 0) return ExitCode::ok;
  if (options.fail_on == "inconclusive") return ExitCode::inconclusive;
  shell.note(fmt::format("{} of the comparisons are inconclusive; --fail-on inconclusive exits with 4 for them",
                         count(report.findings, Outcome::inconclusive)));
  return ExitCode::ok;
}

void require_sound(const GateOptions& options) {
  if (!options.fail_on.empty() && options.fail_on != "inconclusive") {
    throw unknown_name("--fail-on", options.fail_on, std::vector<std::string>{"inconclusive"});
  }
  if (options.confirm && (*options.confirm < 0 || *options.confirm > 1000)) {
    throw UsageError(fmt::format("--confirm: {} is not a whole number from 0 to 1000", *options.confirm));
  }
}

ExitCode run_gate(const GateOptions& options, const Shell& shell) {
  require_sound(options);
  const reports::Policy policy = gate::read_policy(gate::find_policy(options.policy), today());
  const reports::Filter filter = reports::Filter::parse(options.filter);
  const reports::Run other = read_run(options.other, filter, shell);
  std::error_code error;
  if (options.update_baseline && !std::filesystem::exists(options.base, error)) {
    return first_baseline(options, other, shell);
  }
  const reports::Run base = read_run(options.base, filter, shell);

  const std::vector<const reports::Run*> both{&base, &other};
  const auto names = short_names({options.base, options.other});
  reports::GateReport report{names, environment_differences(both), {}, reference_notes(names, both)};
  if (!options.allow_machine) gate::require_comparable(base, other, report.environment);
  const auto base_records = reports::one_record_per_case(base.records);
  const auto other_records = reports::one_record_per_case(other.records);
  report.findings = evaluate(policy, base_records, other_records);
  confirm(report, options.confirm.value_or(policy.confirm), other, options, shell);
  if (std::ranges::any_of(report.findings, reports::rests_on_single_processes, &reports::Finding::comparison)) {
    report.notes.emplace_back(reports::single_process_note);
  }
  write_reports(report, options);
  std::cout.flush();
  if (options.update_baseline) {
    const reports::Run whole = read_run(options.base, {}, shell);
    const gate::Renewal renewal = gate::update_baseline(options.base, whole, other);
    shell.note(fmt::format("{}: {} cases renewed, {} kept", options.base, renewal.written, renewal.kept));
  }
  return verdict(report, options, shell);
}

}  // namespace

void add_gate(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<GateOptions>();
  CLI::App* sub = add_subcommand<GateOptions>(
      app, shell, "gate", "fails when a run is slower, larger or more wrong than its baseline", options, run_gate);
  sub->add_option("base", options->base, "the baseline (JSON Lines)")->required();
  sub->add_option("new", options->other, "the run to judge (JSON Lines)")->required();
  sub->add_option("--policy", options->policy, "rules and waivers: a TOML file, or default or exact [default]");
  sub->add_option("--filter", options->filter, "only cases that match, as in 'variant:flash n:>=4k'");
  sub->add_option("--confirm", options->confirm, "fresh measurements of each suspect [as the policy says]");
  sub->add_option("--exe", options->program, "the attnscope that measures them [this one]");
  sub->add_option("--base-exe", options->base_program, "the attnscope of the baseline, measured in turns with it");
  sub->add_option("--fail-on", options->fail_on, "inconclusive: exit with 4 when something could not be decided");
  sub->add_flag("--update-baseline", options->update_baseline, "replace the baseline's cases by the new ok ones");
  sub->add_flag("--allow-machine", options->allow_machine, "compare although machine or schema differ");
  sub->add_option("--md", options->markdown, "write a Markdown report, - for standard output");
  sub->add_option("--json", options->json, "write a JSON report");
  sub->add_option("--junit", options->junit, "write a JUnit XML report");
  add_live_options(*sub, options->measuring);
}

}  // namespace attnscope::harness::cli
