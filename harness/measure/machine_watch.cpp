#include "harness/measure/machine_watch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <sys/resource.h>

#include "harness/device/system_file.h"
#include "harness/measure/clock_probe.h"
#include "reports/statistics.h"

namespace attnscope::harness::measure {

namespace {

using namespace std::chrono_literals;

constexpr auto clock_interval = 2ms;  // a probe takes some 20 µs
constexpr auto load_interval = 50ms;  // reading /proc takes some 100 µs

std::int64_t involuntary_switches() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Threads of this process in state R. The state follows the name in parentheses, which may hold anything.
double own_running_tasks() {
  double running = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    const std::string text = device::read_system_file(task.path() / "stat");
    const auto name_end = text.rfind(')');
    if (name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] == 'R') ++running;
  }
  return running;
}

}  // namespace

std::optional<double> load_of_others() {
  std::ifstream file("/proc/stat");
  double running = 0;
  for (std::string name; file >> name;) {
    if (name == "procs_running" && file >> running) return std::max(0.0, running - own_running_tasks());
  }
  return std::nullopt;
}

MachineWatch::MachineWatch() : preemptions_before_(involuntary_switches()) {
  probe_clock();
  probe_load();
}

void MachineWatch::look() {
  const auto now = Clock::now();
  if (now - last_clock_ >= clock_interval) probe_clock();
  if (now - last_load_ >= load_interval) probe_load();
  probe_of_sample_.push_back(clocks_.empty() ? 0 : clocks_.size() - 1);
}

void MachineWatch::probe_clock() {
  if (const auto clock = probe_core_clock()) clocks_.push_back(*clock);
  last_clock_ = Clock::now();
}

void MachineWatch::probe_load() {
  if (const auto load = load_of_others()) loads_.push_back(*load);
  last_load_ = Clock::now();
}

std::vector<double> MachineWatch::sample_clocks() const {
  std::vector<double> result;
  if (clocks_.empty()) return result;
  for (const std::size_t before : probe_of_sample_) {
    const std::size_t after = std::min(before + 1, clocks_.size() - 1);
    result.push_back((clocks_[before] + clocks_[after]) / 2);
  }
  return result;
}

void MachineWatch::finish(reports::Record& record) {
  probe_clock();
  probe_load();
  preemptions_ = involuntary_switches() - preemptions_before_;
  if (!loads_.empty()) record.load_mean = mean(loads_);
  const std::vector<double> clocks = sample_clocks();
  if (!clocks.empty()) fill_clocks(clocks, record);
}

void fill_clocks(const std::vector<double>& clocks, reports::Record& record) {
  record.clock_mean_hz = mean(clocks);
  record.clock_min_hz = std::ranges::min(clocks);
  std::vector<double> cycles;
  for (std::size_t i = 0; i < clocks.size(); ++i) cycles.push_back(record.samples_ns[i] * 1e-9 * clocks[i]);
  std::ranges::sort(cycles);
  record.cycles_median = reports::quantile_sorted(cycles, 0.5);
}

}  // namespace attnscope::harness::measure
