// One program for machines with a GPU, with a driver but no GPU, and with neither: it starts everywhere and says why
// there is none.
#include <gtest/gtest.h>

#include "suite/backends/cuda/discovery.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

class NoGpu : public ProgramTest {
 protected:
  // `environment`: assignments in front of the command.
  static Outcome with(const std::string& environment, const std::string& arguments) {
    return shell(environment + " '" ATTNSCOPE_PROGRAM "' " + arguments);
  }
  // That the program lists why there is no GPU, refuses to run on one for that reason, and still runs elsewhere.
  void expect_none(const std::string& environment, const std::string& why) {
    const Outcome listed = with(environment, "list devices");
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    EXPECT_NE(listed.out.find(why), std::string::npos) << listed.out;
    const Outcome refused = with(environment, "run -V flash -a n=16 --device cuda:0 -o '" + file("none.jsonl") + "'");
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.err.find(why), std::string::npos) << refused.err;
    const Outcome not_checked = with(environment, "check flash --device cuda:0 --dtype bf16");
    EXPECT_EQ(not_checked.exit_code, 2) << not_checked.out;
    EXPECT_EQ(not_checked.err, refused.err);
    const std::string run = file("run.jsonl");
    const Outcome ran = with(environment, "run -V flash -a n=16 --force --ceilings off -o '" + run + "'" + short_run);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    EXPECT_NE(read(run).find(why), std::string::npos) << "in the environment record";
  }
};

TEST_F(NoGpu, IsSaidWithTheReason) {
  const auto& gpus = backends::gpu::discover();
  if (!gpus.devices.empty()) GTEST_SKIP() << "there is a GPU";
  expect_none("", gpus.why_none);
}

#if defined(ATTNSCOPE_FAKE_DRIVER_FOLDER)
TEST_F(NoGpu, ADriverWithoutOneIsTold) {
  expect_none("LD_LIBRARY_PATH='" ATTNSCOPE_FAKE_DRIVER_FOLDER "'", "there is an NVIDIA driver, but no GPU");
}
#endif

#if defined(ATTNSCOPE_DRIVER_STUB)
TEST_F(NoGpu, TheToolkitsStubIsNoDriver) {
  std::filesystem::create_symlink(ATTNSCOPE_DRIVER_STUB, file("libcuda.so.1"));
  expect_none("LD_LIBRARY_PATH='" + file("") + "'", "the toolkit's stub of libcuda.so.1");
}
#endif

}  // namespace
}  // namespace attnscope::end_to_end
