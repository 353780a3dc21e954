// The reference case watches every device of a run, with measurements made up here.
#include "harness/schedule/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/jsonl.h"
#include "tests/reports/support.h"

namespace attnscope::harness::schedule {
namespace {

using reports::Record;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

plan::PlannedCase planned(const std::string& device, std::optional<reports::Status> status = std::nullopt) {
  plan::PlannedCase result;
  result.c.device = device;
  result.status = status;
  return result;
}

TEST(WatchedDevices, AreTheCpuAndTheGpusOfCasesThatRun) {
  EXPECT_THAT(watched_devices({planned("cpu"), planned("reference")}), ElementsAre("cpu"));
  EXPECT_THAT(watched_devices({planned("cuda:1"), planned("cuda:0"), planned("cuda:1")}),
              ElementsAre("cpu", "cuda:1", "cuda:0"));
  EXPECT_THAT(watched_devices({planned("cuda:0", reports::Status::unsupported)}), ElementsAre());
}

TEST(ReferenceOfAGpu, IsOnTheGpuAndLeavesItsCountersAlone) {
  const plan::Case c = reference_case("cuda:1");
  EXPECT_EQ(c.device, "cuda:1");
  EXPECT_EQ(c.dtype, "bf16");
  EXPECT_EQ(reference_case("cpu").dtype, "f32");
}

class Watched : public testing::Test {
 protected:
  void SetUp() override { writer_.append(reports::Environment{"env", {}}); }
  ReferenceCase watch(std::vector<reports::Reference> earlier = {}) {
    return {{"cpu", "cuda:0"},
            300,
            "run",
            std::move(earlier),
            writer_,
            [this](const auto& planned, const auto& settings, double) {
              EXPECT_FALSE(settings.cupti);
              Record record;
              const std::string& device = planned.c.device;
              if (device == broken_) {
                record.status_reason = "out of order";
                record.status = reports::Status::crashed;
                return record;
              }
              const double ns = time_ns_.at(device);
              record.time_median_ns = ns;
              record.time_ci_lo_ns = 0.99 * ns;
              record.time_ci_hi_ns = 1.01 * ns;
              record.clock_mean_hz = device == "cpu" ? 3e9 : 9e9;
              return record;
            }};
  }

  std::map<std::string, double> time_ns_{{"cpu", 1e6}, {"cuda:0", 2e5}};
  std::string broken_;
  const reports::testing::TemporaryDirectory folder_;
  const std::filesystem::path path_ = folder_.file("run.jsonl");
  reports::JsonlWriter writer_{path_, reports::JsonlWriter::Open::create};
};

TEST_F(Watched, TheDriftOfEachDeviceIsItsOwn) {
  ReferenceCase reference = watch();
  reference.before_job(0, 4, 0);
  time_ns_["cuda:0"] = 2.4e5;
  reference.before_job(2, 4, 2);
  EXPECT_EQ(reference.drift("cpu"), 0);
  EXPECT_NEAR(*reference.drift("cuda:0"), 0.2, 1e-9);
  EXPECT_EQ(reference.drift("cuda:1"), std::nullopt);
  EXPECT_EQ(reference.best_clock_hz(), 3e9) << "a GPU's clock is not the CPU's";
  EXPECT_THAT(reference.remark(), AllOf(HasSubstr("cuda:0 drifted: the reference case took 20.0 % longer"),
                                        Not(HasSubstr("the machine drifted"))));
  const auto written = reports::load_jsonl(path_).run.references;
  ASSERT_EQ(written.size(), 4u);
  EXPECT_EQ(written[3].device, "cuda:0");
  EXPECT_EQ(written[3].order_index, 2);
}

TEST_F(Watched, AGpuThatCannotBeMeasuredLeavesTheCpu) {
  broken_ = "cuda:0";
  ReferenceCase reference = watch();
  reference.before_job(0, 4, 0);
  time_ns_["cpu"] = 1.5e6;
  reference.before_job(4, 4, 4);
  EXPECT_NEAR(*reference.drift("cpu"), 0.5, 1e-9);
  EXPECT_EQ(reference.drift("cuda:0"), std::nullopt);
  EXPECT_THAT(reference.remark(),
              AllOf(HasSubstr("the machine drifted"), HasSubstr("could not be measured on cuda:0 (out of order)")));
}

TEST_F(Watched, AContinuedRunIsComparedWithItsStart) {
  reports::Reference first, of_cpu;
  of_cpu.time_median_ns = 5e5;  // of a file before schema 1.4
  first.device = "cuda:0";
  first.time_median_ns = first.time_ci_lo_ns = first.time_ci_hi_ns = 1e5;
  ReferenceCase reference = watch({first, of_cpu});
  EXPECT_EQ(reference.drift("cuda:0"), std::nullopt) << "nothing of this invocation";
  reference.before_job(0, 4, 0);
  EXPECT_NEAR(*reference.drift("cuda:0"), 1, 1e-9);
  EXPECT_NEAR(*reference.drift("cpu"), 1, 1e-9);
}

}  // namespace
}  // namespace attnscope::harness::schedule
