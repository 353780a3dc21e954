// What watches a case may fail or end the process: what was measured before stays, with the reason of what is missing.
#include "harness/worker/observation.h"

#include <csignal>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <unistd.h>

#include "harness/worker/protocol.h"
#include "tests/harness/dying_worker.h"

namespace attnscope::harness::worker {
namespace {

using reports::Record;
using reports::Status;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ObservationDeathTest, WhatWasMeasuredOutlivesTheProcess) {
  const Record record = record_of_worker_that_dies([] { std::raise(SIGABRT); });
  EXPECT_EQ(record.status, Status::unstable);
  EXPECT_EQ(record.time_median_ns, 1234);
  EXPECT_EQ(record.power_mean_w, 321) << "of the pass before";
  EXPECT_THAT(record.status_reason,
              AllOf(StartsWith("noise; not observed to the end: signal 6"), HasSubstr("during kernels")));
  EXPECT_THAT(record.counter_events, AllOf(StartsWith("none: signal 6"), HasSubstr("during kernels")));
  EXPECT_THAT(record.profile.at("kernels_missing").get<std::string>(), StartsWith("signal 6"));
}

class Observation : public testing::Test {
 protected:
  // Messages go where a worker has its parent.
  void SetUp() override {
    saved_ = dup(message_descriptor);
    dup2(open("/dev/null", O_WRONLY), message_descriptor);
  }
  void TearDown() override {
    if (saved_ >= 0) dup2(saved_, message_descriptor);
  }
  int saved_ = -1;
};

TEST_F(Observation, APassThatThrowsLeavesTheOthers) {
  bool later = false;
  Record record;
  const measure::Verdict verdict = observe(
      {{"kernels", [] { throw std::runtime_error("the device is lost"); }}, {"counters", [&] { later = true; }}},
      {Status::ok, ""}, record);
  EXPECT_TRUE(later);
  EXPECT_EQ(verdict.status, Status::ok);
  EXPECT_EQ(verdict.reason, "not observed to the end: exception during kernels: the device is lost");
}

TEST_F(Observation, WhatWasFoundKeepsItsOwnReason) {
  Record record;
  record.device = "cuda:0";
  record.counter_events = "GH100, 3 passes";
  record.profile["kernels"] = {1};
  record.energy_source = "counter: 3 calls";
  fill_unobserved("why", true, record);
  EXPECT_EQ(record.counter_events, "GH100, 3 passes");
  EXPECT_FALSE(record.profile.contains("kernels_missing"));
  EXPECT_EQ(record.profile.at("allocations_missing"), "why");
  EXPECT_EQ(record.energy_source, "counter: 3 calls");
  Record on_cpu;
  on_cpu.device = "cpu";
  fill_unobserved("why", true, on_cpu);
  EXPECT_EQ(on_cpu.counter_events, "none: why");
  EXPECT_FALSE(on_cpu.profile.contains("kernels_missing")) << "a CPU has none";
}

}  // namespace
}  // namespace attnscope::harness::worker
