// The timing pass of a GPU, with a device whose every duration and clock is known, and with the emulated GPU.
#include <algorithm>
#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "harness/device/ceilings.h"
#include "harness/measure/device_timer.h"
#include "harness/measure/gpu_observer.h"
#include "harness/measure/memory.h"
#include "harness/measure/subject.h"
#include "harness/measure/time.h"
#include "harness/measure/time_on_device.h"
#include "suite/attention/session.h"
#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/not_recordable.h"

namespace attnscope::harness::measure {
namespace {

using reports::Record;
using reports::Status;
using testing::HasSubstr;

// A queue in which each call takes what `call_ns` answers for its number. It holds at most `most_held` calls back.
class FakeDevice final : public backends::Stopwatch {
 public:
  std::function<double(int)> call_ns = [](int) { return 1e6; };
  std::function<double(int)> sample_clock_hz = [](int) { return 1.5e9; };
  int most_held = 1000;
  double highest_hz = 1.6e9;
  int calls = 0, samples = 0, flushes = 0, held_samples = 0;

  void call() {
    pending_ns_ += call_ns(calls++);
    if (is_held_ && ++held_calls_ > most_held) lost_patience_ = true;
    flushed_ = false;
  }

  void hold() override {
    is_held_ = true;
    lost_patience_ = false;
    held_calls_ = 0;
  }
  void release() override {
    EXPECT_TRUE(is_held_) << "released what was not held";
    is_held_ = false;
    ++held_samples;
  }
  void start() override { pending_ns_ = 0; }
  void stop() override {}
  Lap wait() override {
    EXPECT_FALSE(is_held_) << "waits for a queue that stands still";
    return {pending_ns_, sample_clock_hz(samples++), !lost_patience_};
  }
  void flush_caches() override {
    EXPECT_FALSE(is_held_) << "flushes behind the hold";
    ++flushes;
    flushed_ = true;
  }
  double highest_clock_hz() const override { return highest_hz; }

 private:
  bool is_held_ = false, lost_patience_ = false, flushed_ = false;
  int held_calls_ = 0;
  double pending_ns_ = 0;
};

Settings quick() {
  Settings settings;
  settings.min_time_s = 0;
  settings.warm_up.runs = 10;
  return settings;
}

struct Timed {
  Record record;
  Verdict verdict;
  std::string remark;
  int rests = 0;
};
Timed time_fake(FakeDevice& device, const Settings& settings = quick(), bool cold = false) {
  Timed timed;
  DeviceTimer timer(device, settings, [&](double) { ++timed.rests; });
  const auto prepare = cold ? std::function<void()>([&] { device.flush_caches(); }) : nullptr;
  timed.verdict = time_runs([&] { device.call(); }, prepare, timer, settings, timed.record);
  timed.remark = timer.finish(timed.record);
  return timed;
}

TEST(DeviceTiming, TimesAreTheDevicesAndSoIsTheClock) {
  FakeDevice device;
  const Timed timed = time_fake(device);
  EXPECT_EQ(timed.verdict.status, Status::ok) << timed.verdict.reason;
  EXPECT_EQ(timed.record.time_median_ns, 1e6);
  EXPECT_EQ(timed.record.clock_mean_hz, 1.5e9);
  EXPECT_EQ(timed.record.clock_min_hz, 1.5e9);
  EXPECT_EQ(timed.record.cycles_median, 1.5e6);
  EXPECT_EQ(timed.record.samples_discarded, 0);
  EXPECT_EQ(timed.record.throttle_events, 0);
  EXPECT_EQ(timed.remark, "");
  EXPECT_EQ(device.held_samples, device.samples) << "every sample is queued beforehand";
}

TEST(DeviceTiming, ColdSamplesAreOneCallBehindAFlush) {
  FakeDevice device;
  device.call_ns = [](int) { return 1e3; };
  const Timed timed = time_fake(device, quick(), true);
  EXPECT_EQ(timed.record.inner_iterations, 1);
  EXPECT_EQ(device.flushes, device.calls);
}

TEST(DeviceTiming, ShortCallsAreBatchedAsFarAsTheQueueCanBeHeld) {
  FakeDevice device;
  device.call_ns = [](int) { return 100; };
  EXPECT_EQ(time_fake(device).record.inner_iterations, 500) << "50 us";
  device.most_held = 70;
  const Timed limited = time_fake(device);
  EXPECT_EQ(limited.record.inner_iterations, 62) << "half of half of half";
  EXPECT_EQ(limited.record.time_median_ns, 100);
  EXPECT_EQ(limited.record.samples_discarded, 3);
  EXPECT_EQ(limited.remark, "") << "no gap is timed";
}

TEST(DeviceTiming, CallsThatCannotBeHeldAreTimedWithTheirGapsAndTheRecordSaysSo) {
  FakeDevice device;
  device.most_held = 0;
  const Timed timed = time_fake(device);
  EXPECT_EQ(timed.verdict.status, Status::ok);
  EXPECT_EQ(timed.record.time_median_ns, 1e6);
  EXPECT_THAT(timed.remark, HasSubstr("gaps between launches"));
  EXPECT_EQ(timed.record.samples_discarded, 3);
}

TEST(DeviceTiming, SamplesOfALoweredClockAreTakenAgainAfterARest) {
  FakeDevice device;
  // Every fifth sample of the timing loop has a low clock and takes twice as long.
  const auto low = [](int sample) { return sample > 1020 && sample % 5 == 0; };
  device.sample_clock_hz = [&](int sample) { return low(sample) ? 1.0e9 : 1.5e9; };
  device.call_ns = [&](int) { return low(device.samples) ? 2e6 : 1e6; };
  Settings settings = quick();
  settings.min_samples = 40;
  const Timed timed = time_fake(device, settings);
  EXPECT_EQ(timed.verdict.status, Status::ok) << timed.verdict.reason;
  EXPECT_EQ(timed.record.time_max_ns, 1e6);
  EXPECT_EQ(timed.record.clock_min_hz, 1.5e9);
  EXPECT_GT(*timed.record.samples_discarded, 5);
  EXPECT_EQ(timed.record.throttle_events, timed.record.samples_discarded);
  EXPECT_EQ(timed.rests, *timed.record.samples_discarded);
}

TEST(DeviceTiming, AClockThatStaysLowEndsTheRejectionAndIsTold) {
  FakeDevice device;
  device.sample_clock_hz = [](int sample) { return sample < 1015 ? 1.5e9 : 0.9e9; };
  Settings settings = quick();
  settings.min_samples = 100;
  const Timed timed = time_fake(device, settings);
  EXPECT_EQ(timed.record.samples, 100);
  EXPECT_LE(*timed.record.samples_discarded, 10);
  EXPECT_THAT(timed.remark, HasSubstr("the device ran at 0.90 GHz of at most 1.60"));
}

TEST(DeviceTiming, WithoutAClockNothingIsRejected) {
  FakeDevice device;
  device.sample_clock_hz = [](int) { return 0.0; };
  const Timed timed = time_fake(device);
  EXPECT_EQ(timed.record.samples_discarded, 0);
  EXPECT_EQ(timed.record.samples, 6);
  EXPECT_FALSE(timed.record.clock_mean_hz) << "the host's is not the device's";
}

TEST(DeviceTiming, ASampleTooShortForTheClockCountsAsTheOthers) {
  FakeDevice device;
  device.sample_clock_hz = [](int sample) { return sample % 3 == 0 ? 0.0 : 1.5e9; };
  const Timed timed = time_fake(device);
  EXPECT_EQ(timed.record.clock_min_hz, 1.5e9);
  EXPECT_EQ(timed.verdict.status, Status::ok) << timed.verdict.reason;
}

// On the emulated GPU, with a call that queues a kernel.
class EmulatedTiming : public testing::Test {
 protected:
  std::unique_ptr<ops::Backend> backend_ = backends::emulated_gpu::make_cuda({});
  backends::GpuBackend* gpu_ = dynamic_cast<backends::GpuBackend*>(backend_.get());
  tensor::MemoryPool pool_{&gpu_->memory()};
  tensor::Tensor x_{pool_, {64}, tensor::DType::f32, tensor::Category::activations};
  int calls_ = 0;
  Record record_;

  Verdict time(plan::Case c = {}) {
    return time_on_device(
        *gpu_,
        [&] {
          ++calls_;
          gpu_->fill(x_, 1);
        },
        c, quick(), record_);
  }
};

TEST_F(EmulatedTiming, FillsTheTimesOfDeviceAndHost) {
  time();
  EXPECT_GT(*record_.time_median_ns, 0);
  EXPECT_EQ(record_.gpu_time_median_ns, record_.time_median_ns);
  EXPECT_GT(*record_.wall_time_median_ns, 0);
  EXPECT_EQ(record_.samples_discarded, 0);
  EXPECT_GT(calls_, *record_.samples);
}

TEST_F(EmulatedTiming, WhatCannotBeRecordedIsAnError) {
  plan::Case c;
  c.launch = "graph";
  EXPECT_THROW(time(c), backends::NotRecordable);
}

TEST_F(EmulatedTiming, MemoryMarksAreTheHighestSinceTheReset) {
  const std::int64_t before = gpu_->memory_marks().used_bytes;
  {
    tensor::MemoryPool other(&gpu_->memory());
    other.release(other.allocate(1 << 20, tensor::Category::workspace));
  }
  EXPECT_GE(gpu_->memory_marks().used_bytes, before + (1 << 20));
  gpu_->reset_memory_marks();
  EXPECT_LT(gpu_->memory_marks().used_bytes, before + (1 << 20));
  EXPECT_GT(gpu_->device_memory().free_bytes, 0);
}

TEST_F(EmulatedTiming, CeilingsComeFromProductsAndCopiesThatFit) {
  const device::Ceilings found = device::measure_gpu_ceilings(*gpu_, 1e-3, {{8}, {4096, 65536, std::int64_t{1} << 60}});
  EXPECT_GT(found.matmul_flop_per_s, 0);
  ASSERT_EQ(found.streams.size(), 2u) << "the last one does not fit";
  EXPECT_EQ(found.streams[1].working_set_bytes, 65536);
  EXPECT_GT(found.streams[1].bytes_per_s, 0);
}

// By the kind of multiply-adds that products in the element type are made of.
TEST_F(EmulatedTiming, CeilingsHaveTheRateOfMultiplyAdds) {
  using backends::Arithmetic, backends::ArithmeticWork, backends::Float32Products;
  using tensor::DType;
  const std::vector<std::pair<backends::CudaOptions, Arithmetic>> kinds{
      {{.dtype = DType::f32}, Arithmetic::f32_multiply_add},
      {{.dtype = DType::f32, .products = Float32Products::tf32}, Arithmetic::tensor_tf32},
      {{.dtype = DType::bf16}, Arithmetic::tensor_bf16},
      {{.dtype = DType::fp16}, Arithmetic::tensor_fp16}};
  for (const auto& [options, kind] : kinds) {
    const auto backend = backends::emulated_gpu::make_cuda(options);
    auto& gpu = dynamic_cast<backends::GpuBackend&>(*backend);
    const auto begin = std::chrono::steady_clock::now();
    const double rate = device::measure_gpu_ceilings(gpu, 0, {{}, {}, 1}).flop_per_s;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    // One launch was timed, and took less than the whole call.
    EXPECT_GT(rate, (ArithmeticWork{kind, 2 * gpu.multiprocessors(), 1}.flops()) / elapsed.count());
  }
}

TEST_F(EmulatedTiming, MemoryThatTheDeviceRefusesIsToldAndTheNextBlockIsGiven) {
  EXPECT_THROW(pool_.allocate(std::int64_t{1} << 50, tensor::Category::workspace), tensor::OutOfMemory);
  EXPECT_NE(pool_.allocate(64, tensor::Category::workspace).data, nullptr);
}

// --- what a case needs of host and device

TEST(NeededMemory, IsHeldAgainstTheLimitOfTheHostAndWhatIsFreeOnTheDevice) {
  constexpr std::int64_t gibibyte = 1 << 30;
  const backends::DeviceMemory device{.free_bytes = 100 * gibibyte, .total_bytes = 140 * gibibyte};
  const NeededMemory needed{.host_bytes = 2 * gibibyte, .device_bytes = 80 * gibibyte};
  EXPECT_FALSE(why_too_large(needed, 4 * gibibyte, device));
  EXPECT_EQ(why_too_large(needed, gibibyte, device),
            "needs 2 GiB of the host's memory; the limit is 1 GiB (--mem-limit)");
  const NeededMemory more{.host_bytes = 2 * gibibyte, .device_bytes = 101 * gibibyte};
  EXPECT_EQ(why_too_large(more, 4 * gibibyte, device),
            "needs 101 GiB of the device's memory, of which 100 GiB of 140 GiB are free");
  EXPECT_EQ(why_too_large({.host_bytes = 2 * gibibyte}, gibibyte, {}), "needs 2 GiB; the limit is 1 GiB (--mem-limit)");
}

TEST(NeededMemory, OfAGpuThePoolLiesOnTheDevice) {
  plan::Case c;
  c.variant = "softmax";
  c.problem = {.batch = 1, .heads = 2, .seq_len = 256, .head_dim = 16};
  Subject on_host = make_subject(c);
  const NeededMemory host = needed_memory(on_host);
  EXPECT_EQ(host.device_bytes, 0);
  on_host.backend = backends::emulated_gpu::make_cuda({});
  const NeededMemory split = needed_memory(on_host);
  EXPECT_GE(split.device_bytes, 2 * 256 * 256 * 4) << "the N x N matrix";
  EXPECT_LT(split.host_bytes, host.host_bytes);
}

TEST(MemoryOfACase, OnAGpuIsWhatThePoolGaveAndWhatItReserved) {
  plan::Case c;
  c.variant = "flash";
  c.problem = {.batch = 1, .heads = 1, .seq_len = 40, .head_dim = 8};
  Subject subject = make_subject(c);
  subject.backend = backends::emulated_gpu::make_cuda({});
  attention::Session session = open_session(subject, c.problem, *subject.backend, {});
  session.run();
  Record record;
  measure_memory(session, subject, 0, record);
  EXPECT_GE(*record.mem_peak_device_bytes, session.memory().arguments_bytes + *record.peak_memory_bytes);
  EXPECT_GE(*record.mem_reserved_device_bytes, *record.mem_peak_device_bytes);
}

// --- what was observed beside

TEST(GpuObserver, KernelsAreListedAndTheirTimesAdded) {
  gpu::KernelTrace trace;
  trace.kernels.resize(3);
  trace.kernels[0].name = trace.kernels[2].name = "softmax_rows";
  trace.kernels[1].name = "multiply";
  trace.kernels[0].duration_ns = 100;
  trace.kernels[1].duration_ns = 500;
  trace.kernels[2].duration_ns = 50;
  Record record;
  fill_kernels(trace, record);
  EXPECT_EQ(record.kernel_time_ns, 650);
  EXPECT_EQ(record.profile.at("kernels").at(0).at("name"), "multiply");
  EXPECT_EQ(record.profile.at("kernels").at(1).at("launches"), 2);
  trace.dropped = 1;
  Record incomplete;
  fill_kernels(trace, incomplete);
  EXPECT_FALSE(incomplete.kernel_time_ns);
  EXPECT_THAT(incomplete.profile.at("kernels_missing").get<std::string>(), HasSubstr("1 records were dropped"));
  Record none;
  fill_kernels(gpu::Unavailable{"no rights"}, none);
  EXPECT_EQ(none.profile.at("kernels_missing"), "no rights");
}

TEST(GpuObserver, AllocationsAddUpToAPeakOrTheReasonWhyNot) {
  gpu::MemoryTrace trace;
  trace.use = {.peak_bytes = 3000, .end_bytes = 500, .allocations = 4, .releases = 3};
  Record record;
  fill_allocations(trace, record);
  EXPECT_EQ(record.mem_allocated_device_bytes, 3000);
  EXPECT_EQ(record.profile.at("allocations").at("left_bytes"), 500);
  EXPECT_FALSE(record.profile.contains("allocations_missing"));
  trace.dropped = 2;
  Record incomplete;
  fill_allocations(trace, incomplete);
  EXPECT_FALSE(incomplete.mem_allocated_device_bytes) << "wrong when records are missing";
  EXPECT_EQ(incomplete.profile.at("allocations_missing"), "2 records were dropped");
  Record none;
  fill_allocations(gpu::Unavailable{"no CUPTI"}, none);
  EXPECT_EQ(none.profile.at("allocations_missing"), "no CUPTI");
}

TEST(GpuObserver, CountsAreFlopsAndBytesOrTheReasonWhyNot) {
  gpu::DeviceCounts counts{.chip = "GH100", .set = {}, .values = {1000, 4096, 300, 200}, .passes = 3};
  counts.set.counters = {{gpu::CounterKind::f32_multiply_add, "ffma.sum"},
                         {gpu::CounterKind::tensor_bf16, "tensor.sum"},
                         {gpu::CounterKind::dram_read, "read.sum"},
                         {gpu::CounterKind::dram_write, "write.sum"}};
  counts.set.missing = {gpu::CounterKind::transcendental};
  Record record;
  fill_counts(counts, record);
  const gpu::CounterTotals totals = gpu::total(counts.set, counts.values);
  EXPECT_EQ(record.flops_measured, static_cast<std::int64_t>(totals.flops_measured));
  EXPECT_GT(*record.flops_measured, 2000);
  EXPECT_EQ(record.bytes_measured, 500);
  EXPECT_EQ(record.profile.at("counted"), (nlohmann::json{{"float32 multiply-adds", 2000.0},
                                                          {"bfloat16 tensor operations", 4096.0},
                                                          {"DRAM bytes read", 300.0},
                                                          {"DRAM bytes written", 200.0}}));
  EXPECT_THAT(record.counter_events, HasSubstr("GH100, 3 passes: ffma.sum + tensor.sum"));
  EXPECT_THAT(record.counter_events, HasSubstr("not counted here: "));
  Record none;
  fill_counts(gpu::Unavailable{"this user may not"}, none);
  EXPECT_EQ(none.counter_events, "none: this user may not");
  EXPECT_FALSE(none.flops_measured);
}

TEST(GpuObserver, ProductsAreCountedInTheTypeTheyAreMadeIn) {
  EXPECT_EQ(metrics_for("bf16").tensor, std::vector{gpu::TensorType::bf16});
  EXPECT_EQ(metrics_for("fp16").tensor, std::vector{gpu::TensorType::f16});
  EXPECT_EQ(metrics_for("tf32").tensor, std::vector{gpu::TensorType::tf32});
  EXPECT_EQ(metrics_for("f32").tensor, std::vector{gpu::TensorType::tf32});
}

TEST(GpuObserver, WithoutADeviceOrWithoutCuptiTheRecordSaysSo) {
  Settings settings;
  settings.cupti = false;
  Record record;
  GpuObserver observer(99, settings);
  observer.measure_power([] {}, record);
  observer.trace_kernels([] {}, record);
  observer.trace_allocations([] {}, record);
  observer.measure_counters([] {}, record);
  EXPECT_FALSE(record.power_mean_w);
  EXPECT_THAT(record.energy_source, testing::StartsWith("none: "));
  EXPECT_THAT(record.profile.at("kernels_missing").get<std::string>(), HasSubstr("--no-cupti"));
  EXPECT_THAT(record.profile.at("allocations_missing").get<std::string>(), HasSubstr("--no-cupti"));
  EXPECT_THAT(record.counter_events, HasSubstr("--no-cupti"));
  Record failed;
  GpuObserver(99, {}).measure_counters([] {}, failed);
  EXPECT_THAT(failed.counter_events, testing::StartsWith("none: "));
}

}  // namespace
}  // namespace attnscope::harness::measure
