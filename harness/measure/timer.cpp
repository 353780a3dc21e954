#include "harness/measure/timer.h"

#include <algorithm>
#include <array>

namespace attnscope::harness::measure {

double timer_overhead_ns(Timer& timer) {
  std::array<double, 1001> empty{};
  for (double& duration : empty) {
    timer.start();
    duration = timer.stop_ns();
  }
  std::ranges::nth_element(empty, empty.begin() + empty.size() / 2);
  return empty[empty.size() / 2];
}

}  // namespace attnscope::harness::measure
