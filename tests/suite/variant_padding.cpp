// Padding: with a key mask, real positions compute what the shorter sequence computes, and padding gets no gradient.
#include "tests/suite/variant_shapes.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

class PaddingTest : public OracleTest {
 protected:
  // The case and arrays of example b alone, without its padding.
  static std::pair<VariantCase, oracle::Arrays> shortened(const VariantCase& c, const oracle::Arrays& arrays,
                                                          std::int64_t b) {
    VariantCase part = c;
    part.padding = Padding::none;
    part.problem.batch = 1;
    part.problem.seq_len = tail_length(c, b);
    const std::set<std::string> own = per_example(c);
    oracle::Arrays shorter;
    for (const auto& [name, shape] : shapes_of(part))
      shorter[name] = cut(own.contains(name) ? example(arrays.at(name), b) : arrays.at(name), shape);
    return {part, shorter};
  }

  void expect_like_shortened(const std::string& backend_name) {
    VariantCase c = GetParam();
    if (!c.traits.shortens) GTEST_SKIP() << "the length decides on the pattern";
    c.padding = Padding::tail;
    const auto backend = make_backend(backend_name);
    const Tolerance tolerance = tolerance_of(*backend);
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Result padded = run(c, arrays, *backend);
    const std::set<std::string> rows = per_position(c);
    for (std::int64_t b = 0; b < c.problem.batch; ++b) {
      SCOPED_TRACE(b);
      const auto [part, shorter_arrays] = shortened(c, arrays, b);
      const std::int64_t real = part.problem.seq_len, length = c.problem.seq_len;
      ASSERT_LT(real, length);
      const oracle::Result shorter = run(part, shorter_arrays, *backend);
      const oracle::Array output = example(padded.output, b);
      if (rows.contains("d_out")) {
        EXPECT_TRUE(close(positions(output, 0, real), shorter.output, tolerance.output));
        EXPECT_TRUE(all_zero(positions(output, real, length)));
      } else {  // pooled
        EXPECT_TRUE(close(output, shorter.output, tolerance.output));
      }
      for (const auto& [name, gradient] : padded.gradients) {
        if (!rows.contains(name)) continue;
        const oracle::Array mine = example(gradient, b);
        EXPECT_TRUE(close(positions(mine, 0, real), shorter.gradients.at(name), tolerance.gradient)) << name;
        EXPECT_TRUE(all_zero(positions(mine, real, length))) << name;
      }
    }
  }

  // Whatever stands at padded positions, output and gradients are the same.
  void expect_padding_ignored(const std::string& backend_name) {
    VariantCase c = GetParam();
    c.padding = Padding::holes;
    const auto backend = make_backend(backend_name);
    oracle::Arrays arrays = make_arrays(c);
    oracle::Result before = run(c, arrays, *backend);
    const oracle::Array mask = arrays["key_mask"];
    for (const std::string& name : per_position(c)) {
      oracle::Array& array = arrays.at(name);
      const std::int64_t rows = c.problem.seq_len, width = array.shape.back();
      const std::int64_t per_batch_entry = static_cast<std::int64_t>(array.values.size()) / c.problem.batch;
      for (std::size_t i = 0; i < array.values.size(); ++i) {
        const auto flat = static_cast<std::int64_t>(i);
        if (mask(flat / per_batch_entry, flat / width % rows) == 0.0) array.values[i] = 5.0 - array.values[i];
      }
    }
    oracle::Result after = run(c, arrays, *backend);
    before.states.clear();  // memories keep padding as it is
    for (const std::string& name : variant_under_test(c.variant).trained_on_padding) {
      before.gradients.erase(name);
      after.gradients.erase(name);
    }
    expect_close(after, before, tolerance_of(*backend));
  }
};

TEST_P(PaddingTest, equals_the_shorter_sequence_on_reference) { expect_like_shortened("reference"); }
TEST_P(PaddingTest, equals_the_shorter_sequence_on_cpu) { expect_like_shortened("cpu_2_threads"); }
TEST_P(PaddingTest, contents_do_not_matter_on_reference) { expect_padding_ignored("reference"); }
TEST_P(PaddingTest, contents_do_not_matter_on_cpu) { expect_padding_ignored("cpu_2_threads"); }
INSTANTIATE_TEST_SUITE_P(bidirectional, PaddingTest,
                         testing::ValuesIn(representative_cases(21) + representative_cases(90)), case_name);
INSTANTIATE_TEST_SUITE_P(causal, PaddingTest,
                         testing::ValuesIn(representative_causal_cases(21) + representative_causal_cases(90)),
                         case_name);

}  // namespace
}  // namespace attnscope::variant_testing
