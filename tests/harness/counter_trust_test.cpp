// Work of known size on the emulated GPU, and what checked counters make of a record's counts.
#include "harness/device/counter_trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/backends/cuda/cuda.h"

namespace attnscope::harness::device {
namespace {

using gpu::CounterKind;
using tensor::DType;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Pair;

class WorksOfKnownSize : public testing::TestWithParam<std::tuple<DType, CounterKind, double>> {};
INSTANTIATE_TEST_SUITE_P(Types, WorksOfKnownSize,
                         testing::Values(std::tuple{DType::f32, CounterKind::tensor_tf32, 2048.},
                                         std::tuple{DType::bf16, CounterKind::tensor_bf16, 4096.},
                                         std::tuple{DType::fp16, CounterKind::tensor_f16, 4096.}));

// Two multiprocessors with two blocks each of 8 warps; 8 chains of 16 operations each.
TEST_P(WorksOfKnownSize, AreArithmeticAndACopy) {
  const auto& [dtype, tensor_kind, flops_of_product] = GetParam();
  const auto backend = backends::emulated_gpu::make_cuda({.dtype = dtype});
  const auto works = works_of_known_size(dynamic_cast<backends::GpuBackend&>(*backend), 1, 1 << 16);
  ASSERT_EQ(works.size(), 2u);
  constexpr double operations = 2 * 2 * 256 * 8 * 16;
  EXPECT_EQ(works[0].work, (std::map<CounterKind, double>{{CounterKind::f32_add, operations},
                                                          {CounterKind::f32_multiply, operations},
                                                          {CounterKind::f32_multiply_add, 2 * operations},
                                                          {tensor_kind, operations / 32 * flops_of_product}}));
  EXPECT_EQ(works[1].work,
            (std::map<CounterKind, double>{{CounterKind::dram_read, 1 << 16}, {CounterKind::dram_write, 1 << 16}}));
  for (const gpu::KnownWork& work : works) {
    if (work.prepare) work.prepare();
    work.run();
  }
}

Ceilings ceilings_with(double tensor_ratio, double read_ratio) {
  return {.device = "cuda:0",
          .dtype = "bf16",
          .streams = {},
          .counters = {{CounterKind::f32_multiply_add, "ffma.sum", 1000, 1000},
                       {CounterKind::tensor_bf16, "tensor.sum", tensor_ratio * 1000, 1000},
                       {CounterKind::dram_read, "read.sum", read_ratio * 1000, 1000}}};
}

reports::Record record_of_counts() {
  reports::Record record;
  record.device = "cuda:0";
  record.dtype = "bf16";
  record.flops_measured = 10'200;
  record.bytes_measured = 700;
  record.counter_events = "GH100, 3 passes: …";
  record.profile["counted"] = {{"float32 multiply-adds", 200.0},
                               {"bfloat16 tensor operations", 10'000.0},
                               {"DRAM bytes read", 400.0},
                               {"DRAM bytes written", 300.0}};
  return record;
}

TEST(CorrectCounts, TrustedCountersLeaveThemAsTheyAre) {
  reports::Record record = record_of_counts();
  correct_counts({ceilings_with(1.001, 1)}, record);
  EXPECT_EQ(record.flops_measured, 10'200);
  EXPECT_EQ(record.bytes_measured, 700);
  EXPECT_THAT(record.counter_events, EndsWith("of known work counted: float32 multiply-adds 1.000, bfloat16 tensor "
                                              "operations 1.001, DRAM bytes read 1.000"));
}

TEST(CorrectCounts, HalfOfThemIsMadeWhole) {
  reports::Record record = record_of_counts();
  correct_counts({ceilings_with(0.5, 1)}, record);
  EXPECT_EQ(record.flops_measured, 20'200);
  EXPECT_EQ(record.bytes_measured, 700);
}

TEST(CorrectCounts, FiguresOfWrongCountersAreLeftOut) {
  reports::Record record = record_of_counts();
  correct_counts({ceilings_with(1, 1.1)}, record);
  EXPECT_EQ(record.flops_measured, 10'200);
  EXPECT_FALSE(record.bytes_measured);
  EXPECT_THAT(record.counter_events, EndsWith("DRAM bytes read 1.100 (refused)"));
}

TEST(CorrectCounts, OthersAreNotTouched) {
  for (const char* other : {"device", "counters"}) {
    Ceilings ceilings = ceilings_with(0.5, 1);
    if (other == std::string("device")) ceilings.device = "cuda:1";
    if (other == std::string("counters")) ceilings.counters.clear();
    reports::Record record = record_of_counts();
    correct_counts({ceilings}, record);
    EXPECT_EQ(record.flops_measured, 10'200) << other;
    EXPECT_EQ(record.counter_events, record_of_counts().counter_events) << other;
  }
}

TEST(CounterTrust, IsKeptInTheFileOfCeilings) {
  Ceilings ceilings = ceilings_with(0.5, 1.1);
  ceilings.counters_missing = "half of them";
  const Ceilings again = ceilings_from_json(to_json(ceilings));
  ASSERT_EQ(again.counters.size(), 3u);
  EXPECT_EQ(again.counters[1].kind, CounterKind::tensor_bf16);
  EXPECT_EQ(again.counters[1].metrics, "tensor.sum");
  EXPECT_EQ(again.counters[1].ratio(), 0.5);
  EXPECT_EQ(again.counters_missing, "half of them");
  EXPECT_FALSE(to_json(Ceilings{}).contains("counters"));
}

}  // namespace
}  // namespace attnscope::harness::device
