#include "harness/schedule/schedule.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <numeric>
#include <set>

#include "harness/device/counter_trust.h"
#include "harness/input/random.h"
#include "harness/measure/work.h"
#include "harness/plan/reproduction.h"
#include "harness/schedule/calibration.h"
#include "harness/schedule/forecast.h"
#include "harness/schedule/reference.h"
#include "harness/schedule/resume.h"
#include "harness/schedule/rounds.h"
#include "harness/schedule/run_case.h"
#include "harness/worker/child_process.h"
#include "reports/jsonl.h"

namespace attnscope::harness::schedule {

namespace {

using Clock = std::chrono::steady_clock;
using reports::Record;

// One process of one case.
struct Job {
  std::size_t index;  // of the case
  int round;
};

// A place in a shuffled order that depends on the case, the round and the seed alone: a resumed run keeps it.
std::uint64_t shuffled_place(const plan::Case& c, int round, std::uint64_t seed) {
  return input::Random(plan::stable_hash(fmt::format("{};{};{}", plan::key(c), round, seed))).bits();
}

std::vector<std::size_t> order_of_round(const std::vector<plan::PlannedCase>& cases, int round, plan::Order order,
                                        const Forecast& forecast, std::uint64_t seed) {
  std::vector<std::size_t> indices(cases.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  if (order == plan::Order::cost) {
    std::ranges::stable_sort(indices, {}, [&](std::size_t i) { return forecast.multiply_adds(i).value_or(0); });
  } else if (order == plan::Order::random) {
    std::ranges::sort(indices, {}, [&](std::size_t i) { return shuffled_place(cases[i].c, round, seed); });
  }
  return indices;
}

// What the shapes were validated at, of cases that differ in their shape only.
class Validations {
 public:
  const std::vector<measure::Validation>& of(const plan::Case& c) const {
    static const std::vector<measure::Validation> none;
    const auto found = by_family_.find(family(c));
    return found == by_family_.end() ? none : found->second;
  }

  void learn(const plan::Case& c, const Record& record) {
    if (!has_measurement(record.status) || record.validated_at.empty() || !record.max_abs_err || !record.max_rel_err) {
      return;
    }
    const measure::Validation found{record.validated_at,        *record.max_abs_err, *record.max_rel_err,
                                    record.err_tol.value_or(0), record.err_rule,     record.err_arrays};
    auto& known = by_family_[family(c)];
    if (std::ranges::find(known, found.at, &measure::Validation::at) == known.end()) known.push_back(found);
  }

 private:
  static std::string family(plan::Case c) {
    c.problem.batch = c.problem.heads = c.problem.seq_len = 1;
    return plan::key(c);
  }

  std::map<std::string, std::vector<measure::Validation>> by_family_;
};

class PlanRunner {
 public:
  PlanRunner(std::vector<plan::PlannedCase> cases, const Options& options, Progress& progress)
      : options_(options),
        progress_(progress),
        planned_(cases.size()),
        cases_(without_finished(std::move(cases))),
        forecast_(cases_, options.settings) {}

  Result run() {
    worker::catch_pause_signals();  // as early as anybody could send one
    ceilings_ = ceilings_for(cases_, options_.ceilings);
    environment_ = device::read_environment(options_.invocation);
    environment_.values["ceilings"] = nlohmann::json::array();
    for (const device::Ceilings& each : ceilings_) environment_.values["ceilings"].push_back(device::to_json(each));
    reports::JsonlWriter writer(
        options_.output, options_.resume ? reports::JsonlWriter::Open::append : reports::JsonlWriter::Open::create);
    worker::catch_stop_signals();
    if (!cases_.empty()) writer.append(environment_);
    PartialCases partial(options_.output, options_.resume);
    for (const Record& record : result_.records) partial.finish(record.case_key);
    record_complete_cases(partial, writer);

    const std::vector<Job> jobs = remaining_jobs(partial);
    const auto measure_reference = [](const auto&... arguments) { return run_case(arguments...); };
    ReferenceCase reference(watched_devices(cases_), options_.reference_interval_s, options_.invocation.run_id,
                            std::move(references_), writer, measure_reference);
    progress_.begin({options_.invocation.run_id, options_.output, planned_, result_.records.size(), jobs.size()});
    double done_s = 0;
    for (position_ = 0; position_ < jobs.size(); ++position_) {
      const Job& job = jobs[position_];
      if (over_.contains(job.index)) continue;  // it failed in an earlier round
      pause_when_asked();
      reference.before_job(position_, jobs.size(), order_index());
      if (worker::stop_requested() != 0) break;
      const JobPlace place{position_ + 1, job_name(job), plan::key(cases_[job.index].c)};
      progress_.start_job(place, done_s, seconds_left(jobs));
      const auto start = Clock::now();
      Record record = run_job(job, partial, reference);
      validations_.learn(cases_[job.index].c, record);
      const double elapsed_s = std::chrono::duration<double>(Clock::now() - start).count();
      forecast_.learn(job.index, record, elapsed_s);
      done_s += elapsed_s;

      if (is_process_of_more(job, record, partial)) {
        partial.add(record);
        if (!is_complete(record.case_key, partial)) continue;
        record = merge(record, partial);
      }
      writer.append(record);
      over_.insert(job.index);
      if (record.status != reports::Status::interrupted) partial.finish(record.case_key);
      progress_.finish_case(place, record);
      result_.records.push_back(std::move(record));
    }
    if (worker::stop_requested() == 0) reference.before_job(jobs.size(), jobs.size(), order_index());
    result_.remark = reference.remark();
    result_.stop_signal = worker::stop_requested();
    return std::move(result_);
  }

 private:
  std::vector<plan::PlannedCase> without_finished(std::vector<plan::PlannedCase> cases) {
    if (!options_.resume) return cases;
    Finished finished = prepare_resume(options_.output);
    for (const reports::ReadIssue& issue : finished.issues) {
      progress_.note(fmt::format("{}:{}: {}", issue.path, issue.line, issue.message));
    }
    references_ = std::move(finished.references);
    std::erase_if(cases, [&](const plan::PlannedCase& planned) {
      const auto found = finished.by_key.find(plan::key(planned.c));
      if (found == finished.by_key.end()) return false;
      result_.records.push_back(std::move(found->second));
      ++result_.resumed;
      return true;
    });
    return cases;
  }

  void pause_when_asked() {
    if (!worker::pause_requested() || worker::stop_requested() != 0) return;
    progress_.pause();
    worker::wait_while_paused();
    progress_.go_on();
  }

  // Cases whose processes had all ended when the run was stopped, before their record was written.
  void record_complete_cases(PartialCases& partial, reports::JsonlWriter& writer) {
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const std::string key = plan::key(cases_[i].c);
      if (!is_complete(key, partial)) continue;
      Record record = merge(partial.of(key).back(), partial);
      writer.append(record);
      over_.insert(i);
      partial.finish(key);
      result_.records.push_back(std::move(record));
      ++result_.resumed;
    }
  }

  // Round by round, without the processes that a stopped run has kept. Cases that do not run have one job.
  std::vector<Job> remaining_jobs(const PartialCases& partial) const {
    std::vector<Job> jobs;
    for (int round = 0; round < options_.rounds; ++round) {
      for (const std::size_t i : order_of_round(cases_, round, options_.order, forecast_, options_.settings.seed)) {
        const auto kept = static_cast<int>(partial.of(plan::key(cases_[i].c)).size());
        const bool runs = !cases_[i].status;
        if (!over_.contains(i) && (runs ? round >= kept : round == 0)) jobs.push_back({i, round});
      }
    }
    return jobs;
  }

  double seconds_left(const std::vector<Job>& jobs) const {
    double seconds = 0;
    for (std::size_t i = position_; i < jobs.size(); ++i) {
      if (!over_.contains(jobs[i].index)) seconds += forecast_.seconds(jobs[i].index);
    }
    return seconds;
  }

  std::string job_name(const Job& job) const {
    const std::string name = plan::short_name(cases_[job.index].c);
    if (options_.rounds == 1) return name;
    return fmt::format("{}  process {} of {}", name, job.round + 1, options_.rounds);
  }

  std::int64_t order_index() const { return static_cast<std::int64_t>(result_.resumed + position_); }

  Record run_job(const Job& job, const PartialCases& partial, const ReferenceCase& reference) const {
    const plan::PlannedCase& planned = cases_[job.index];
    const bool first = partial.of(plan::key(planned.c)).empty();
    measure::Settings settings = settings_of_one_process(options_.settings, options_.rounds, first);
    settings.best_clock_hz = reference.best_clock_hz();
    settings.validations = validations_.of(planned.c);
    const std::string started_at = device::utc_now();
    Record record = run_case(planned, settings, options_.timeout_s);
    record.run_id = options_.invocation.run_id;
    record.env_id = environment_.env_id;
    record.repro = plan::reproduction(planned.c, options_.settings.seed);
    record.seed = static_cast<std::int64_t>(options_.settings.seed);
    record.started_at = started_at;
    record.order_index = order_index();
    if (record.time_median_ns) record.drift_frac = reference.drift(watched_device(planned.c));
    device::fill_roofline(ceilings_, record);
    device::correct_counts(ceilings_, record);
    return record;
  }

  // True for a measured process of a case of several. How one fails is how the case ends.
  bool is_process_of_more(const Job& job, Record& record, const PartialCases& partial) const {
    if (options_.rounds == 1 || cases_[job.index].status) return false;
    if (has_measurement(record.status)) return true;
    record.status_reason += fmt::format(" (process {} of {})", partial.of(record.case_key).size() + 1, options_.rounds);
    return false;
  }

  bool is_complete(const std::string& case_key, const PartialCases& partial) const {
    return partial.of(case_key).size() >= static_cast<std::size_t>(options_.rounds);
  }

  Record merge(const Record& last, const PartialCases& partial) const {
    Record record = merge_processes(partial.of(last.case_key), options_.settings);
    record.run_id = last.run_id;
    record.env_id = last.env_id;
    record.order_index = last.order_index;
    record.drift_frac = last.drift_frac;
    measure::fill_rates(record);
    device::fill_roofline(ceilings_, record);
    return record;
  }

  const Options& options_;
  Progress& progress_;
  std::size_t planned_;
  Result result_;
  std::vector<reports::Reference> references_;
  std::vector<plan::PlannedCase> cases_;
  Forecast forecast_;
  std::vector<device::Ceilings> ceilings_;
  reports::Environment environment_;
  Validations validations_;
  std::size_t position_ = 0;
  std::set<std::size_t> over_;  // cases that have their record
};

}  // namespace

Result run_plan(std::vector<plan::PlannedCase> cases, const Options& options, Progress& progress) {
  return PlanRunner(std::move(cases), options, progress).run();
}

}  // namespace attnscope::harness::schedule
