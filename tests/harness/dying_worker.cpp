#include "tests/harness/dying_worker.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/schedule/run_case.h"
#include "harness/worker/observation.h"
#include "harness/worker/protocol.h"

namespace attnscope::harness {

namespace fs = std::filesystem;

reports::Record record_of_worker_that_dies(const std::function<void()>& die) {
  const fs::path folder = fs::path(testing::TempDir()) / ("dying_worker." + std::to_string(getpid()));
  fs::create_directories(folder);
  const fs::path messages = folder / "messages", program = folder / "program";
  plan::Case c;
  c.variant = "flash";
  c.device = "cuda:0";
  const auto measure_and_die = [&] {
    dup2(open(messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), worker::message_descriptor);
    reports::Record record = plan::planned_record(c);
    record.time_median_ns = 1234;
    worker::observe({{"power", [&] { record.power_mean_w = 321; }}, {"kernels", die}},
                    {reports::Status::unstable, "noise"}, record);
  };
  EXPECT_EXIT(measure_and_die(), testing::KilledBySignal(SIGABRT), "");

  std::ofstream(program) << "#!/bin/sh\ncat '" << messages.string() << "' >&3\nkill -ABRT $$\n";
  fs::permissions(program, fs::perms::owner_all);
  measure::Settings settings;
  settings.profile = true;
  settings.memory_limit_bytes = std::int64_t{1} << 30;
  const reports::Record record = schedule::run_case({c, std::nullopt, {}}, settings, 10, program);
  fs::remove_all(folder);
  return record;
}

}  // namespace attnscope::harness
