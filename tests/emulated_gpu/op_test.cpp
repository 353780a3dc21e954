// Every op of the CUDA backend on the emulated GPU: forward, gradients and predicted memory against the reference in
// float64, in every element type and under both greedy schedules of warps.
#include <gtest/gtest.h>

#include "tests/emulated_gpu/op_comparison.h"

namespace attnscope::op_testing {
namespace {

using attention::Mode;

class EmulatedOp : public testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
 protected:
  void compare(Mode mode) {
    expect_as_reference(op_cases()[std::get<0>(GetParam())], types()[std::get<1>(GetParam())], mode);
  }
};

TEST_P(EmulatedOp, TrainingEqualsReference) { compare(Mode::training); }

// Without gradients some ops write their result elsewhere: it is the same.
TEST_P(EmulatedOp, ForwardAloneEqualsReference) { compare(Mode::forward); }

INSTANTIATE_TEST_SUITE_P(Ops, EmulatedOp,
                         testing::Combine(testing::Range<std::size_t>(0, op_cases().size()),
                                          testing::Range<std::size_t>(0, types().size())),
                         [](const testing::TestParamInfo<std::tuple<std::size_t, std::size_t>>& info) {
                           return op_cases()[std::get<0>(info.param)].name + "_" +
                                  types()[std::get<1>(info.param)].name;
                         });

}  // namespace
}  // namespace attnscope::op_testing
