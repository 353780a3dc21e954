#include "harness/cli/program.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <iostream>

#include "harness/cli/shell.h"
#include "harness/device/build_info.h"
#include "reports/filter.h"

namespace attnscope::harness {

namespace cli {

void Shell::note(std::string_view text) const {
  if (!quiet) fmt::print(stderr, "{}\n", text);
}

namespace {

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    if (!sub->get_group().empty()) names.push_back(sub->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// CLI11's text, and the nearest spelling when an option or subcommand is unknown.
std::string explain(const CLI::App& app, const CLI::ParseError& error, const Shell& shell) {
  if (shell.argv.size() > 1 && !shell.argv[1].starts_with('-')) {
    const auto known = subcommand_names(app);
    const auto subs = app.get_subcommands([&](const CLI::App* sub) { return sub->get_name() == shell.argv[1]; });
    if (subs.empty()) return unknown_name("subcommand", shell.argv[1], known).what();
    const CLI::App* sub = subs.front();
    const auto options = option_names(*sub);
    for (const std::string& argument : shell.argv) {
      const std::string name = argument.substr(0, argument.find('='));
      if (!name.starts_with("--") || name == "--" || std::ranges::find(options, name) != options.end()) continue;
      const std::string nearest = reports::nearest_spelling(name, options);
      return fmt::format("unknown option '{}' of {}{}", name, sub->get_name(),
                         nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest));
    }
  }
  return error.what();
}

ExitCode fail(ExitCode code, std::string_view text) {
  fmt::print(stderr, "attnscope: {}\n", text);
  return code;
}

}  // namespace

ExitCode perform(const Shell& shell) {
  try {
    return shell.action();
  } catch (const NothingMatched& error) {
    return fail(ExitCode::nothing_matched, error.what());
  } catch (const EnvironmentUnfit& error) {
    return fail(ExitCode::environment_unfit, error.what());
  } catch (const std::exception& error) {
    return fail(ExitCode::usage, error.what());
  }
}

}  // namespace cli

int run_program(int argc, char** argv) {
  cli::Shell shell;
  shell.argv.assign(argv, argv + argc);
  CLI::App app{"attnscope measures what every efficient-Transformer attention variant really costs.", "attnscope"};
  app.set_version_flag("--version", std::string(device::program_version()));
  app.require_subcommand(1);
  cli::add_run(app, shell);
  cli::add_list(app, shell);
  cli::add_describe(app, shell);
  cli::add_check(app, shell);
  cli::add_eval(app, shell);
  cli::add_predict(app, shell);
  cli::add_compare(app, shell);
  cli::add_gate(app, shell);
  cli::add_export(app, shell);
  cli::add_calibrate(app, shell);
  cli::add_doctor(app, shell);
  cli::add_advise(app, shell);
  cli::add_merge(app, shell);
  cli::add_repro(app, shell);
  cli::add_completion(app, shell);
  cli::add_complete(app, shell);
  cli::add_man(app, shell);
  cli::add_worker(app, shell);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    cli::fail(ExitCode::usage, cli::explain(app, error, shell) + "\nRun with --help for the options.");
    return static_cast<int>(ExitCode::usage);
  }
  const ExitCode code = cli::perform(shell);
  std::cout.flush();
  return static_cast<int>(code);
}

}  // namespace attnscope::harness
