// Materialised softmax attention against its definition.
#include "tests/oracle/softmax.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result exact_attention(const VariantCase& c, const oracle::Arrays& arrays) {
  return c.problem.scope == Scope::core ? oracle::softmax_core(arrays, c.problem.causal)
                                        : oracle::softmax_layer(arrays, c.problem.heads, c.problem.causal);
}

const bool softmax_added = add_variant_under_test({"softmax", exact_attention, [](auto) {
                                                     return std::vector<Setting>{{{}, false}, {{}, true}};
                                                   }});
const bool flash_added = add_variant_under_test({"flash", exact_attention, [](auto) {
                                                   const Options tiles{{"block_q", "4"}, {"block_k", "3"}};
                                                   return std::vector<Setting>{{tiles, false}, {tiles, true}};
                                                 }});

class SoftmaxOracle : public OracleTest {};
TEST_P(SoftmaxOracle, reference) { expect_matches_oracle(GetParam(), *make_backend("reference")); }
TEST_P(SoftmaxOracle, cpu_1_thread) { expect_matches_oracle(GetParam(), *make_backend("cpu_1_thread")); }
TEST_P(SoftmaxOracle, cpu_2_threads) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(SoftmaxOracle, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(covering, SoftmaxOracle, testing::ValuesIn(covering_cases("softmax", {}, true)), case_name);

class SoftmaxOracleLarge : public OracleTest {};
TEST_P(SoftmaxOracleLarge, reference_f32) { expect_matches_oracle(GetParam(), *make_backend("reference_f32")); }
TEST_P(SoftmaxOracleLarge, cpu) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(SoftmaxOracleLarge, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, SoftmaxOracleLarge,
    testing::Values(VariantCase{"softmax", {}, problem_of(Scope::core, false, 1, 2, 300, 64)},
                    VariantCase{"softmax", {}, problem_of(Scope::core, true, 1, 2, 300, 64), Padding::holes},
                    VariantCase{"softmax", {}, problem_of(Scope::core, true, 2, 1, 129, 40)},
                    VariantCase{"softmax", {{"bias", "true"}}, problem_of(Scope::layer, false, 1, 1, 97, 128)}),
    case_name);

// Logits are scaled by 1/√D of the head, not of the model width.
TEST(Softmax, scale_is_that_of_the_head) {
  VariantCase c{"softmax", {}, problem_of(Scope::core, false, 1, 4, 2, 4)};
  oracle::Arrays arrays = make_arrays(c);
  arrays["q"] = constant({1, 4, 2, 4}, 1.0);
  for (std::int64_t h = 0; h < 4; ++h)
    for (std::int64_t d = 0; d < 4; ++d) {
      arrays["k"](0, h, 0, d) = 1.0;  // logits 4/√4 = 2 and 0
      arrays["k"](0, h, 1, d) = 0.0;
      arrays["v"](0, h, 0, d) = 1.0;
      arrays["v"](0, h, 1, d) = 0.0;
    }
  const oracle::Array output = run_forward(c, arrays, *make_backend("reference"));
  EXPECT_TRUE(close(output, constant({1, 4, 2, 4}, 0.88079707797788243), 1e-14));
}

}  // namespace
}  // namespace attnscope::variant_testing
