// Runs of kernels on the emulated GPU, without a device.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <string>

#include "suite/backends/cuda/emulated/thread_block.h"

namespace attnscope::backends::emulated_gpu {

// A test under every schedule of warps.
class UnderEachSchedule : public testing::TestWithParam<Schedule> {
 protected:
  void SetUp() override { set_schedule(GetParam()); }
};
inline const auto each_schedule =
    testing::Values(Schedule::fair, Schedule::lowest_warp_first, Schedule::highest_warp_first);

// What a block of so many threads is refused with.
inline std::string error_of(unsigned threads, std::size_t shared_bytes, const std::function<void()>& body) {
  try {
    ThreadBlock::run_grid({1}, {threads}, shared_bytes, body);
  } catch (const KernelError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace attnscope::backends::emulated_gpu
