#include "harness/device/doctor.h"

#include <fmt/format.h>
#include <iostream>

#include "harness/cli/shell.h"
#include "harness/cli/text_table.h"

namespace attnscope::harness::cli {

namespace {

using device::Fitness;

struct DoctorOptions {
  bool strict = false, json = false;
};

ExitCode doctor(const DoctorOptions& options, const Shell& shell) {
  const std::vector<device::Finding> findings = device::examine_machine();
  if (options.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const device::Finding& finding : findings) list.push_back(device::to_json(finding));
    std::cout << list.dump(2) << '\n';
  } else {
    TextTable table({"check", "", "found", "what to do"});
    for (const device::Finding& finding : findings) {
      table.add({finding.check, std::string(to_string(finding.fitness)), finding.found, finding.advice});
    }
    table.write(std::cout);
  }
  const Fitness worst = device::worst(findings);
  if (worst < Fitness::warning) {
    shell.note("This machine is fit for measuring.");
    return ExitCode::ok;
  }
  shell.note(worst == Fitness::unfit ? "Figures measured now would mislead: see the lines marked unfit."
                                     : "Figures may be noisier than they need be: see the lines marked warning.");
  return options.strict ? ExitCode::environment_unfit : ExitCode::ok;
}

}  // namespace

void add_doctor(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* sub = add_subcommand<DoctorOptions>(
      app, shell, "doctor", "examines the machine: is it fit for measuring, and what would help", options, doctor);
  sub->add_flag("--strict", options->strict, "exit with 5 when there is a warning or worse");
  sub->add_flag("--json", options->json, "a JSON array");
}

}  // namespace attnscope::harness::cli
