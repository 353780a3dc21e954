// The emulated GPU does everything at once: its stopwatch is the host's clock.
#include <chrono>

#include "suite/backends/cuda/measured_device.h"
#include "suite/backends/cuda/not_recordable.h"

namespace attnscope::backends::emulated_gpu {

namespace {

class HostStopwatch final : public Stopwatch {
 public:
  void hold() override {}
  void release() override {}
  void start() override { begin_ = Clock::now(); }
  void stop() override { end_ = Clock::now(); }
  Lap wait() override { return {.ns = std::chrono::duration<double, std::nano>(end_ - begin_).count()}; }
  void flush_caches() override {}
  double highest_clock_hz() const override { return 0; }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_, end_;
};

}  // namespace

std::unique_ptr<Stopwatch> make_stopwatch(Device&) { return std::make_unique<HostStopwatch>(); }

std::unique_ptr<Recording> record_queue(Device&, const std::function<void()>&) {
  throw NotRecordable("the emulated GPU has no queue that could be recorded");
}

}  // namespace attnscope::backends::emulated_gpu
