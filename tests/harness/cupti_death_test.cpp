// A libcupti that takes the process down while it traces a measured case.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/gpu/activity_session.h"
#include "tests/harness/dying_worker.h"
#include "tests/harness/fake_cupti.h"

namespace attnscope::harness::gpu {
namespace {

TEST(CuptiDeathTest, LosesTheProfileAndNothingElse) {
  fake() = {};
  fake().dies_in = "cuptiActivityFlushAll";
  const CuptiLibrary cupti = fake_cupti();
  int context = 0;
  const DeviceContext device{0, &context, "0000:17:00.0", [] { return std::string(); }};
  const reports::Record record = record_of_worker_that_dies([&] {
    trace_kernels_with(
        cupti, device, [] {}, KernelOverlap::allowed);
  });
  EXPECT_EQ(record.time_median_ns, 1234);
  EXPECT_THAT(record.profile.at("kernels_missing").get<std::string>(), testing::HasSubstr("during kernels"));
}

}  // namespace
}  // namespace attnscope::harness::gpu
