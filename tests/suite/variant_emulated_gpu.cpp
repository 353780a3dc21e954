// Every variant on the CUDA backend, on the emulated GPU: shorter than a tile, and longer.
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

class EmulatedGpu : public OracleTest {};

TEST_P(EmulatedGpu, matches_the_oracle) { expect_matches_oracle_on_emulated_gpu(GetParam()); }
// Short sequences alone: Sinkhorn's sorting of 75 blocks magnifies a rounding of its products three hundred times.
TEST_P(EmulatedGpu, matches_the_oracle_in_tf32) {
  if (GetParam().problem.seq_len > 100) GTEST_SKIP() << "rounding of products is magnified";
  expect_matches_oracle_on_emulated_gpu_in_tf32(GetParam());
}

INSTANTIATE_TEST_SUITE_P(bidirectional, EmulatedGpu, testing::ValuesIn(representative_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(causal, EmulatedGpu, testing::ValuesIn(representative_causal_cases()), case_name);
INSTANTIATE_TEST_SUITE_P(long_bidirectional, EmulatedGpu, testing::ValuesIn(representative_cases(150)), case_name);
INSTANTIATE_TEST_SUITE_P(long_causal, EmulatedGpu, testing::ValuesIn(representative_causal_cases(150)), case_name);

}  // namespace
}  // namespace attnscope::variant_testing
