#include "harness/schedule/reference.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/device/cpu.h"
#include "harness/device/devices.h"
#include "harness/device/environment.h"

namespace attnscope::harness::schedule {

namespace {

using reports::Record;
using reports::Reference;

constexpr double timeout_s = 30;
constexpr double notable_drift = 0.05;  // more than processes of the reference case differ

measure::Settings reference_settings() {
  measure::Settings settings;
  settings.validate = false;
  settings.cupti = false;
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

plan::Case reference_case(const std::string& device) {
  plan::Case c;
  c.variant = "flash";
  c.device = device;
  c.problem = {.batch = 1, .heads = 8, .seq_len = 1024, .head_dim = 64};
  if (device == "cpu") {
    c.threads = device::usable_cores();
  } else {
    c.dtype = "bf16";
    c.problem.heads = 16;
    c.problem.seq_len = 4096;
  }
  return c;
}

std::string watched_device(const plan::Case& c) { return device::cuda_ordinal(c.device) ? c.device : "cpu"; }

std::vector<std::string> watched_devices(const std::vector<plan::PlannedCase>& cases) {
  std::vector<std::string> devices;
  for (const plan::PlannedCase& planned : cases) {
    const std::string device = watched_device(planned.c);
    if (planned.status) continue;
    if (devices.empty()) devices.emplace_back("cpu");
    if (std::ranges::find(devices, device) == devices.end()) devices.push_back(device);
  }
  return devices;
}

ReferenceCase::ReferenceCase(std::vector<std::string> devices, double interval_s, std::string run_id,
                             std::vector<Reference> earlier, reports::JsonlWriter& writer, Measure measure)
    : devices_(std::move(devices)),
      interval_s_(interval_s),
      run_id_(std::move(run_id)),
      measured_(std::move(earlier)),
      earlier_(measured_.size()),
      writer_(writer),
      measure_(std::move(measure)) {}

void ReferenceCase::before_job(std::size_t position, std::size_t jobs, std::int64_t order_index) {
  if (interval_s_ <= 0 || jobs == 0) return;
  const bool fixed_place = position == 0 || position == jobs || (position == jobs / 2 && jobs > 2);
  if (!fixed_place && std::chrono::duration<double>(Clock::now() - last_).count() < interval_s_) return;
  for (const std::string& device : devices_) {
    if (!failures_.contains(device)) measure(device, order_index);
  }
  last_ = Clock::now();
}

void ReferenceCase::measure(const std::string& device, std::int64_t order_index) {
  const std::string started_at = device::utc_now();
  const Record record = measure_({reference_case(device), std::nullopt, {}}, reference_settings(), timeout_s);
  if (!record.time_median_ns) {
    // A stopped run says so itself.
    if (record.status != reports::Status::interrupted) {
      failures_[device] = fmt::format("the reference case could not be measured on {} ({}): drift is not known", device,
                                      record.status_reason);
    }
    return;
  }
  Reference reference;
  reference.run_id = run_id_;
  reference.started_at = started_at;
  reference.device = device;
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
  for (const Reference& reference : measured_) {
    if (reference.is_of_cpu()) best = std::max(best, reference.clock_mean_hz.value_or(0));
  }
  return best;
}

std::vector<Reference> ReferenceCase::known(const std::string& device) const {
  std::vector<Reference> found;
  bool any_new = false;
  for (std::size_t i = 0; i < measured_.size(); ++i) {
    if (device == "cpu" ? !measured_[i].is_of_cpu() : measured_[i].device != device) continue;
    found.push_back(measured_[i]);
    any_new |= i >= earlier_;
  }
  return any_new ? found : std::vector<Reference>{};
}

std::optional<double> ReferenceCase::drift(const std::string& device) const {
  const std::vector<Reference> references = known(device);
  if (references.empty()) return std::nullopt;
  return change(references.front(), references.back());
}

std::string ReferenceCase::remark() const {
  std::string all;
  for (const std::string& device : devices_) {
    const std::string remark = remark_on(device);
    if (!remark.empty()) all += (all.empty() ? "" : "\n") + remark;
  }
  return all;
}

std::string ReferenceCase::remark_on(const std::string& device) const {
  const auto failure = failures_.find(device);
  const std::string otherwise = failure == failures_.end() ? "" : failure->second;
  const std::vector<Reference> references = known(device);
  if (references.empty()) return otherwise;
  const Reference& first = references.front();
  const auto furthest = std::ranges::max_element(
      references, {}, [&](const Reference& reference) { return std::abs(change(first, reference)); });
  const double drift = change(first, *furthest);
  if (!apart(first, *furthest) || std::abs(drift) < notable_drift) return otherwise;
  return fmt::format(
      "{} drifted: the reference case took {:.1f} % {} at {} than at {} (known to ±{:.1f} %); measure again "
      "on a quieter machine, or with --rounds, which spreads drift over all cases",
      device == "cpu" ? "the machine" : device, 100 * std::abs(drift), drift > 0 ? "longer" : "less long",
      furthest->started_at, first.started_at, 100 * std::max(half_width(first), half_width(*furthest)));
}

}  // namespace attnscope::harness::schedule
