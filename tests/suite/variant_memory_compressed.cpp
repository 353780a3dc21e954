// Memory Compressed Transformer against attention over compressed blocks, and its exact special cases.
#include <cmath>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/layer.h"
#include "tests/oracle/memory_compressed.h"
#include "tests/suite/variant_key_sets.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result memory_compressed(const VariantCase& c, const oracle::Arrays& arrays) {
  const oracle::MemoryCompressedOptions options{.kind = option_or(c, "kind", "compressed"),
                                                .block = integer_or(c, "block", 256),
                                                .factor = integer_or(c, "factor", 3),
                                                .reduction = option_or(c, "reduction", "convolution"),
                                                .order = option_or(c, "order", "compress_input"),
                                                .first_slot = option_or(c, "first_slot", "first_row"),
                                                .visibility = option_or(c, "visibility", "passed"),
                                                .activation = option_or(c, "activation", "none"),
                                                .causal = c.problem.causal};
  return c.problem.scope == Scope::core ? oracle::memory_compressed_core(arrays, options)
                                        : oracle::memory_compressed_layer(arrays, c.problem.heads, options);
}

std::vector<Setting> settings(std::int64_t) {
  std::vector<Setting> all;
  for (const bool causal : {false, true}) {
    all.push_back({{{"kind", "local"}, {"block", "4"}}, causal});
    for (const Options& options : std::vector<Options>{
             {{"factor", "3"}},
             {{"factor", "2"}, {"first_slot", "learned"}, {"visibility", "complete"}},
             {{"factor", "2"}, {"order", "compress_keys"}, {"first_slot", "none"}, {"activation", "silu"}},
             {{"factor", "3"}, {"reduction", "attention"}}}) {
      Setting compressed{options, causal};
      compressed.traits.sees_itself = false;  // but as part of a block that ends with it
      all.push_back(compressed);
    }
  }
  return all;
}

const bool added = add_variant_under_test({"memory_compressed", memory_compressed, settings});

std::vector<VariantCase> oracle_cases() {
  const std::vector<Options> options{
      {{"kind", "local"}, {"block", "1"}},
      {{"kind", "local"}, {"block", "3"}},
      {{"kind", "local"}},
      {},
      {{"factor", "1"}, {"visibility", "complete"}},
      {{"factor", "2"}, {"first_slot", "none"}},
      {{"factor", "2"}, {"first_slot", "learned"}, {"visibility", "complete"}, {"activation", "silu"}},
      {{"factor", "2"}, {"first_slot", "learned"}, {"order", "compress_keys"}},
      {{"factor", "3"}, {"first_slot", "none"}, {"order", "compress_keys"}, {"visibility", "complete"}},
      {{"factor", "5"}, {"order", "compress_keys"}, {"activation", "silu"}},
      {{"reduction", "attention"}},
      {{"reduction", "attention"}, {"factor", "1"}, {"visibility", "complete"}},
      {{"reduction", "attention"}, {"factor", "4"}, {"first_slot", "none"}, {"activation", "silu"}},
      {{"reduction", "attention"}, {"factor", "2"}, {"first_slot", "learned"}, {"order", "compress_keys"}},
      {{"reduction", "attention"}, {"factor", "5"}, {"order", "compress_keys"}, {"visibility", "complete"}}};
  return every_length("memory_compressed", settings_of(false, options) + settings_of(true, options));
}

class MemoryCompressedOracle : public OracleTest {};
TEST_P(MemoryCompressedOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, MemoryCompressedOracle, testing::ValuesIn(oracle_cases()), case_name);

class MemoryCompressedOracleLarge : public OracleTest {};
TEST_P(MemoryCompressedOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, MemoryCompressedOracleLarge,
    testing::Values(VariantCase{"memory_compressed", {}, problem_of(Scope::core, false, 1, 2, 150, 40), Padding::holes},
                    VariantCase{"memory_compressed", {}, problem_of(Scope::core, true, 1, 1, 200, 64)},
                    VariantCase{"memory_compressed",
                                {{"kind", "local"}, {"block", "70"}},
                                problem_of(Scope::core, true, 1, 2, 200, 40)},
                    VariantCase{"memory_compressed", {{"factor", "4"}}, problem_of(Scope::layer, false, 1, 2, 130, 16)},
                    VariantCase{"memory_compressed",
                                {{"reduction", "attention"}, {"factor", "8"}},
                                problem_of(Scope::layer, false, 1, 2, 130, 16),
                                Padding::holes}),
    case_name);

class MemoryCompressed : public IdentityTest {
 protected:
  // F_0 = 1, f = 0 for every head.
  static void set_identity_convolution(oracle::Arrays& arrays) {
    for (const std::string name : {"conv_k", "conv_v"}) {
      oracle::Array& conv = arrays.at(name);
      conv = oracle::Array(conv.shape);
      for (std::int64_t h = 0; h < conv.extent(0); ++h)
        for (std::int64_t d = 0; d < conv.extent(2); ++d) conv(h, d, d) = 1.0;
      arrays.at(name + "_bias") = oracle::Array(arrays.at(name + "_bias").shape);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(backends, MemoryCompressed, both_backends(), backend_name);

// Four heads: the scale is that of the head, as opposed to E^(−1/2) in one of the implementations.
TEST_P(MemoryCompressed, local_block_of_the_whole_sequence_is_softmax) {
  for (const bool causal : {false, true})
    for (const Scope scope : {Scope::core, Scope::layer})
      for (const char* block : {"17", "1000"}) {
        const VariantCase c{"memory_compressed",
                            {{"kind", "local"}, {"block", block}, {"bias", "true"}},
                            problem_of(scope, causal, 2, 4, 17, 4)};
        expect_softmax(c, make_arrays(c), *backend_);
      }
}

TEST_P(MemoryCompressed, local_blocks_do_not_overlap) {
  for (const bool causal : {false, true}) {
    const VariantCase c{
        "memory_compressed", {{"kind", "local"}, {"block", "4"}}, problem_of(Scope::core, causal, 1, 1, 11, 1)};
    EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_),
                             [&](auto i, auto j) { return i / 4 == j / 4 && (!causal || j <= i); }));
  }
}

TEST_P(MemoryCompressed, factor_one_without_first_slot_is_softmax) {
  for (const bool causal : {false, true}) {
    const VariantCase c{
        "memory_compressed",
        {{"factor", "1"}, {"order", "compress_keys"}, {"first_slot", "none"}, {"visibility", "complete"}},
        problem_of(Scope::core, causal, 2, 2, 13, 4)};
    oracle::Arrays arrays = make_arrays(c);
    set_identity_convolution(arrays);
    expect_softmax(c, arrays, *backend_);
  }
}

// Bidirectional: key 0 counts twice. Causal: keys 0 … i−1, and key 0 once more.
TEST_P(MemoryCompressed, factor_one_of_the_input_repeats_the_first_row) {
  for (const bool causal : {false, true}) {
    const VariantCase c{
        "memory_compressed", {{"factor", "1"}, {"bias", "true"}}, problem_of(Scope::layer, causal, 2, 2, 9, 4)};
    oracle::Arrays arrays = make_arrays(c);
    arrays["conv"] = oracle::Array({8, 8});
    for (std::int64_t e = 0; e < 8; ++e) arrays["conv"](e, e) = 1.0;
    arrays["conv_bias"] = oracle::Array({8});
    const auto repeated = [&](const oracle::Arrays& in) {
      const auto dense = oracle::masked_softmax(
          in.at("q"), in.at("k"), in.at("v"),
          [&](auto, auto, auto i, auto j) { return (!causal || j < i ? 1.0 : 0.0) + (j == 0 ? 1.0 : 0.0); },
          in.at("d_out"));
      return oracle::Result{dense.output, {{"q", dense.d_q}, {"k", dense.d_k}, {"v", dense.d_v}}};
    };
    oracle::Arrays plain = arrays;
    plain.erase("conv");
    plain.erase("conv_bias");
    const oracle::Result right = oracle::layer(plain, 2, repeated);
    expect_close(restricted(run(c, arrays, *backend_), right.gradients), right, tolerance_);
  }
}

TEST_P(MemoryCompressed, averaging_convolution_attends_to_block_means) {
  const std::int64_t length = 12, block = 3, blocks = 4;
  const VariantCase c{
      "memory_compressed", {{"factor", "3"}, {"first_slot", "none"}}, problem_of(Scope::core, false, 1, 2, length, 4)};
  oracle::Arrays arrays = make_arrays(c);
  oracle::Array keys({1, 2, blocks, 4}), values(keys.shape);
  for (const std::string name : {"conv_k", "conv_v"}) {
    arrays[name] = oracle::Array({2, block * 4, 4});
    arrays[name + "_bias"] = oracle::Array({2, 1, 4});
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t row = 0; row < block * 4; ++row) arrays[name](h, row, row % 4) = 1.0 / block;
  }
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t n = 0; n < length; ++n)
      for (std::int64_t d = 0; d < 4; ++d) {
        keys(0, h, n / block, d) += arrays["k"](0, h, n, d) / block;
        values(0, h, n / block, d) += arrays["v"](0, h, n, d) / block;
      }
  const auto all = [](auto...) { return 1.0; };
  const auto pooled = oracle::masked_softmax(arrays["q"], keys, values, all, arrays["d_out"]);
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), pooled.output, tolerance_.output));
}

// The same of the input: F_t = 1/κ in X, before W_k and W_v.
TEST_P(MemoryCompressed, averaging_convolution_of_the_input_attends_to_its_block_means) {
  const std::int64_t length = 12, block = 3;
  const VariantCase c{"memory_compressed",
                      {{"factor", "3"}, {"first_slot", "none"}, {"bias", "true"}},
                      problem_of(Scope::layer, false, 2, 2, length, 4)};
  oracle::Arrays arrays = make_arrays(c);
  arrays["conv"] = oracle::Array({block * 8, 8});
  arrays["conv_bias"] = oracle::Array({8});
  for (std::int64_t row = 0; row < block * 8; ++row) arrays["conv"](row, row % 8) = 1.0 / block;
  const oracle::Array convolved = run_forward(c, arrays, *backend_);

  oracle::Array average({length / block, length});
  for (std::int64_t n = 0; n < length; ++n) average(n / block, n) = 1.0 / block;
  VariantCase averaged = c;
  averaged.variant = "linformer";
  averaged.options = {{"k", "4"}, {"order", "project_input"}, {"bias", "true"}};
  arrays["E"] = arrays["F"] = average;
  arrays.erase("conv");
  arrays.erase("conv_bias");
  EXPECT_TRUE(close(convolved, run_forward(averaged, arrays, *backend_), tolerance_.output));
}

// Trap: a convolution across block boundaries sees the future. Block s, positions 3s … 3s+2, is seen from 3s+3 on when
// it must have passed and from 3s+2 on when it must be complete, and by nobody before.
TEST_P(MemoryCompressed, a_causal_block_is_seen_after_its_last_position_only) {
  for (const std::string visibility : {"passed", "complete"})
    for (const std::string first_slot : {"first_row", "learned"}) {
      const VariantCase c{"memory_compressed",
                          {{"factor", "3"}, {"visibility", visibility}, {"first_slot", first_slot}},
                          problem_of(Scope::core, true, 1, 1, 11, 4)};
      const oracle::Arrays arrays = make_arrays(c);
      const oracle::Array before = run_forward(c, arrays, *backend_);
      for (std::int64_t j = 1; j < 9; ++j) {
        oracle::Arrays changed = arrays;
        for (std::int64_t d = 0; d < 4; ++d) changed["v"](0, 0, j, d) += 1.0;
        const oracle::Array after = run_forward(c, changed, *backend_);
        const std::int64_t first = j / 3 * 3 + (visibility == "passed" ? 3 : 2);
        EXPECT_TRUE(identical(positions(after, 0, first), positions(before, 0, first))) << visibility << j;
        for (std::int64_t i = first; i < 11; ++i)
          EXPECT_FALSE(close(positions(after, i, i + 1), positions(before, i, i + 1), 1e-4)) << visibility << j << i;
      }
    }
}

// Trap: without a first slot the first queries see nothing, which must not give NaN.
TEST_P(MemoryCompressed, queries_before_the_first_block_give_zero) {
  for (const Scope scope : {Scope::core, Scope::layer}) {
    const VariantCase c{"memory_compressed",
                        {{"factor", "3"}, {"first_slot", "none"}, {"bias", "false"}},
                        problem_of(scope, true, 1, 2, 8, 4)};
    const oracle::Result result = run(c, make_arrays(c), *backend_);
    EXPECT_TRUE(all_zero(positions(result.output, 0, 3)));
    EXPECT_FALSE(all_zero(positions(result.output, 3, 4)));
    for (const auto& [name, gradient] : result.gradients) EXPECT_TRUE(all_finite(gradient)) << name;
  }
}

// A sequence shorter than a causal block has the first slot alone.
TEST_P(MemoryCompressed, without_a_whole_block_every_query_sees_the_first_slot) {
  VariantCase c{"memory_compressed", {{"factor", "5"}}, problem_of(Scope::core, true, 2, 2, 4, 4)};
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Array output = run_forward(c, arrays, *backend_);
  EXPECT_TRUE(close(output, reorder(arrays["v"], {0, 0, 0, 0}), tolerance_.output));
  c.options["first_slot"] = "learned";
  arrays = make_arrays(c);
  EXPECT_TRUE(close(head(run_forward(c, arrays, *backend_), 1),
                    oracle::Array({2, 1, 4, 4},
                                  [&] {
                                    std::vector<double> rows;
                                    for (int copy = 0; copy < 8; ++copy)
                                      for (std::int64_t d = 0; d < 4; ++d) rows.push_back(arrays["null_v"](1, 0, d));
                                    return rows;
                                  }()),
                    tolerance_.output));
}

// Causal: an incomplete last block, which nobody would see, is not even compressed.
TEST(MemoryCompressedCost, compresses_whole_blocks_only_when_causal) {
  const std::int64_t factor = 3, width = 4;
  const auto backend = make_backend("reference");
  for (const std::int64_t length : {9, 10, 11, 12}) {
    const VariantCase c{"memory_compressed", {}, problem_of(Scope::core, true, 1, 1, length, width)};
    Problem problem = c.problem;
    problem.mode = Mode::forward;
    std::int64_t pairs = 0;
    for (std::int64_t i = 0; i < length; ++i) pairs += 1 + i / factor;
    const std::int64_t convolution = 2 * (length / factor) * factor * width * width;  // of K and of V
    EXPECT_EQ(attention::predict(*make_variant(c), problem, *backend).cost.multiply_adds,
              convolution + 2 * pairs * width)
        << length;
  }
}

TEST(MemoryCompressedParameters, learned_first_slots_start_at_zero) {
  VariantCase c{"memory_compressed", {{"first_slot", "learned"}}, problem_of(Scope::core, false, 1, 2, 8, 4)};
  for (const char* name : {"null_k", "null_v"}) EXPECT_TRUE(all_zero(initial_value(c, name))) << name;
  c.problem.scope = Scope::layer;
  EXPECT_TRUE(all_zero(initial_value(c, "null_x")));
}

// Trap: a padded position inside a block contaminates its compressed key; its rows count as zero.
TEST_P(MemoryCompressed, padding_inside_a_block_counts_as_zero_rows) {
  for (const bool causal : {false, true}) {
    VariantCase c{"memory_compressed", {{"factor", "3"}}, problem_of(Scope::core, causal, 1, 2, 9, 4)};
    oracle::Arrays arrays = make_arrays(c);
    for (const char* name : {"k", "v"})
      for (std::int64_t h = 0; h < 2; ++h)
        for (std::int64_t d = 0; d < 4; ++d) arrays[name](0, h, 4, d) = 0.0;
    const oracle::Array zeroed = run_forward(c, arrays, *backend_);
    arrays["key_mask"] = constant({1, 9}, 1.0);
    arrays["key_mask"](0, 4) = 0.0;
    for (const char* name : {"k", "v"})
      for (std::int64_t h = 0; h < 2; ++h)
        for (std::int64_t d = 0; d < 4; ++d) arrays[name](0, h, 4, d) = 7.0;
    const oracle::Array masked = run_forward(c, arrays, *backend_);
    EXPECT_TRUE(close(positions(masked, 0, 4), positions(zeroed, 0, 4), tolerance_.output));
    EXPECT_TRUE(all_zero(positions(masked, 4, 5)));
    EXPECT_TRUE(close(positions(masked, 5, 9), positions(zeroed, 5, 9), tolerance_.output));
  }
}

// --- reduction by attention: one softmax over the κ² pairs of a block

// κ = 1: one pair, weight 1, so that the memory is the keys and values themselves.
TEST_P(MemoryCompressed, attention_inside_blocks_of_one_position_is_softmax) {
  for (const bool causal : {false, true})
    for (const Scope scope : {Scope::core, Scope::layer}) {
      const VariantCase c{"memory_compressed",
                          {{"reduction", "attention"},
                           {"factor", "1"},
                           {"order", "compress_keys"},
                           {"first_slot", "none"},
                           {"visibility", "complete"},
                           {"bias", "true"}},
                          problem_of(scope, causal, 2, 2, 13, 4)};
      expect_softmax(c, make_arrays(c), *backend_);
    }
}

// κ = 2, D = 1, one block: with keys a and b, p ∝ [e^aa e^ab; e^ab e^bb]; the output is Σ_j (Σ_i p_ij) v_j.
TEST_P(MemoryCompressed, weights_of_a_block_are_column_sums_of_one_softmax) {
  const VariantCase c{"memory_compressed",
                      {{"reduction", "attention"}, {"factor", "2"}, {"first_slot", "none"}},
                      problem_of(Scope::core, false, 1, 1, 2, 1)};
  oracle::Arrays arrays = make_arrays(c);
  const double a = 0.5, b = -1.25;
  arrays["k"] = oracle::Array({1, 1, 2, 1}, {a, b});
  arrays["v"] = oracle::Array({1, 1, 2, 1}, {3.0, 7.0});
  const double first = std::exp(a * a) + std::exp(a * b), second = std::exp(a * b) + std::exp(b * b);
  const double right = (first * 3.0 + second * 7.0) / (first + second);
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), constant({1, 1, 2, 1}, right), tolerance_.output));
}

// Keys that are equal inside a block: all pairs count alike, and rows are block means.
TEST_P(MemoryCompressed, attention_among_equal_keys_attends_to_block_means) {
  const std::int64_t length = 11, block = 3, blocks = 4;  // the last block has two positions
  const VariantCase c{"memory_compressed",
                      {{"reduction", "attention"}, {"factor", "3"}, {"first_slot", "none"}},
                      problem_of(Scope::core, false, 1, 2, length, 4)};
  oracle::Arrays arrays = make_arrays(c);
  oracle::Array keys({1, 2, blocks, 4}), values(keys.shape);
  for (std::int64_t h = 0; h < 2; ++h)
    for (std::int64_t n = 0; n < length; ++n)
      for (std::int64_t d = 0; d < 4; ++d) {
        arrays["k"](0, h, n, d) = arrays["k"](0, h, n / block * block, d);
        keys(0, h, n / block, d) = arrays["k"](0, h, n, d);
        values(0, h, n / block, d) += arrays["v"](0, h, n, d) / (n < 9 ? 3.0 : 2.0);
      }
  const auto all = [](auto...) { return 1.0; };
  const auto pooled = oracle::masked_softmax(arrays["q"], keys, values, all, arrays["d_out"]);
  EXPECT_TRUE(close(run_forward(c, arrays, *backend_), pooled.output, tolerance_.output));
}

// Padding has no weight, neither as a query nor as a key: a block with one real position is that position, whatever
// biases make of the others.
TEST_P(MemoryCompressed, padding_inside_an_attended_block_has_no_weight) {
  VariantCase c{"memory_compressed",
                {{"reduction", "attention"}, {"factor", "3"}, {"bias", "true"}, {"first_slot", "none"}},
                problem_of(Scope::layer, false, 1, 2, 3, 4)};
  oracle::Arrays arrays = make_arrays(c);
  arrays["key_mask"] = oracle::Array({1, 3}, {0.0, 1.0, 0.0});
  const oracle::Array padded = run_forward(c, arrays, *backend_);
  c.problem.seq_len = 1;
  arrays.erase("key_mask");
  arrays["x"] = positions(arrays["x"], 1, 2);
  EXPECT_TRUE(close(positions(padded, 1, 2), run_forward(c, arrays, *backend_), tolerance_.output));
}

// κ² logits per block, H·N·κ in all: twice the length is twice the memory.
TEST(MemoryCompressedCost, attention_inside_blocks_is_linear_in_length) {
  const auto backend = make_backend("cpu_1_thread");
  const auto predict = [&](std::int64_t n, Mode mode) {
    VariantCase c{"memory_compressed",
                  {{"reduction", "attention"}, {"factor", "4"}, {"first_slot", "none"}},
                  problem_of(Scope::core, true, 1, 2, n, 16)};
    c.problem.mode = mode;
    return attention::predict(*make_variant(c), c.problem, *backend);
  };
  for (const Mode mode : {Mode::forward, Mode::training}) {
    const auto once = static_cast<double>(predict(8192, mode).memory.peak_bytes);
    EXPECT_NEAR(static_cast<double>(predict(16384, mode).memory.peak_bytes) / once, 2.0, 0.05) << to_string(mode);
  }
  // Per block κ²D for the logits, κD for the row of keys and κD for that of values; then what every query sees.
  const std::int64_t n = 4096, heads = 2, d = 16, factor = 4, blocks = n / factor;
  const std::int64_t visible = factor * blocks * (blocks - 1) / 2;  // blocks that have passed
  EXPECT_EQ(predict(n, Mode::forward).cost.multiply_adds,
            heads * d * (blocks * (factor * factor + 2 * factor) + 2 * visible));
}

}  // namespace
}  // namespace attnscope::variant_testing
