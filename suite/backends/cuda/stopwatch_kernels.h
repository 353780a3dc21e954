// The two kernels of the stopwatch. Flags and ticks lie in memory that host and device share.
#pragma once

#include <cstdint>

namespace attnscope::backends::gpu {

struct Hold {
  int released;  // set by the host
  int gave_up;   // set by the device
};
struct Tick {
  std::uint64_t ns, cycles;  // of the device's global timer and of a multiprocessor's clock; 0: not taken
};

// A kernel that ends when `hold` is released, or `patience_ns` after it began.
void queue_hold(void* queue, volatile Hold* hold, std::uint64_t patience_ns);
// One that reads both clocks on multiprocessor 0.
void queue_tick(void* queue, Tick* tick, int multiprocessors);

}  // namespace attnscope::backends::gpu
