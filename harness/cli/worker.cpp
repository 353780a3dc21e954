#include "harness/worker/worker.h"

#include "harness/cli/shell.h"
#include "harness/worker/protocol.h"

namespace attnscope::harness::cli {

void add_worker(CLI::App& app, Shell& shell) {
  CLI::App* sub = app.add_subcommand(worker::subcommand, "measures one case; started by `run`");
  sub->group("");  // hidden
  sub->callback([&shell] { shell.action = [] { return static_cast<ExitCode>(worker::run_worker()); }; });
}

}  // namespace attnscope::harness::cli
