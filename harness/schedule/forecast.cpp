#include "harness/schedule/forecast.h"

#include <algorithm>

#include "harness/worker/child_process.h"
#include "harness/worker/protocol.h"

namespace attnscope::harness::schedule {

namespace {

constexpr double assumed_rate = 2e9;        // multiply-adds per second and thread, before anything is measured
constexpr double predictor_timeout_s = 10;  // for all cases together: only the ETA depends on it
constexpr double learning_rate = 0.5;

}  // namespace

Forecast::Forecast(const std::vector<plan::PlannedCase>& cases, const measure::Settings& settings)
    : cases_(cases), settings_(settings), multiply_adds_(cases.size()) {
  std::vector<plan::Case> runnable;
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].status) continue;
    runnable.push_back(cases[i].c);
    indices.push_back(i);
  }
  if (runnable.empty()) return;
  worker::run_child(worker::predict_request(runnable), {predictor_timeout_s, 0}, [&](const nlohmann::json& message) {
    if (message.contains("prediction")) multiply_adds_[indices.at(message["prediction"])] = message.at("multiply_adds");
  });
}

double Forecast::seconds(std::size_t index) const {
  const plan::PlannedCase& planned = cases_[index];
  if (planned.status) return 0;
  if (!multiply_adds_[index]) return overhead_s_ + settings_.min_time_s;
  const auto known = rates_.find(planned.c.variant);
  const double rate = known != rates_.end() ? known->second : assumed_rate * planned.c.threads;
  const double run_s = static_cast<double>(*multiply_adds_[index]) / rate;
  const double loop_s = std::max(settings_.min_time_s, static_cast<double>(settings_.min_samples) * run_s);
  return overhead_s_ + 3 * run_s + std::max(run_s, std::min(loop_s, settings_.max_time_s));
}

void Forecast::learn(std::size_t index, const reports::Record& record, double elapsed_s) {
  if (!record.time_median_ns || !multiply_adds_[index]) return;
  rates_[record.variant] = static_cast<double>(*multiply_adds_[index]) / (*record.time_median_ns * 1e-9);
  double loop_s = 0;
  for (const double sample : record.samples_ns) loop_s += sample * 1e-9;
  loop_s *= static_cast<double>(record.inner_iterations.value_or(1));
  const double beyond = std::max(0.0, elapsed_s - loop_s - 3e-9 * *record.time_median_ns);
  overhead_s_ += learning_rate * (beyond - overhead_s_);
}

}  // namespace attnscope::harness::schedule
