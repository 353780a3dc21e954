#include "harness/measure/time_on_device.h"

#include "harness/measure/device_timer.h"
#include "harness/measure/time.h"

namespace attnscope::harness::measure {

Verdict time_on_device(backends::GpuBackend& gpu, const std::function<void()>& run, const plan::Case& c,
                       const Settings& settings, reports::Record& record) {
  // Loads every kernel and draws all memory, neither of which can be done while the queue is held or recorded.
  run();
  gpu.synchronize();
  std::unique_ptr<backends::Recording> recording;
  std::function<void()> queue = run;
  if (c.launch == "graph") {
    recording = gpu.record(run);
    queue = [&] { recording->queue(); };
  }

  const auto stopwatch = gpu.make_stopwatch();
  DeviceTimer timer(*stopwatch, settings);
  const auto prepare = c.cache == "cold" ? std::function<void()>([&] { stopwatch->flush_caches(); }) : nullptr;
  Verdict verdict = time_runs(queue, prepare, timer, settings, record);
  record.gpu_time_median_ns = record.time_median_ns;
  record.wall_time_median_ns = wall_time_ns(
      queue, [&] { gpu.synchronize(); }, settings);
  const std::string remark = timer.finish(record);
  if (!remark.empty()) verdict.reason += (verdict.reason.empty() ? "" : "; ") + remark;
  return verdict;
}

}  // namespace attnscope::harness::measure
