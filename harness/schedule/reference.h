// A fixed small case, measured at the start, in the middle, at the end and every few minutes of a run. What it shows is
// the machine: when its time changes, so may all others have.
//
// It is tiled attention (`flash`) at N = 1024 with all cores: it follows the clock, the vector units and whoever else
// wants the cores, and takes the way through processes, pool and threads that every case takes. Its data fit the
// caches: cases that live in memory differ by a quarter from process to process on a quiet machine (where their pages
// lie), which would be taken for drift, while this one differs by one or two per cent.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "harness/plan/plan.h"
#include "reports/jsonl.h"
#include "reports/record.h"

namespace attnscope::harness::schedule {

class ReferenceCase {
 public:
  // `interval_s`: the longest time between two measurements; 0: none are made. `earlier`: those of the run that is
  // continued. Measurements are appended to `writer`.
  ReferenceCase(double interval_s, std::string run_id, std::vector<reports::Reference> earlier,
                reports::JsonlWriter& writer);

  // Called before job `position` of `jobs`, and with `position` = `jobs` after the last. Measures when it is due.
  void before_job(std::size_t position, std::size_t jobs, std::int64_t order_index);

  double best_clock_hz() const;  // 0 when not known
  // Change of its time from the run's first measurement to the latest.
  std::optional<double> drift() const;
  // What to say at the end: the largest drift, when it is more than processes differ; why it could not be measured; or
  // nothing.
  std::string remark() const;

 private:
  using Clock = std::chrono::steady_clock;
  void measure(std::int64_t order_index);

  double interval_s_;
  std::string run_id_;
  std::vector<reports::Reference> measured_;
  std::size_t earlier_;
  reports::JsonlWriter& writer_;
  Clock::time_point last_;
  std::string failure_;
};

plan::Case reference_case();

}  // namespace attnscope::harness::schedule
