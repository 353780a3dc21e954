// What all subcommands share: the invocation, messages, and the action that the command line chose.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/errors.h"

namespace attnscope::harness::cli {

struct Shell {
  std::vector<std::string> argv;
  bool quiet = false;
  std::function<ExitCode()> action;

  // A message on standard error; not shown under --quiet.
  void note(std::string_view text) const;
};

// One function per subcommand, each in a file of its name.
void add_compare(CLI::App& app, Shell& shell);
void add_gate(CLI::App& app, Shell& shell);
void add_run(CLI::App& app, Shell& shell);
void add_list(CLI::App& app, Shell& shell);
void add_describe(CLI::App& app, Shell& shell);
void add_check(CLI::App& app, Shell& shell);
void add_eval(CLI::App& app, Shell& shell);
void add_predict(CLI::App& app, Shell& shell);
void add_export(CLI::App& app, Shell& shell);
void add_calibrate(CLI::App& app, Shell& shell);
void add_doctor(CLI::App& app, Shell& shell);
void add_advise(CLI::App& app, Shell& shell);
void add_merge(CLI::App& app, Shell& shell);
void add_repro(CLI::App& app, Shell& shell);
void add_completion(CLI::App& app, Shell& shell);
void add_complete(CLI::App& app, Shell& shell);
void add_man(CLI::App& app, Shell& shell);
void add_worker(CLI::App& app, Shell& shell);

// A subcommand with --quiet, whose options live as long as the shell's action.
template <class Options>
CLI::App* add_subcommand(CLI::App& app, Shell& shell, const std::string& name, const std::string& meaning,
                         const std::shared_ptr<Options>& options,
                         std::function<ExitCode(const Options&, const Shell&)> action) {
  CLI::App* sub = app.add_subcommand(name, meaning);
  sub->add_flag("--quiet", shell.quiet, "no messages on standard error");
  sub->callback([&shell, options, action = std::move(action)] {
    shell.action = [&shell, options, action] { return action(*options, shell); };
  });
  return sub;
}

}  // namespace attnscope::harness::cli
