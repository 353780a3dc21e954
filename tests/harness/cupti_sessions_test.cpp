// The dialogue with CUPTI, held with a fake of it where there is no GPU: order of the calls, every failure, every
// ending.
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <set>
#include <stdexcept>

#include "harness/gpu/activity_session.h"
#include "harness/gpu/cupti_range.h"
#include "tests/harness/fake_cupti.h"

namespace attnscope::harness::gpu {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class CuptiSession : public ::testing::Test {
 protected:
  void SetUp() override {
    fake() = {};
    fake().counters = {"dram__bytes_read", "lts__t_bytes", "sm__ops_path_tensor_src_bf16_dst_fp32"};
    fake().values = {
        {"dram__bytes_read.sum", 4096}, {"lts__t_bytes.sum", 8192}, {"sm__ops_path_tensor_src_bf16_dst_fp32.sum", 1e6}};
  }

  Result<DeviceCounts> count() {
    return count_with(
        cupti_, device_, request_, [this] { run(); }, [this] { ++prepared_; });
  }
  void run() {
    ++runs_;
    if (throws_) throw std::runtime_error("a run that fails");
    synchronised_ = false;
  }
  void expect_everything_closed() {
    EXPECT_EQ(fake().count("cuptiRangeProfilerDisable"), 1);
    EXPECT_EQ(fake().count("cuptiProfilerHostDeinitialize"), 1);
    EXPECT_EQ(fake().count("cuptiProfilerDeInitialize"), 1);
  }

  CuptiLibrary cupti_ = fake_cupti();
  int context_ = 0;
  int runs_ = 0, prepared_ = 0;
  bool synchronised_ = true, throws_ = false;
  std::string device_error_;
  DeviceContext device_{0, &context_, "0000:17:00.0", [this] {
                          synchronised_ = true;
                          return runs_ > 0 ? device_error_ : "";
                        }};
  MetricRequest request_{.scalar = {}, .tensor = {TensorType::bf16}, .transcendental = false, .memory = true};
};

TEST_F(CuptiSession, CountsOncePerPassInTheDocumentedOrder) {
  const auto counts = count();
  ASSERT_TRUE(counts) << counts.reason();
  EXPECT_EQ(counts->chip, "FAKE1");
  EXPECT_EQ(counts->passes, 3U);
  EXPECT_EQ(runs_, 3);
  EXPECT_EQ(prepared_, 3);
  EXPECT_TRUE(synchronised_);
  EXPECT_THAT(counts->set.metrics(),
              ElementsAre("sm__ops_path_tensor_src_bf16_dst_fp32.sum", "dram__bytes_read.sum", "lts__t_bytes.sum"));
  EXPECT_THAT(counts->values, ElementsAre(1e6, 4096, 8192));
  EXPECT_THAT(counts->set.missing, ElementsAre(CounterKind::dram_write, CounterKind::duration, CounterKind::cycles));
  EXPECT_EQ(total(counts->set, counts->values).flops_tensor, 1e6);

  std::vector<std::string> expected{"cuptiProfilerInitialize",
                                    "cuptiProfilerDeviceSupported",
                                    "cuptiDeviceGetChipName",
                                    "cuptiProfilerGetCounterAvailability",
                                    "cuptiProfilerGetCounterAvailability",
                                    "cuptiProfilerHostInitialize",
                                    "cuptiProfilerHostGetBaseMetrics",
                                    "cuptiProfilerHostConfigAddMetrics",
                                    "cuptiProfilerHostGetConfigImageSize",
                                    "cuptiProfilerHostGetConfigImage",
                                    "cuptiProfilerHostGetNumOfPasses",
                                    "cuptiRangeProfilerEnable",
                                    "cuptiRangeProfilerGetCounterDataSize",
                                    "cuptiRangeProfilerCounterDataImageInitialize",
                                    "cuptiRangeProfilerSetConfig"};
  for (int pass = 0; pass < 3; ++pass) {
    expected.insert(expected.end(), {"cuptiRangeProfilerStart", "cuptiRangeProfilerPushRange",
                                     "cuptiRangeProfilerPopRange", "cuptiRangeProfilerStop"});
  }
  expected.insert(expected.end(),
                  {"cuptiRangeProfilerDecodeData", "cuptiProfilerHostEvaluateToGpuValues", "cuptiRangeProfilerDisable",
                   "cuptiProfilerHostDeinitialize", "cuptiProfilerDeInitialize"});
  EXPECT_EQ(fake().calls, expected);
  EXPECT_EQ(fake().context, reinterpret_cast<CUcontext>(&context_));
  EXPECT_EQ(fake().configuration.range, CUPTI_UserRange);
  EXPECT_EQ(fake().configuration.replayMode, CUPTI_UserReplay);
  EXPECT_EQ(fake().configuration.maxRangesPerPass, 1U);
  EXPECT_EQ(fake().configuration.numNestingLevels, 1U);
  EXPECT_EQ(fake().configuration.targetNestingLevel, 1U);
}

TEST_F(CuptiSession, MissingPrivilegesAreAReasonAndNothingRuns) {
  fake().failures["cuptiRangeProfilerEnable"] = CUPTI_ERROR_INSUFFICIENT_PRIVILEGES;
  const auto counts = count();
  EXPECT_FALSE(counts);
  EXPECT_THAT(counts.reason(), StartsWith("cuptiRangeProfilerEnable: CUPTI_ERROR_INSUFFICIENT_PRIVILEGES (35)"));
  EXPECT_EQ(runs_, 0);
  EXPECT_EQ(fake().count("cuptiRangeProfilerDisable"), 0);
  EXPECT_EQ(fake().count("cuptiProfilerHostDeinitialize"), 1);
  EXPECT_EQ(fake().count("cuptiProfilerDeInitialize"), 1);
}

TEST_F(CuptiSession, EveryCallMayFailAndWhatWasOpenedIsClosed) {
  ASSERT_TRUE(count());
  const std::set<std::string> functions(fake().calls.begin(), fake().calls.end());
  for (const std::string& function : functions) {
    if (function.ends_with("Disable") || function.ends_with("Deinitialize") || function.ends_with("DeInitialize"))
      continue;
    SetUp();
    fake().failures[function] = CUPTI_ERROR_HARDWARE_BUSY;
    const auto counts = count();
    EXPECT_FALSE(counts) << function;
    EXPECT_THAT(counts.reason(), HasSubstr(function + ": CUPTI_ERROR_HARDWARE_BUSY (26)"));
    const auto closes = [&](const char* opening, const char* closing) {
      const bool opened = fake().count(opening) > 0 && function != opening;
      EXPECT_EQ(fake().count(closing) > 0, opened) << function << " fails, then " << closing;
    };
    closes("cuptiProfilerInitialize", "cuptiProfilerDeInitialize");
    closes("cuptiProfilerHostInitialize", "cuptiProfilerHostDeinitialize");
    closes("cuptiRangeProfilerEnable", "cuptiRangeProfilerDisable");
  }
}

TEST_F(CuptiSession, ExceptionsPassThroughAndTheProfilerIsClosed) {
  throws_ = true;
  EXPECT_THROW(count(), std::runtime_error);
  expect_everything_closed();
}

TEST_F(CuptiSession, FailuresOfTheDeviceAreReasons) {
  device_error_ = "cudaErrorIllegalAddress (an illegal memory access was encountered)";
  const auto counts = count();
  EXPECT_THAT(counts.reason(), HasSubstr("cudaErrorIllegalAddress"));
  EXPECT_EQ(runs_, 1);
  expect_everything_closed();
}

TEST_F(CuptiSession, PassesThatNeverEndDoEnd) {
  fake().passes = 1000;
  EXPECT_THAT(count().reason(), HasSubstr("not complete after 7 passes instead of 3"));
  expect_everything_closed();
}

TEST_F(CuptiSession, ADeviceMayTakeMorePassesThanItsChip) {
  fake().passes = 5;
  const auto counts = count();
  ASSERT_TRUE(counts) << counts.reason();
  EXPECT_EQ(counts->passes, 5U);
}

TEST_F(CuptiSession, LostAndMissingCountsAreReasons) {
  fake().dropped_ranges = 1;
  EXPECT_THAT(count().reason(), HasSubstr("dropped 1"));
  SetUp();
  fake().values["lts__t_bytes.sum"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(count().reason(), HasSubstr("'lts__t_bytes.sum' was not counted"));
  SetUp();
  fake().counters = {"something__else"};
  EXPECT_THAT(count().reason(), HasSubstr("'FAKE1' counts nothing"));
}

TEST_F(CuptiSession, DevicesThatCannotBeCountedSayWhy) {
  fake().virtual_gpu = CUPTI_PROFILER_CONFIGURATION_DISABLED;
  const auto counts = count();
  EXPECT_THAT(counts.reason(), HasSubstr("the virtual GPU (disabled by the system)"));
  EXPECT_THAT(counts.reason(), ::testing::Not(HasSubstr("SLI")));
}

// Traces.

CUpti_ActivityKernel10 kernel(const char* name, std::uint64_t start, std::uint64_t end) {
  CUpti_ActivityKernel10 record{};
  record.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
  record.name = name;
  record.start = start;
  record.end = end;
  record.gridX = 132;
  record.gridY = 2;
  record.gridZ = 1;
  record.blockX = 256;
  record.blockY = record.blockZ = 1;
  record.registersPerThread = 168;
  record.staticSharedMemory = 1024;
  record.dynamicSharedMemory = 65536;
  record.localMemoryPerThread = 16;
  record.localMemoryTotal_v2 = 1 << 20;
  return record;
}

CUpti_ActivityMemory4 memory(bool allocation, CUpti_ActivityMemoryKind kind, std::uint64_t address, std::uint64_t bytes,
                             std::uint64_t time) {
  CUpti_ActivityMemory4 record{};
  record.kind = CUPTI_ACTIVITY_KIND_MEMORY2;
  record.memoryOperationType =
      allocation ? CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_ALLOCATION : CUPTI_ACTIVITY_MEMORY_OPERATION_TYPE_RELEASE;
  record.memoryKind = kind;
  record.address = address;
  record.bytes = bytes;
  record.timestamp = time;
  record.isAsync = address == 0x200;
  return record;
}

TEST_F(CuptiSession, KernelsComeWithTimesAndLaunches) {
  fake().dropped_records = 2;
  const auto trace = trace_kernels_with(
      cupti_, device_,
      [&] {
        EXPECT_THAT(fake().enabled, ElementsAre(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_MEMCPY,
                                                CUPTI_ACTIVITY_KIND_MEMSET));
        run();
        fake().kernels = {kernel("_Z7softmaxPfi", 7000, 9500), kernel("gemm", 5000, 6000), kernel("lost", 0, 0)};
        CUpti_ActivityMemcpy6 copy{};
        copy.kind = CUPTI_ACTIVITY_KIND_MEMCPY;
        copy.start = 100;
        copy.end = 140;
        fake().copies = {copy};
      },
      KernelOverlap::allowed);
  ASSERT_TRUE(trace) << trace.reason();
  EXPECT_TRUE(synchronised_);
  EXPECT_THAT(fake().enabled, IsEmpty());
  EXPECT_EQ(trace->dropped, 2U);
  EXPECT_EQ(trace->untimed, 1U);
  EXPECT_EQ(trace->copy_ns, 40U);
  ASSERT_EQ(trace->kernels.size(), 2U);
  EXPECT_EQ(trace->kernels[0].name, "gemm");
  EXPECT_EQ(trace->kernels[0].start_ns, 0U);
  const KernelRecord& softmax = trace->kernels[1];
  EXPECT_EQ(softmax.name, "softmax(float*, int)");
  EXPECT_EQ(softmax.start_ns, 2000U);
  EXPECT_EQ(softmax.duration_ns, 2500U);
  EXPECT_THAT(softmax.grid, ElementsAre(132, 2, 1));
  EXPECT_THAT(softmax.block, ElementsAre(256, 1, 1));
  EXPECT_EQ(softmax.registers_per_thread, 168);
  EXPECT_EQ(softmax.static_shared_bytes, 1024);
  EXPECT_EQ(softmax.dynamic_shared_bytes, 65536);
  EXPECT_EQ(softmax.local_bytes_per_thread, 16);
  EXPECT_EQ(softmax.local_bytes, 1 << 20);
}

TEST_F(CuptiSession, KernelsCanBeKeptApart) {
  std::vector<CUpti_ActivityKind> enabled;
  ASSERT_TRUE(trace_kernels_with(
      cupti_, device_, [&] { enabled = fake().enabled; }, KernelOverlap::prevented));
  EXPECT_EQ(enabled.front(), CUPTI_ACTIVITY_KIND_KERNEL);
}

TEST_F(CuptiSession, AllocationsAddUpToAPeak) {
  const auto trace = trace_memory_with(cupti_, device_, [] {
    constexpr auto device = CUPTI_ACTIVITY_MEMORY_KIND_DEVICE;
    fake().memory = {memory(false, device, 0x100, 1000, 30),
                     memory(true, device, 0x100, 1000, 10),
                     memory(true, device, 0x200, 500, 20),
                     memory(true, device, 0x300, 700, 40),
                     memory(true, CUPTI_ACTIVITY_MEMORY_KIND_PINNED, 0x900, 1 << 20, 15),
                     memory(true, CUPTI_ACTIVITY_MEMORY_KIND_MANAGED, 0x800, 1 << 20, 15)};
  });
  ASSERT_TRUE(trace) << trace.reason();
  EXPECT_EQ(trace->operations.size(), 6U);
  EXPECT_TRUE(trace->operations[2].from_pool);
  EXPECT_EQ(trace->operations[4].place, MemoryOperation::Place::host);
  EXPECT_EQ(trace->operations[5].place, MemoryOperation::Place::managed);
  EXPECT_EQ(trace->use.peak_bytes, 1500);
  EXPECT_EQ(trace->use.end_bytes, 1200);
  EXPECT_EQ(trace->dropped, 0U);
}

TEST_F(CuptiSession, TracesFailWithAReason) {
  for (const char* function : {"cuptiActivityRegisterCallbacks", "cuptiActivityGetNumDroppedRecords",
                               "cuptiActivityEnable", "cuptiActivityFlushAll"}) {
    SetUp();
    fake().failures[function] = CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED;
    const auto trace = trace_memory_with(cupti_, device_, [] {});
    EXPECT_FALSE(trace) << function;
    EXPECT_THAT(trace.reason(), StartsWith(function));
    EXPECT_THAT(trace.reason(), HasSubstr("another profiler is attached"));
  }
  SetUp();
  EXPECT_TRUE(trace_memory_with(cupti_, device_, [] {})) << "after failures";
}

TEST_F(CuptiSession, OneTraceAtATime) {
  std::vector<std::string> reasons;
  const auto trace_within = [&] {
    // Twice: the first one that is refused does not make room for the second.
    for (int i = 0; i < 2; ++i) reasons.push_back(trace_memory_with(cupti_, device_, [] {}).reason());
  };
  ASSERT_TRUE(trace_memory_with(cupti_, device_, trace_within));
  EXPECT_THAT(reasons, ::testing::Each("another trace is being made in this process"));
  EXPECT_EQ(reasons.size(), 2U);
}

TEST_F(CuptiSession, RecordsOfAFailedRunDoNotReachTheNext) {
  throws_ = true;
  EXPECT_THROW(trace_kernels_with(
                   cupti_, device_,
                   [&] {
                     fake().kernels = {kernel("stale", 1, 2)};
                     run();
                   },
                   KernelOverlap::allowed),
               std::runtime_error);
  EXPECT_THAT(fake().enabled, IsEmpty());
  const auto next = trace_kernels_with(
      cupti_, device_, [] {}, KernelOverlap::allowed);
  ASSERT_TRUE(next) << next.reason();
  EXPECT_THAT(next->kernels, IsEmpty());
}

// libcupti itself.

TEST(CuptiLibrary, IsLookedForWhereToolkitsAre) {
  EXPECT_THAT(cupti_candidates("/opt/mine/libcupti.so", "/opt/cuda", ""), ElementsAre("/opt/mine/libcupti.so"));
  const auto candidates = cupti_candidates("", "/opt/cuda", "");
  EXPECT_THAT(candidates, ::testing::IsSupersetOf({"libcupti.so.13", "/opt/cuda/lib64/libcupti.so.13",
                                                   "/opt/cuda/extras/CUPTI/lib64/libcupti.so.13",
                                                   "/usr/local/cuda/lib64/libcupti.so.13"}));
  EXPECT_EQ(candidates.front(), "libcupti.so.13");
}

TEST(CuptiLibrary, SaysWhatIsNoCupti) {
  EXPECT_THAT(CuptiLibrary::open("/nowhere/libcupti.so.13").reason(), HasSubstr("/nowhere/libcupti.so.13"));
  EXPECT_THAT(CuptiLibrary::open("libm.so.6").reason(), HasSubstr("has no cuptiGetVersion"));
}

// libcupti would look for it on the loader's path alone, and refuse every counter when it is not there.
TEST(CuptiLibraryDeathTest, OpensTheCounterLibraryBesideIt) {
  const auto& cupti = CuptiLibrary::get();
  if (!cupti) GTEST_SKIP() << cupti.reason();
  const auto beside = std::filesystem::path(cupti->path).parent_path() / "libnvperf_host.so";
  if (!std::filesystem::exists(beside)) GTEST_SKIP() << "no " << beside;
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process in which nobody has asked for counters yet
  EXPECT_EXIT(std::_Exit(dlopen(beside.c_str(), RTLD_LAZY | RTLD_NOLOAD) != nullptr ? 0 : 1),
              ::testing::ExitedWithCode(0), "");
}

// Where there is no device; where there is one, gpu_profiling_test asks the same of it.
TEST(CuptiLibrary, AnswersWithReasonsWithoutADevice) {
  const auto& cupti = CuptiLibrary::get();
  if (!cupti) GTEST_SKIP() << cupti.reason();
  if (open_device(0)) GTEST_SKIP() << "there is a device";
  int runs = 0;
  const DeviceContext nowhere{0, nullptr, "", [] { return std::string(); }};
  const auto run = [&] { ++runs; };
  EXPECT_THAT(count_with(*cupti, nowhere, {}, run, {}).reason(), StartsWith("cuptiProfilerInitialize: "));
  EXPECT_THAT(trace_kernels_with(*cupti, nowhere, run, KernelOverlap::allowed).reason(),
              StartsWith("cuptiActivityEnable: "));
  EXPECT_THAT(trace_memory_with(*cupti, nowhere, run).reason(), StartsWith("cuptiActivityEnable: "));
  EXPECT_EQ(runs, 0);
}

}  // namespace
}  // namespace attnscope::harness::gpu
