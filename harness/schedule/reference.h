// A fixed small case for the CPU and for each GPU of a run, measured at the start, in the middle, at the end and every
// few minutes. What it shows is the machine: when its time changes, so may all others have.
//
// On the CPU it is tiled attention (`flash`) at N = 1024 with all cores: it follows the clock, the vector units and
// whoever else wants the cores, and takes the way through processes, pool and threads that every case takes. Its data
// fit the caches: cases that live in memory differ by a quarter from process to process on a quiet machine (where their
// pages lie), which would be taken for drift, while this one differs by one or two per cent. On a GPU it is the same in
// bfloat16, long enough to fill it: it follows the clock, heat and power limits, and whoever else uses the device. The
// CPU's is measured there too: it feeds the GPU.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/measure/settings.h"
#include "harness/plan/plan.h"
#include "reports/jsonl.h"
#include "reports/record.h"

namespace attnscope::harness::schedule {

class ReferenceCase {
 public:
  // run_case() or what stands for it.
  using Measure = std::function<reports::Record(const plan::PlannedCase&, const measure::Settings&, double timeout_s)>;

  // `devices`: to be watched. `interval_s`: the longest time between two measurements; 0: none are made. `earlier`:
  // those of the run that is continued. Measurements are appended to `writer`.
  ReferenceCase(std::vector<std::string> devices, double interval_s, std::string run_id,
                std::vector<reports::Reference> earlier, reports::JsonlWriter& writer, Measure measure);

  // Called before job `position` of `jobs`, and with `position` = `jobs` after the last. Measures when it is due.
  void before_job(std::size_t position, std::size_t jobs, std::int64_t order_index);

  double best_clock_hz() const;  // of the CPU; 0 when not known
  // Change of its time on the device from the run's first measurement to the latest.
  std::optional<double> drift(const std::string& device) const;
  // What to say at the end: for each device the largest drift, when it is more than processes differ, or why it could
  // not be measured; or nothing.
  std::string remark() const;

 private:
  using Clock = std::chrono::steady_clock;
  void measure(const std::string& device, std::int64_t order_index);
  // Measurements on the device, when there is one of this invocation.
  std::vector<reports::Reference> known(const std::string& device) const;
  std::string remark_on(const std::string& device) const;

  std::vector<std::string> devices_;
  double interval_s_;
  std::string run_id_;
  std::vector<reports::Reference> measured_;
  std::size_t earlier_;
  reports::JsonlWriter& writer_;
  Measure measure_;
  Clock::time_point last_;
  std::map<std::string, std::string> failures_;  // by device
};

plan::Case reference_case(const std::string& device);

// The device whose reference stands for the case's: a GPU's own, else the CPU's.
std::string watched_device(const plan::Case& c);
// Those of all cases that run, the CPU first.
std::vector<std::string> watched_devices(const std::vector<plan::PlannedCase>& cases);

}  // namespace attnscope::harness::schedule
