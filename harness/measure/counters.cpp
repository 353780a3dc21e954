#include "harness/measure/counters.h"

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace attnscope::harness::measure {

namespace {

class Counter {
 public:
  Counter(const device::HardwareEvent& event, pid_t thread) : weight_(event.weight) {
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = event.type;
    attributes.config = event.config;
    attributes.disabled = 1;
    attributes.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    if (event.cpu < 0) attributes.exclude_kernel = attributes.exclude_hv = 1;
    descriptor_ = static_cast<int>(
        syscall(SYS_perf_event_open, &attributes, event.cpu < 0 ? thread : -1, event.cpu, -1, PERF_FLAG_FD_CLOEXEC));
    error_ = descriptor_ < 0 ? errno : 0;
  }
  Counter(Counter&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), error_(other.error_), weight_(other.weight_) {}
  Counter& operator=(Counter&&) = delete;
  ~Counter() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  int error() const { return error_; }
  void start() const { ioctl(descriptor_, PERF_EVENT_IOC_ENABLE, 0); }
  void stop() const { ioctl(descriptor_, PERF_EVENT_IOC_DISABLE, 0); }

  // Negative when the event was never on a counter.
  double value() const {
    std::array<std::uint64_t, 3> data{};  // count, time enabled, time running
    if (read(descriptor_, data.data(), sizeof data) != static_cast<ssize_t>(sizeof data)) return -1;
    if (data[1] == 0) return 0;  // the thread did not run
    if (data[2] == 0) return -1;
    return weight_ * static_cast<double>(data[0]) * static_cast<double>(data[1]) / static_cast<double>(data[2]);
  }

 private:
  int descriptor_ = -1, error_ = 0;
  double weight_;
};

std::vector<pid_t> own_threads() {
  std::vector<pid_t> threads;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    threads.push_back(static_cast<pid_t>(std::stol(entry.path().filename())));
  }
  return threads;
}

std::string names_and_weights(const std::vector<device::HardwareEvent>& events) {
  std::string text;
  for (const device::HardwareEvent& event : events)
    text += fmt::format("{}{}×{:g}", text.empty() ? "" : " + ", event.name, event.weight);
  return text;
}

// Counts one quantity into `target`; returns what to say about it.
std::string fill(const device::EventChoice& choice, const std::function<void()>& run,
                 reports::OptionalNumber<std::int64_t>& target) {
  if (choice.events.empty()) return "none: " + choice.reason;
  const Count count = count_events(choice.events, run);
  if (!count.error.empty()) return "none: " + count.error;
  target = std::llround(count.value);
  return names_and_weights(choice.events);
}

}  // namespace

Count count_events(const std::vector<device::HardwareEvent>& events, const std::function<void()>& run) {
  std::vector<Counter> counters;
  for (const device::HardwareEvent& event : events) {
    const std::vector<pid_t> threads = event.cpu < 0 ? own_threads() : std::vector<pid_t>{-1};
    for (const pid_t thread : threads) {
      counters.emplace_back(event, thread);
      if (const int error = counters.back().error(); error != 0) {
        return {0, fmt::format("{} cannot be counted ({})", event.name, std::strerror(error))};
      }
    }
  }
  for (const Counter& counter : counters) counter.start();
  run();
  for (const Counter& counter : counters) counter.stop();
  Count count;
  for (const Counter& counter : counters) {
    const double value = counter.value();
    if (value < 0) return {0, "the counters were taken by others all the time"};
    count.value += value;
  }
  return count;
}

void measure_counters(const std::function<void()>& run, reports::Record& record) {
  const std::string flops = fill(device::floating_point_events(device::read_processor()), run, record.flops_measured);
  const std::string bytes = fill(device::memory_events(), run, record.bytes_measured);
  record.counter_events = fmt::format("FLOPs: {}; bytes: {}", flops, bytes);
  if (!record.flops_measured || !record.flops_model) return;
  // Exponentials are polynomials of some twenty operations, which the model counts apart.
  const auto model = static_cast<double>(*record.flops_model + record.flops_other_model.value_or(0));
  record.counter_events += fmt::format("; {:.3g} times flops_model + flops_other_model",
                                       static_cast<double>(*record.flops_measured) / model);
}

}  // namespace attnscope::harness::measure
