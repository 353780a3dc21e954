// Runs a plan: in which order, into which file, until the end or a signal.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/device/environment.h"
#include "harness/measure/settings.h"
#include "harness/plan/plan.h"
#include "harness/schedule/progress.h"
#include "reports/record.h"

namespace attnscope::harness::schedule {

struct Options {
  std::filesystem::path output;
  bool resume = false;
  plan::Order order = plan::Order::plan;
  double timeout_s = 600;
  std::string ceilings = "measure";   // see ceilings_for()
  int rounds = 1;                     // processes per case
  double reference_interval_s = 300;  // between measurements of the reference case; 0: none
  measure::Settings settings;
  device::Invocation invocation;
};

struct Result {
  std::vector<reports::Record> records;  // of every case that has one, earlier ones of a resumed run included
  std::size_t resumed = 0;               // of them: not run again
  int stop_signal = 0;                   // SIGINT, SIGTERM or 0
  std::string remark;                    // what the reference case says about the machine; "" when nothing
};

// Appends one line per case, and one per measurement of the reference case. SIGUSR1 pauses it when the current process
// has ended, SIGUSR2 lets it go on. Throws reports::FileError when the file cannot be written.
Result run_plan(std::vector<plan::PlannedCase> cases, const Options& options, Progress& progress);

}  // namespace attnscope::harness::schedule
