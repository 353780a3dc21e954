#include "harness/measure/device_timer.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <thread>

namespace attnscope::harness::measure {

namespace {

constexpr int patience = 3;                                       // held samples in a row that may fail
constexpr std::size_t clocks_remembered = 16, fewest_clocks = 8;  // of which the median is the usual one
constexpr double rest_s = 0.05;
constexpr double low_share = 0.75;  // of the device's highest clock: nvbench's line
constexpr std::size_t most_wall_samples = 100, fewest_wall_samples = 3;

template <class Values>
double median_of(Values values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

void DeviceTimer::sleep_for_seconds(double seconds) {
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

DeviceTimer::DeviceTimer(backends::Stopwatch& stopwatch, const Settings& settings, std::function<void(double)> rest)
    : stopwatch_(stopwatch), threshold_(settings.throttle_threshold), rest_(std::move(rest)) {}

void DeviceTimer::start() {
  if (holds_) stopwatch_.hold();
  stopwatch_.start();
}

double DeviceTimer::stop_ns() {
  stopwatch_.stop();
  if (holds_) stopwatch_.release();
  lap_ = stopwatch_.wait();
  return lap_.ns;
}

bool DeviceTimer::is_throttled() const {
  return lap_.clock_hz > 0 && clocks_.size() >= fewest_clocks && lap_.clock_hz < threshold_ * median_of(clocks_);
}

Timer::Quality DeviceTimer::quality(std::int64_t calls) {
  if (holds_ && !lap_.held) {
    if (calls == 1) holds_ = ++failed_holds_ < patience;
    ++discarded_;
    return Quality::overloaded;
  }
  if (calls == 1) failed_holds_ = 0;
  const bool throttled = is_throttled();
  if (lap_.clock_hz > 0) {
    clocks_.push_back(lap_.clock_hz);
    if (clocks_.size() > clocks_remembered) clocks_.pop_front();
  }
  if (throttled && ++throttled_ <= taken_) {
    ++discarded_;
    rest_(rest_s);
    return Quality::disturbed;
  }
  ++taken_;
  return Quality::good;
}

std::string DeviceTimer::finish(reports::Record& record) const {
  record.samples_discarded = discarded_;
  record.throttle_events = throttled_;
  std::string remark;
  if (!holds_) remark = "the time includes gaps between launches: a call cannot be queued as a whole beforehand";
  const double highest = stopwatch_.highest_clock_hz();
  if (!clocks_.empty() && median_of(clocks_) < low_share * highest) {
    remark += fmt::format("{}the device ran at {:.2f} GHz of at most {:.2f}", remark.empty() ? "" : "; ",
                          1e-9 * median_of(clocks_), 1e-9 * highest);
  }
  return remark;
}

double wall_time_ns(const std::function<void()>& run, const std::function<void()>& wait, const Settings& settings) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  std::vector<double> samples;
  do {
    const auto start = Clock::now();
    run();
    wait();
    samples.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count());
  } while (samples.size() < fewest_wall_samples ||
           (samples.size() < most_wall_samples &&
            std::chrono::duration<double>(Clock::now() - begin).count() < settings.max_time_s / 10));
  return median_of(std::move(samples));
}

}  // namespace attnscope::harness::measure
