// Padding: with a key mask, real positions compute what the shorter sequence computes, and padding gets no gradient.
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

class PaddingTest : public OracleTest {
 protected:
  static bool is_position_array(const std::string& name) {
    for (const char* other : {"q", "k", "v", "x", "d_out", "k_global", "v_global"})
      if (name == other) return true;
    return false;
  }

  // The first `length` columns of E and F.
  static oracle::Array columns(const oracle::Array& matrix, std::int64_t length) {
    std::vector<std::int64_t> shape = matrix.shape;
    shape.back() = length;
    oracle::Array cut(shape);
    for (std::size_t i = 0; i < cut.values.size(); ++i) {
      const auto row = static_cast<std::int64_t>(i) / length, column = static_cast<std::int64_t>(i) % length;
      cut.values[i] = matrix.values[static_cast<std::size_t>(row * matrix.shape.back() + column)];
    }
    return cut;
  }

  // The case and arrays of example b alone, without its padding.
  static std::pair<VariantCase, oracle::Arrays> shortened(const VariantCase& c, const oracle::Arrays& arrays,
                                                          std::int64_t b) {
    VariantCase part = c;
    part.padding = Padding::none;
    part.problem.batch = 1;
    part.problem.seq_len = tail_length(c, b);
    oracle::Arrays cut;
    for (const auto& [name, array] : arrays) {
      if (name == "key_mask") continue;
      if (is_position_array(name))
        cut[name] = positions(example(array, b), 0, part.problem.seq_len);
      else if (name == "q_global" || name == "global_positions")
        cut[name] = example(array, b);
      else if ((name == "E" || name == "F") && !c.options.contains("n_max"))
        cut[name] = columns(array, part.problem.seq_len);
      else
        cut[name] = array;
    }
    return {part, cut};
  }

  void expect_like_shortened(const std::string& backend_name) {
    VariantCase c = GetParam();
    if (!variant_under_test(c.variant).shortens) GTEST_SKIP() << "the length decides on the pattern";
    c.padding = Padding::tail;
    const auto backend = make_backend(backend_name);
    const Tolerance tolerance = tolerance_of(*backend);
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Result padded = run(c, arrays, *backend);
    for (std::int64_t b = 0; b < c.problem.batch; ++b) {
      const auto [part, cut] = shortened(c, arrays, b);
      const std::int64_t real = part.problem.seq_len;
      ASSERT_LT(real, c.problem.seq_len);
      const oracle::Result shorter = run(part, cut, *backend);
      EXPECT_TRUE(close(positions(example(padded.output, b), 0, real), shorter.output, tolerance.output)) << b;
      EXPECT_TRUE(all_zero(positions(example(padded.output, b), real, c.problem.seq_len))) << b;
      for (const auto& [name, gradient] : padded.gradients) {
        if (!is_position_array(name)) continue;
        const oracle::Array mine = example(gradient, b);
        EXPECT_TRUE(close(positions(mine, 0, real), shorter.gradients.at(name), tolerance.gradient))
            << name << " " << b;
        EXPECT_TRUE(all_zero(positions(mine, real, c.problem.seq_len))) << name << " " << b;
      }
    }
  }

  // Whatever stands at padded positions, the result is the same.
  void expect_padding_ignored(const std::string& backend_name) {
    VariantCase c = GetParam();
    c.padding = Padding::holes;
    const auto backend = make_backend(backend_name);
    oracle::Arrays arrays = make_arrays(c);
    const oracle::Result before = run(c, arrays, *backend);
    const oracle::Array mask = arrays["key_mask"];
    for (auto& [name, array] : arrays) {
      if (!is_position_array(name)) continue;
      const std::int64_t rows = c.problem.seq_len, width = array.shape.back();
      const std::int64_t per_example = static_cast<std::int64_t>(array.values.size()) / c.problem.batch;
      for (std::size_t i = 0; i < array.values.size(); ++i) {
        const auto flat = static_cast<std::int64_t>(i);
        if (mask(flat / per_example, flat / width % rows) == 0.0) array.values[i] = 5.0 - array.values[i];
      }
    }
    expect_close(run(c, arrays, *backend), before, tolerance_of(*backend));
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
