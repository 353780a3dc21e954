#include "harness/worker/worker.h"

#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <iostream>
#include <iterator>
#include <memory>
#include <new>
#include <unistd.h>
#include <vector>

#include "harness/device/ceilings.h"
#include "harness/device/memory.h"
#include "harness/measure/cache_state.h"
#include "harness/measure/counters.h"
#include "harness/measure/gpu_observer.h"
#include "harness/measure/memory.h"
#include "harness/measure/profile.h"
#include "harness/measure/subject.h"
#include "harness/measure/time.h"
#include "harness/measure/time_on_device.h"
#include "harness/measure/validate.h"
#include "harness/measure/work.h"
#include "harness/worker/observation.h"
#include "harness/worker/protocol.h"
#include "reports/jsonl.h"
#include "suite/backends/cuda/not_recordable.h"
#include "suite/tensor/memory_pool.h"

namespace attnscope::harness::worker {

namespace {

using reports::Record;
using reports::Status;

struct Ending {
  Status status;
  std::string reason;
};

void enter(const char* stage) { send({{"stage", stage}}); }

measure::Verdict time_session(attention::Session& session, const measure::Subject& subject,
                              const measure::Settings& settings, Record& record) {
  const plan::Case& c = subject.c;
  if (backends::GpuBackend* gpu = subject.gpu()) {
    return measure::time_on_device(
        *gpu, [&] { session.run(); }, c, settings, record);
  }
  const auto prepare = c.cache == "cold" ? measure::cache_thrasher(c.threads) : std::function<void()>{};
  measure::HostTimer timer;
  return measure::time_runs([&] { session.run(); }, prepare, timer, settings, record);
}

// What watches the case on its device, beside the profile by ops. `afresh` does without the session that there is.
std::vector<Pass> passes_of_device(const measure::Subject& subject, const std::function<void()>& run,
                                   const std::function<void()>& afresh, const measure::Settings& settings,
                                   Record& record) {
  const backends::GpuBackend* gpu = subject.gpu();
  if (gpu == nullptr) return {{"counters", [&] { measure::measure_counters(run, record); }}};
  const auto observer = std::make_shared<measure::GpuObserver>(gpu->ordinal(), settings);
  std::vector<Pass> passes{{"power", [&, observer] { observer->measure_power(run, record); }}};
  if (settings.profile) passes.push_back({"kernels", [&, observer] { observer->trace_kernels(run, record); }});
  passes.push_back({"counters", [&, observer] { observer->measure_counters(run, record); }});
  if (settings.profile) {
    passes.push_back({"allocations", [&, observer] { observer->trace_allocations(afresh, record); }});
  }
  return passes;
}

Ending measure_case(const plan::Case& c, const measure::Settings& settings, Record& record) {
  enter("prediction");
  const std::int64_t resident_before = device::resident_bytes(getpid());
  measure::Subject subject = measure::make_subject(c);
  record.impl = subject.backend->implementation();
  record.family = subject.variant->info().family;
  measure::fill_work(c.problem, subject.prediction, tensor::size_of(subject.backend->dtype()), record);
  measure::predict_memory(subject.prediction, record);
  if (const auto reason = measure::why_too_large(subject, settings.memory_limit_bytes)) {
    return {Status::oom_predicted, *reason};
  }

  if (settings.validate) {
    enter("validation");
    if (auto fault = measure::validate_against_oracle(subject, settings, record)) return {fault->status, fault->reason};
  }

  enter("set-up");
  const auto start = std::chrono::steady_clock::now();
  std::unique_ptr<attention::Session> session(
      new attention::Session(measure::open_session(subject, c.problem, *subject.backend, settings)));
  record.setup_time_ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
  if (settings.validate) {
    enter("validation at full shape");
    session->run();
    if (auto fault = measure::validate_full_shape(subject, *session, settings, record))
      return {fault->status, fault->reason};
  }

  enter("timing");
  const measure::Verdict timing = time_session(*session, subject, settings, record);

  enter("memory");
  measure::measure_memory(*session, subject, resident_before, record);
  measure::fill_rates(record);
  const std::function<void()> run = [&] { session->run(); };
  const std::function<void()> afresh = [&] {
    session.reset();  // its memory is wanted
    measure::open_session(subject, c.problem, *subject.backend, settings).run();
  };
  std::vector<Pass> passes = passes_of_device(subject, run, afresh, settings, record);
  if (settings.profile) {
    passes.insert(passes.begin(), {"profile", [&] { measure::measure_profile(*session, record); }});
  }
  const measure::Verdict verdict = observe(passes, timing, record);
  fill_unobserved(verdict.reason, settings.profile, record);
  return {verdict.status, verdict.reason};
}

// What went wrong in a case that did not crash the process.
Ending guarded(const plan::Case& c, const measure::Settings& settings, Record& record) {
  try {
    return measure_case(c, settings, record);
  } catch (const tensor::OutOfMemory& error) {
    return {Status::oom, error.what()};
  } catch (const std::bad_alloc&) {
    return {Status::oom, "the system refused an allocation (std::bad_alloc)"};
  } catch (const ops::Unsupported& error) {
    return {Status::unsupported, error.what()};
  } catch (const backends::NotRecordable& error) {
    return {Status::unsupported, fmt::format("launch graph: {}", error.what())};
  } catch (const std::exception& error) {
    return {Status::crashed, fmt::format("exception: {}", error.what())};
  }
}

void predict_cases(const nlohmann::json& cases) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    try {
      const measure::Subject subject = measure::make_subject(plan::case_from_json(cases[i]));
      send({{"prediction", i}, {"multiply_adds", subject.prediction.cost.multiply_adds}});
    } catch (const std::exception&) {
      continue;  // the case itself will tell
    }
  }
}

void send_ceilings(const nlohmann::json& what) {
  constexpr double seconds = 0.02;  // for each of a dozen figures
  send({{"ceilings",
         device::to_json(device::measure_ceilings(what.at("device"), what.at("dtype"), what.at("threads"), seconds))}});
}

}  // namespace

int run_worker() {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  const nlohmann::json request = nlohmann::json::parse(text);
  if (request.contains("predict")) {
    predict_cases(request["predict"]);
    return 0;
  }
  if (request.contains("calibrate")) {
    send_ceilings(request["calibrate"]);
    return 0;
  }
  if (request.contains("environment")) {
    const auto environment = device::read_environment(invocation_from_json(request["environment"]));
    send({{"environment", reports::to_json(environment)}});
    return 0;
  }
  const plan::Case c = plan::case_from_json(request.at("measure"));
  Record record = plan::planned_record(c);
  const Ending ending = guarded(c, measure::settings_from_json(request.at("settings")), record);
  send({{"end", to_string(ending.status)}, {"reason", ending.reason}, {"record", reports::to_json(record)}});
  return 0;
}

}  // namespace attnscope::harness::worker
