// Counters against known work, as a chip would have them that counts right, something else, or wrong.
#include "harness/gpu/counter_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#ifdef ATTNSCOPE_HAVE_CUPTI_HEADERS
#include "harness/gpu/cupti_range.h"
#include "tests/harness/fake_cupti.h"
#endif

namespace attnscope::harness::gpu {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CheckedCounter counter_at(double ratio) { return {CounterKind::tensor_bf16, "tensor.sum", ratio * 4096, 4096}; }

TEST(CounterCheck, TwoPerCentAreTolerated) {
  for (const double ratio : {1.0, 1.019, 0.981}) EXPECT_EQ(trust_in(counter_at(ratio)), Trust::exact) << ratio;
  for (const double ratio : {0.5, 0.509, 2.0, 1.97}) EXPECT_EQ(trust_in(counter_at(ratio)), Trust::scaled) << ratio;
  for (const double ratio : {0.0, 0.97, 1.03, 0.52, 2.1, 4.0})
    EXPECT_EQ(trust_in(counter_at(ratio)), Trust::none) << ratio;
}

TEST(CounterCheck, CountersOfSomethingElseAreCalibrated) {
  const Calibration calibration = calibration_of({counter_at(0.501),
                                                  {CounterKind::dram_read, "read.sum", 1010, 1000},
                                                  {CounterKind::f32_add, "fadd.sum", 1500, 1000}});
  EXPECT_EQ(calibration.ratio(CounterKind::tensor_bf16), 0.501);
  EXPECT_EQ(calibration.ratio(CounterKind::dram_read), 1);
  EXPECT_EQ(calibration.ratio(CounterKind::f32_add), 1) << "refused, not corrected";
  EXPECT_EQ(describe({counter_at(0.501), counter_at(1.01), counter_at(1.5)}),
            "bfloat16 tensor operations 0.501 (divided by it), bfloat16 tensor operations 1.010, "
            "bfloat16 tensor operations 1.500 (refused)");
}

TEST(CounterCheck, KindsHaveNamesToBeFoundBy) {
  for (const CounterKind kind : {CounterKind::f32_add, CounterKind::tensor_tf32, CounterKind::dram_write}) {
    EXPECT_EQ(counter_kind(to_string(kind)), kind);
  }
  EXPECT_FALSE(counter_kind("steps"));
}

#ifdef ATTNSCOPE_HAVE_CUPTI_HEADERS

// The dialogue with CUPTI as on a device, with a fake whose counters rise by what each run does, times `shown`.
class CounterCheckWithCupti : public testing::Test {
 protected:
  static constexpr const char *ffma = "sm__sass_thread_inst_executed_op_ffma_pred_on",
                              *bf16 = "sm__ops_path_tensor_src_bf16_dst_fp32", *read = "dram__bytes_read",
                              *write = "dram__bytes_write";

  void SetUp() override {
    fake() = {};
    fake().counters = {ffma, bf16, read, write};
  }
  // A run of the device: what it shows is that of the run, not of what prepares it.
  std::function<void()> running(std::map<std::string, double> counts) {
    return [this, counts] {
      ++runs_;
      for (const auto& [counter, count] : counts) fake().values[counter + ".sum"] = count * shown_[counter];
    };
  }
  std::vector<KnownWork> works() {
    KnownWork arithmetic{.request = {{ScalarType::f32}, {TensorType::bf16}, false, false},
                         .work = {{CounterKind::f32_multiply_add, 2e6}, {CounterKind::tensor_bf16, 4.096e6}}};
    arithmetic.run = running({{ffma, 1e6}, {bf16, 4.096e6}});
    KnownWork copy{.request = {{}, {}, false, true},
                   .work = {{CounterKind::dram_read, 1 << 20}, {CounterKind::dram_write, 1 << 20}}};
    copy.run = running({{read, 1 << 20}, {write, 1 << 20}});
    copy.prepare = running({{read, 7}, {write, 7}});
    return {arithmetic, copy};
  }
  Result<std::vector<CheckedCounter>> check() {
    return check_counters([this](const auto& request, const auto& run,
                                 const auto& prepare) { return count_with(cupti_, device_, request, run, prepare); },
                          works());
  }
  std::map<CounterKind, Trust> trust() {
    std::map<CounterKind, Trust> trust;
    const auto counters = check();
    EXPECT_TRUE(counters) << counters.reason();
    if (counters) {
      for (const CheckedCounter& counter : *counters) trust[counter.kind] = trust_in(counter);
    }
    return trust;
  }

  std::map<std::string, double> shown_{{ffma, 1}, {bf16, 1}, {read, 1}, {write, 1}};
  int runs_ = 0, context_ = 0;
  CuptiLibrary cupti_ = fake_cupti();
  DeviceContext device_{0, &context_, "0000:17:00.0", [] { return std::string(); }};
};

TEST_F(CounterCheckWithCupti, RightCountersAreTrusted) {
  const auto counters = check();
  ASSERT_TRUE(counters) << counters.reason();
  ASSERT_EQ(counters->size(), 4u);
  for (const CheckedCounter& counter : *counters) EXPECT_EQ(counter.ratio(), 1) << to_string(counter.kind);
  EXPECT_EQ(counters->front().metrics, std::string(ffma) + ".sum");
  EXPECT_EQ(runs_, 3 + 2 * 3) << "three passes each, those of the copy prepared";
}

TEST_F(CounterCheckWithCupti, HalfIsCorrectedAndOtherErrorsAreRefused) {
  shown_[bf16] = 0.5;
  shown_[write] = 0.97;
  EXPECT_EQ(trust(), (std::map<CounterKind, Trust>{{CounterKind::f32_multiply_add, Trust::exact},
                                                   {CounterKind::tensor_bf16, Trust::scaled},
                                                   {CounterKind::dram_read, Trust::exact},
                                                   {CounterKind::dram_write, Trust::none}}));
}

// Of a chip without counters of memory that leaves the others.
TEST_F(CounterCheckWithCupti, WhatAChipDoesNotCountIsNotChecked) {
  fake().counters = {ffma, read};
  EXPECT_EQ(trust(), (std::map<CounterKind, Trust>{{CounterKind::f32_multiply_add, Trust::exact},
                                                   {CounterKind::dram_read, Trust::exact}}));
}

TEST_F(CounterCheckWithCupti, MissingPrivilegesAreTheReason) {
  fake().failures["cuptiRangeProfilerEnable"] = CUPTI_ERROR_INSUFFICIENT_PRIVILEGES;
  EXPECT_THAT(check().reason(), HasSubstr("NVreg_RestrictProfilingToAdminUsers"));
  EXPECT_EQ(runs_, 0);
}

#endif

}  // namespace
}  // namespace attnscope::harness::gpu
