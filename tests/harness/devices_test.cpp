// Devices: their names, what they compute in, and why there is no GPU.
#include "harness/device/devices.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/device/gpu_facts.h"
#include "harness/errors.h"
#include "harness/plan/plan.h"
#include "harness/plan/reproduction.h"
#include "suite/backends/cuda/discovery.h"

namespace attnscope::harness::device {
namespace {

using backends::gpu::explain_no_device;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string usage_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(Devices, ACudaDeviceHasANumber) {
  EXPECT_EQ(cuda_ordinal("cuda:0"), 0);
  EXPECT_EQ(cuda_ordinal("cuda:12"), 12);
  for (const char* other : {"cuda", "cuda:", "cuda:x", "cuda:1x", "cuda:-1", "cuda: 1", "cpu", "cudax:1"})
    EXPECT_FALSE(cuda_ordinal(other)) << other;
}

TEST(Devices, EachSaysWhatItComputesIn) {
  EXPECT_THAT(dtypes_of("cpu"), testing::ElementsAre("f32", "bf16"));
  EXPECT_THAT(dtypes_of("reference"), testing::ElementsAre("f32", "f64"));
  EXPECT_THAT(dtypes_of("cuda:3"), testing::ElementsAre("f32", "tf32", "bf16", "fp16"));
  EXPECT_FALSE(unsupported_dtype("cuda:0", "tf32"));
  EXPECT_EQ(unsupported_dtype("cuda:0", "f64"), "dtype f64: device cuda:0 computes in f32, tf32, bf16 and fp16");
  EXPECT_EQ(unsupported_dtype("cpu", "fp16"), "dtype fp16: device cpu computes in f32 and bf16");
  EXPECT_EQ(unsupported_dtype("reference", "tf32"), "dtype tf32: device reference computes in f32 and f64");
}

// On machines with and without a GPU: what is not there is refused with the reason that `list devices` shows.
TEST(Devices, WhatIsNotThereIsRefusedWithTheReason) {
  EXPECT_EQ(canonical_device("cpu"), "cpu");
  EXPECT_THAT(usage_error([] { canonical_device("gpu"); }), HasSubstr("unknown device 'gpu'"));
  EXPECT_THAT(usage_error([] { canonical_device("cuda:x"); }), HasSubstr("unknown device 'cuda:x'"));
  const auto& gpus = backends::gpu::discover();
  if (gpus.devices.empty()) {
    EXPECT_FALSE(gpus.why_none.empty());
    EXPECT_THAT(usage_error([] { canonical_device("cuda:0"); }), HasSubstr(gpus.why_none));
    EXPECT_THAT(usage_error([] { make_backend("cuda:0", "f32", 1); }), HasSubstr(gpus.why_none));
    EXPECT_FALSE(devices().back().available);
    EXPECT_EQ(devices().back().description, gpus.why_none);
  } else {
    EXPECT_EQ(canonical_device("cuda"), "cuda:0");
    EXPECT_THAT(usage_error([] { canonical_device("cuda:99"); }), HasSubstr("unknown device 'cuda:99'"));
  }
}

TEST(Devices, APlanRecordsWhatADeviceCannotComputeIn) {
  plan::Sweep sweep;
  sweep.variants = {"flash"};
  sweep.axes = {"dtype=f32,tf32,fp16,bf16"};
  const auto cases = plan::make_plan({.sweeps = {sweep}, .shard = {}});
  ASSERT_EQ(cases.size(), 4u);
  EXPECT_FALSE(cases[0].status);
  EXPECT_EQ(cases[1].status, reports::Status::unsupported);
  EXPECT_EQ(cases[1].reason, "dtype tf32: device cpu computes in f32 and bf16");
  EXPECT_EQ(cases[2].status, reports::Status::unsupported);
  EXPECT_FALSE(cases[3].status);
}

TEST(Launch, AsAGraphIsACaseOfItsOwnAndForGpusOnly) {
  plan::Sweep sweep;
  sweep.variants = {"flash"};
  sweep.axes = {"launch=stream,graph"};
  const auto cases = plan::make_plan({.sweeps = {sweep}, .shard = {}});
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_FALSE(cases[0].status);
  EXPECT_EQ(cases[1].status, reports::Status::unsupported);
  EXPECT_THAT(cases[1].reason, HasSubstr("launch graph: device cpu"));

  plan::Case c = cases[0].c;
  EXPECT_THAT(plan::key(c), Not(HasSubstr("launch"))) << "keys of earlier runs stay";
  EXPECT_EQ(plan::planned_record(c).launch, "");
  c.device = "cuda:0";
  const std::string by_stream = plan::key(c);
  EXPECT_EQ(plan::planned_record(c).launch, "stream");
  c.launch = "graph";
  EXPECT_EQ(plan::key(c), by_stream + ";launch=graph");
  EXPECT_EQ(plan::case_from_json(plan::to_json(c)), c);
  EXPECT_EQ(plan::recorded_case(plan::planned_record(c)), c);
  EXPECT_THAT(plan::reproduction(c, 1), HasSubstr("-a launch=graph"));
}

TEST(GpuFacts, SayWhatTheMachineIsOrWhyItHasNone) {
  backends::gpu::Discovery gpus;
  gpus.why_none = "none here";
  EXPECT_EQ(gpu_facts(gpus), nlohmann::json::parse(R"({"cuda": {"none": "none here"}})"));
  gpus.runtime = 13000;
  gpus.driver = 13010;
  gpus.devices = {{.ordinal = 0,
                   .name = "NVIDIA H200",
                   .pci_bus_id = "0000:17:00.0",
                   .major = 9,
                   .multiprocessors = 132,
                   .memory_bytes = std::int64_t{140} << 30,
                   .l2_bytes = 60 << 20,
                   .clock_hz = 1.98e9,
                   .ecc = true}};
  const nlohmann::json facts = gpu_facts(gpus);
  EXPECT_EQ(facts.at("gpu"), "NVIDIA H200, compute capability 9.0, 132 multiprocessors, 140.0 GiB");
  EXPECT_EQ(facts.at("driver"), "for CUDA 13.1");
  const nlohmann::json& device = facts.at("cuda").at("devices").at(0);
  EXPECT_EQ(device.at("device"), "cuda:0");
  EXPECT_EQ(device.at("max_clock_hz"), 1.98e9);
  EXPECT_EQ(device.at("ecc"), true);
}

TEST(NoDevice, TheRuntimesErrorsAreExplained) {
  const auto explain = [](int error, int driver) { return explain_no_device(error, "NAME", "words", 13000, driver); };
  EXPECT_THAT(explain(35, 0), AllOf(HasSubstr("no NVIDIA driver"), HasSubstr("NAME")));
  EXPECT_THAT(explain(35, 12040), AllOf(HasSubstr("knows CUDA 12.4"), HasSubstr("needs 13.0")));
  EXPECT_THAT(explain(34, 0), HasSubstr("stub"));
  unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(explain(100, 13000), "there is an NVIDIA driver, but no GPU (NAME)");
  setenv("CUDA_VISIBLE_DEVICES", "7", 1);
  EXPECT_THAT(explain(100, 13000), HasSubstr("CUDA_VISIBLE_DEVICES is '7'"));
  unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_EQ(explain(999, 13000), "words (NAME)");
}

}  // namespace
}  // namespace attnscope::harness::device
