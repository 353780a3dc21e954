// Tiled exact attention: the definition, and softmax for every tile size.
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

class FlashOracle : public OracleTest {};
TEST_P(FlashOracle, reference) { expect_matches_oracle(GetParam(), *make_backend("reference")); }
TEST_P(FlashOracle, cpu_1_thread) { expect_matches_oracle(GetParam(), *make_backend("cpu_1_thread")); }
TEST_P(FlashOracle, cpu_2_threads) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(FlashOracle, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(covering, FlashOracle,
                         testing::ValuesIn(covering_cases("flash", {}, true) +
                                           covering_cases("flash", {{"block_q", "8"}, {"block_k", "16"}}, true)),
                         case_name);

class FlashOracleLarge : public OracleTest {};
TEST_P(FlashOracleLarge, reference_f32) { expect_matches_oracle(GetParam(), *make_backend("reference_f32")); }
TEST_P(FlashOracleLarge, cpu) { expect_matches_oracle(GetParam(), *make_backend("cpu_2_threads")); }
TEST_P(FlashOracleLarge, cpu_bf16) { expect_matches_oracle_in_bfloat16(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, FlashOracleLarge,
    testing::Values(VariantCase{"flash", {}, problem_of(Scope::core, false, 1, 2, 1000, 64)},
                    VariantCase{"flash", {}, problem_of(Scope::core, true, 1, 1, 1000, 64)},
                    VariantCase{"flash", {}, problem_of(Scope::core, false, 1, 2, 300, 64), Padding::holes},
                    VariantCase{"flash", {}, problem_of(Scope::core, true, 2, 2, 300, 40), Padding::tail},
                    VariantCase{"flash", {}, problem_of(Scope::core, true, 1, 1, 200, 128)},
                    VariantCase{"flash", {}, problem_of(Scope::core, false, 1, 1, 150, 33), Padding::holes},
                    VariantCase{"flash", {{"bias", "true"}}, problem_of(Scope::layer, true, 1, 2, 300, 64)}),
    case_name);

// Tile sizes of queries and keys, dividing the length or not, smaller and larger than it.
class FlashTiles : public testing::TestWithParam<std::tuple<int, int>> {
 protected:
  void expect_softmax(const std::string& backend_name, Padding padding) {
    const auto [block_q, block_k] = GetParam();
    const auto backend = make_backend(backend_name);
    for (const std::int64_t length : {33, 64, 65})
      for (const bool causal : {false, true}) {
        VariantCase c{"softmax", {}, problem_of(Scope::core, causal, 2, 1, length, 5), padding};
        const oracle::Arrays arrays = make_arrays(c);
        const oracle::Result softmax = run(c, arrays, *backend);
        c.variant = "flash";
        c.options = {{"block_q", std::to_string(block_q)}, {"block_k", std::to_string(block_k)}};
        SCOPED_TRACE(name_of(c));
        expect_close(run(c, arrays, *backend), softmax, tolerance_of(*backend));
      }
  }
};
TEST_P(FlashTiles, equal_softmax_on_reference) { expect_softmax("reference", Padding::none); }
TEST_P(FlashTiles, equal_softmax_on_cpu) { expect_softmax("cpu_2_threads", Padding::none); }
TEST_P(FlashTiles, equal_softmax_on_reference_with_padding) { expect_softmax("reference", Padding::holes); }
TEST_P(FlashTiles, equal_softmax_on_cpu_with_padding) { expect_softmax("cpu_2_threads", Padding::holes); }
INSTANTIATE_TEST_SUITE_P(sizes, FlashTiles,
                         testing::Combine(testing::Values(1, 2, 5, 16, 33, 64, 100),
                                          testing::Values(1, 3, 8, 16, 33, 64, 100)),
                         [](const auto& info) {
                           return "q" + std::to_string(std::get<0>(info.param)) + "_k" +
                                  std::to_string(std::get<1>(info.param));
                         });

// The first key tiles of every row are all padding: the running maximum is −∞ until a real key comes.
TEST(Flash, leading_tiles_of_padding) {
  for (const char* backend_name : {"reference", "cpu_1_thread"})
    for (const bool causal : {false, true}) {
      VariantCase c{"flash", {{"block_q", "4"}, {"block_k", "4"}}, problem_of(Scope::core, causal, 1, 2, 21, 8)};
      oracle::Arrays arrays = make_arrays(c);
      arrays["key_mask"] = constant({1, 21}, 1.0);
      for (std::int64_t n = 0; n < 10; ++n) arrays["key_mask"](0, n) = 0.0;
      const auto backend = make_backend(backend_name);
      SCOPED_TRACE(std::string(backend_name) + (causal ? " causal" : ""));
      expect_close(run(c, arrays, *backend), expected(c, arrays), tolerance_of(*backend));
    }
}

}  // namespace
}  // namespace attnscope::variant_testing
