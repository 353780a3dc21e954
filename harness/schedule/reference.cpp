#include "harness/schedule/reference.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/device/cpu.h"
#include "harness/device/environment.h"
#include "harness/schedule/run_case.h"

namespace attnscope::harness::schedule {

namespace {

using reports::Record;
using reports::Reference;

constexpr double timeout_s = 30;
constexpr double notable_drift = 0.05;  // more than processes of the reference case differ

measure::Settings reference_settings() {
  measure::Settings settings;
  settings.validate = false;
  settings.precision = 0.01;
  settings.max_time_s = 0.4;
  settings.memory_limit_bytes = std::int64_t{1} << 30;
  return settings;
}

bool apart(const Reference& a, const Reference& b) {
  return a.time_ci_lo_ns > b.time_ci_hi_ns || b.time_ci_lo_ns > a.time_ci_hi_ns;
}

double change(const Reference& from, const Reference& to) { return to.time_median_ns / from.time_median_ns - 1; }

double half_width(const Reference& reference) {
  return (reference.time_ci_hi_ns - reference.time_ci_lo_ns) / 2 / reference.time_median_ns;
}

}  // namespace

plan::Case reference_case() {
  plan::Case c;
  c.variant = "flash";
  c.problem = {.batch = 1, .heads = 8, .seq_len = 1024, .head_dim = 64};
  c.threads = device::usable_cores();
  return c;
}

ReferenceCase::ReferenceCase(double interval_s, std::string run_id, std::vector<Reference> earlier,
                             reports::JsonlWriter& writer)
    : interval_s_(interval_s),
      run_id_(std::move(run_id)),
      measured_(std::move(earlier)),
      earlier_(measured_.size()),
      writer_(writer) {}

void ReferenceCase::before_job(std::size_t position, std::size_t jobs, std::int64_t order_index) {
  if (interval_s_ <= 0 || jobs == 0 || !failure_.empty()) return;
  const bool fixed_place = position == 0 || position == jobs || (position == jobs / 2 && jobs > 2);
  if (!fixed_place && std::chrono::duration<double>(Clock::now() - last_).count() < interval_s_) return;
  measure(order_index);
  last_ = Clock::now();
}

void ReferenceCase::measure(std::int64_t order_index) {
  const std::string started_at = device::utc_now();
  const Record record = run_case({reference_case(), std::nullopt, {}}, reference_settings(), timeout_s);
  if (!record.time_median_ns) {
    // A stopped run says so itself.
    if (record.status != reports::Status::interrupted) {
      failure_ = fmt::format("the reference case could not be measured ({}): drift is not known", record.status_reason);
    }
    return;
  }
  Reference reference;
  reference.run_id = run_id_;
  reference.started_at = started_at;
  reference.order_index = order_index;
  reference.time_median_ns = *record.time_median_ns;
  reference.time_ci_lo_ns = record.time_ci_lo_ns.value_or(*record.time_min_ns);
  reference.time_ci_hi_ns = record.time_ci_hi_ns.value_or(*record.time_max_ns);
  reference.clock_mean_hz = record.clock_mean_hz;
  reference.load_mean = record.load_mean;
  writer_.append(reference);
  measured_.push_back(std::move(reference));
}

double ReferenceCase::best_clock_hz() const {
  double best = 0;
  for (const Reference& reference : measured_) best = std::max(best, reference.clock_mean_hz.value_or(0));
  return best;
}

std::optional<double> ReferenceCase::drift() const {
  if (measured_.size() == earlier_) return std::nullopt;  // none in this invocation
  return change(measured_.front(), measured_.back());
}

std::string ReferenceCase::remark() const {
  if (measured_.size() == earlier_) return failure_;
  const Reference& first = measured_.front();
  const auto furthest = std::ranges::max_element(
      measured_, {}, [&](const Reference& reference) { return std::abs(change(first, reference)); });
  const double drift = change(first, *furthest);
  if (!apart(first, *furthest) || std::abs(drift) < notable_drift) return failure_;
  return fmt::format(
      "the machine drifted: the reference case took {:.1f} % {} at {} than at {} (known to ±{:.1f} %); measure again "
      "on "
      "a quieter machine, or with --rounds, which spreads drift over all cases",
      100 * std::abs(drift), drift > 0 ? "longer" : "less long", furthest->started_at, first.started_at,
      100 * std::max(half_width(first), half_width(*furthest)));
}

}  // namespace attnscope::harness::schedule
