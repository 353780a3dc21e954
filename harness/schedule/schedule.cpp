#include "harness/schedule/schedule.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <numeric>

#include "harness/input/random.h"
#include "harness/plan/reproduction.h"
#include "harness/schedule/calibration.h"
#include "harness/schedule/forecast.h"
#include "harness/schedule/progress.h"
#include "harness/schedule/resume.h"
#include "harness/schedule/run_case.h"
#include "harness/worker/child_process.h"
#include "reports/jsonl.h"

namespace attnscope::harness::schedule {

namespace {

using Clock = std::chrono::steady_clock;
using reports::Record;

std::vector<std::size_t> execution_order(std::size_t count, plan::Order order, const Forecast& forecast,
                                         std::uint64_t seed) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  if (order == plan::Order::cost) {
    std::ranges::stable_sort(indices, {}, [&](std::size_t i) { return forecast.multiply_adds(i).value_or(0); });
  } else if (order == plan::Order::random) {
    input::Random random(seed);
    for (std::size_t i = count; i > 1; --i) {
      std::swap(indices[i - 1], indices[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
    }
  }
  return indices;
}

class PlanRunner {
 public:
  PlanRunner(std::vector<plan::PlannedCase> cases, const Options& options)
      : options_(options), cases_(without_finished(std::move(cases))), forecast_(cases_, options.settings) {}

  Result run() {
    const std::vector<device::Ceilings> ceilings = ceilings_for(cases_, options_.ceilings);
    reports::Environment environment = device::read_environment(options_.invocation);
    environment.values["ceilings"] = nlohmann::json::array();
    for (const device::Ceilings& each : ceilings) environment.values["ceilings"].push_back(device::to_json(each));
    reports::JsonlWriter writer(
        options_.output, options_.resume ? reports::JsonlWriter::Open::append : reports::JsonlWriter::Open::create);
    worker::catch_stop_signals();
    if (!cases_.empty()) writer.append(environment);

    const auto order = execution_order(cases_.size(), options_.order, forecast_, options_.settings.seed);
    double left_s = 0, done_s = 0;
    for (const std::size_t index : order) left_s += forecast_.seconds(index);
    Progress progress(order.size(), options_.quiet);
    for (std::size_t position = 0; position < order.size() && worker::stop_requested() == 0; ++position) {
      const plan::PlannedCase& planned = cases_[order[position]];
      const std::string name = plan::short_name(planned.c);
      progress.start_case(position + 1, name, done_s, left_s);
      const auto start = Clock::now();
      const std::string started_at = device::utc_now();
      Record record = run_case(planned, options_.settings, options_.timeout_s);
      const double elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();

      device::fill_roofline(ceilings, record);
      record.run_id = options_.invocation.run_id;
      record.env_id = environment.env_id;
      record.repro = plan::reproduction(planned.c, options_.settings.seed);
      record.seed = static_cast<std::int64_t>(options_.settings.seed);
      record.started_at = started_at;
      record.order_index = static_cast<std::int64_t>(result_.resumed + position);
      writer.append(record);
      progress.finish_case(position + 1, name, record);

      forecast_.learn(order[position], record, elapsed_s);
      done_s += elapsed_s;
      left_s = 0;
      for (std::size_t rest = position + 1; rest < order.size(); ++rest) left_s += forecast_.seconds(order[rest]);
      result_.records.push_back(std::move(record));
    }
    result_.stop_signal = worker::stop_requested();
    return std::move(result_);
  }

 private:
  std::vector<plan::PlannedCase> without_finished(std::vector<plan::PlannedCase> cases) {
    if (!options_.resume) return cases;
    Finished finished = prepare_resume(options_.output);
    for (const reports::ReadIssue& issue : finished.issues) {
      if (!options_.quiet) fmt::print(stderr, "{}:{}: {}\n", issue.path, issue.line, issue.message);
    }
    std::erase_if(cases, [&](const plan::PlannedCase& planned) {
      const auto found = finished.by_key.find(plan::key(planned.c));
      if (found == finished.by_key.end()) return false;
      result_.records.push_back(std::move(found->second));
      ++result_.resumed;
      return true;
    });
    return cases;
  }

  const Options& options_;
  Result result_;
  std::vector<plan::PlannedCase> cases_;
  Forecast forecast_;
};

}  // namespace

Result run_plan(std::vector<plan::PlannedCase> cases, const Options& options) {
  return PlanRunner(std::move(cases), options).run();
}

}  // namespace attnscope::harness::schedule
