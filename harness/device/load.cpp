#include "harness/device/load.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace attnscope::harness::device {

namespace {

// CPU seconds that all processes of the machine have used, from the line "cpu user nice system idle iowait irq softirq
// steal …" of /proc/stat, in clock ticks.
double machine_busy_s() {
  std::ifstream file("/proc/stat");
  std::string name;
  std::array<double, 8> ticks{};
  file >> name;
  for (double& value : ticks) file >> value;
  constexpr std::array busy{0, 1, 2, 5, 6, 7};  // all but idle and iowait
  double sum = 0;
  for (const int index : busy) sum += ticks[static_cast<std::size_t>(index)];
  return sum / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

double own_busy_s() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    sum += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  return sum;
}

double wall_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

OtherLoad::OtherLoad() : busy_s_(machine_busy_s()), own_s_(own_busy_s()), wall_s_(wall_s()) {}

double OtherLoad::mean() const {
  const double elapsed = wall_s() - wall_s_;
  if (elapsed <= 0) return 0;
  return std::max(0.0, machine_busy_s() - busy_s_ - (own_busy_s() - own_s_)) / elapsed;
}

}  // namespace attnscope::harness::device
