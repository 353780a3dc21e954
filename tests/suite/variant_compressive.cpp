// Compressive Transformer against attention over both memories and itself, its compression and the losses that train
// it, and its exact special cases.
#include <algorithm>

#include "tests/oracle/compressive.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result compressive(const VariantCase& c, oracle::Arrays arrays) {
  arrays.erase("sinusoids");  // the oracle has its own
  const oracle::CompressiveOptions options{.memory = integer_or(c, "memory", 512),
                                           .compressed = integer_or(c, "compressed", 512),
                                           .rate = integer_or(c, "rate", 4),
                                           .compression = option_or(c, "compression", "conv"),
                                           .reconstruction = number_or(c, "reconstruction", 1.0),
                                           .autoencoding = number_or(c, "autoencoding", 0.0),
                                           .training = c.problem.mode == Mode::training};
  return c.problem.scope == Scope::core ? oracle::compressive_core(arrays, options)
                                        : oracle::compressive_layer(arrays, c.problem.heads, options);
}

Options sizes(const char* memory, const char* compressed, const char* rate, Options more = {}) {
  more.insert({{"memory", memory}, {"compressed", compressed}, {"rate", rate}});
  return more;
}

std::vector<Setting> settings(std::int64_t) {
  return settings_of(true, {sizes("4", "3", "2")}) +
         settings_of(
             true,
             {sizes("5", "2", "3", {{"compression", "dilated"}, {"autoencoding", "0.5"}}),
              sizes("6", "4", "2", {{"compression", "max"}}), sizes("3", "5", "2", {{"compression", "most_used"}})},
             {Scope::layer});
}

const bool added = add_variant_under_test(
    {.name = "compressive",
     .oracle = compressive,
     .settings = settings,
     // What the reconstruction compares stands still for it, and so does the input where that is decoded.
     .smooth = {{"reconstruction", "0"}, {"memory", "8"}},
     .trained_on_padding = {"compression_w", "compression_b", "decoder_w", "decoder_b"}});

std::vector<VariantCase> oracle_cases() {
  return every_length("compressive",
                      settings_of(true, {sizes("4", "3", "2"), sizes("9", "2", "4")}) +
                          settings_of(true,
                                      {sizes("4", "3", "1"), sizes("70", "6", "5", {{"reconstruction", "0.3"}}),
                                       sizes("10", "10", "70", {{"autoencoding", "1"}}),
                                       sizes("6", "5", "3", {{"compression", "mean"}}),
                                       sizes("3", "7", "2", {{"compression", "max"}, {"autoencoding", "0.5"}}),
                                       sizes("8", "2", "4", {{"compression", "dilated"}, {"autoencoding", "2"}}),
                                       sizes("2", "9", "5", {{"compression", "dilated"}, {"reconstruction", "3"}}),
                                       sizes("5", "4", "3", {{"compression", "most_used"}}),
                                       sizes("1", "1", "4", {{"compression", "most_used"}, {"autoencoding", "1"}}),
                                       sizes("7", "3", "3", {{"autoencoding", "0.5"}, {"reconstruction", "0"}})},
                                      {Scope::layer}));
}

class CompressiveOracle : public OracleTest {};
TEST_P(CompressiveOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, CompressiveOracle, testing::ValuesIn(oracle_cases()), case_name);

class CompressiveOracleLarge : public OracleTest {};
TEST_P(CompressiveOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, CompressiveOracleLarge,
    testing::Values(VariantCase{"compressive", {}, problem_of(Scope::core, true, 1, 1, 10, 64)},
                    VariantCase{"compressive", sizes("60", "20", "4"), problem_of(Scope::layer, true, 1, 2, 64, 16)},
                    VariantCase{"compressive",
                                sizes("40", "30", "3", {{"compression", "most_used"}, {"autoencoding", "1"}}),
                                problem_of(Scope::layer, true, 2, 2, 50, 8), Padding::holes}),
    case_name);

class Compressive : public IdentityTest {
 protected:
  static VariantCase layer(const Options& options, std::int64_t seq_len) {
    VariantCase c{"compressive", options, problem_of(Scope::layer, true, 2, 2, seq_len, 4)};
    c.options["bias"] = "true";
    return c;
  }
  static double loss(const oracle::Result& result, const char* name) { return result.states.at(name).values.front(); }
};
INSTANTIATE_TEST_SUITE_P(backends, Compressive, both_backends(), backend_name);

TEST_P(Compressive, its_core_is_transformer_xl_over_both_memories) {
  VariantCase c{"compressive", sizes("5", "3", "2"), problem_of(Scope::core, true, 2, 2, 9, 4)};
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Result compressive = run(c, arrays, *backend_);
  for (const std::string name : {"k", "v"}) {
    arrays[name + "_memory"] = joined(arrays[name + "_compressed"], arrays[name + "_memory"]);
    arrays.erase(name + "_compressed");
  }
  c.variant = "transformer_xl";
  c.options = {{"memory", "8"}};
  expect_close(compressive, run(c, arrays, *backend_), tolerance_);
}

// Without compressed memory, what leaves the memory is lost, and there is nothing to train.
TEST_P(Compressive, without_a_compressed_memory_it_is_transformer_xl) {
  for (const Scope scope : {Scope::core, Scope::layer}) {
    VariantCase c{"compressive", sizes("5", "0", "2", {{"autoencoding", "1"}}), problem_of(scope, true, 2, 2, 9, 4)};
    c.padding = Padding::holes;
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Result result = run(c, arrays, *backend_);
    EXPECT_EQ(result.loss, 0.0);
    c.variant = "transformer_xl";
    c.options = {{"memory", "5"}};
    expect_close(result, run(c, arrays, *backend_), tolerance_);
  }
}

// A token after compressed memory, memory and 13 tokens of its segment.
TEST_P(Compressive, decoding_a_token_is_the_last_row_of_the_segment) {
  VariantCase c{"compressive", sizes("3", "2", "2"), problem_of(Scope::core, true, 2, 2, 14, 4)};
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Array rows = run_forward(c, arrays, *backend_);
  for (const std::string name : {"k", "v"}) {
    const oracle::Array slots = joined(arrays[name + "_compressed"], arrays[name + "_memory"]);
    arrays[name + "_cache"] = joined(slots, positions(arrays[name], 0, 13));
    for (const char* taken : {"_compressed", "_memory"}) arrays.erase(name + taken);
  }
  for (const char* name : {"q", "k", "v"}) arrays[name] = positions(arrays[name], 13, 14);
  arrays.erase("d_out");
  c.problem.mode = Mode::decode;
  c.problem.seq_len = 18;
  EXPECT_TRUE(close(run(c, arrays, *backend_).output, positions(rows, 13, 14), tolerance_.output));
}

// Rate 1 with an identity: what leaves the memory moves to the compressed one as it is, and nothing is lost. A mean or
// a maximum of one is an identity too.
TEST_P(Compressive, compressing_one_to_one_is_transformer_xl) {
  for (const char* compression : {"conv", "mean", "max", "dilated"})
    for (const std::int64_t length : {3, 9}) {
      const VariantCase c = layer(sizes("5", "3", "1", {{"compression", compression}}), length);
      oracle::Arrays arrays = make_arrays(c);
      if (arrays.contains("compression_w")) {
        arrays["compression_w"] = oracle::Array({8, 8});
        for (std::int64_t e = 0; e < 8; ++e) arrays["compression_w"](e, e) = 1.0;
        arrays["compression_b"] = oracle::Array({8});
      }
      oracle::Result result = run(c, arrays, *backend_);
      EXPECT_NEAR(loss(result, "reconstruction_loss"), 0.0, 1e-10);
      const oracle::Array both = joined(result.states.at("new_compressed_memory"), result.states.at("new_memory"));

      VariantCase xl = c;
      xl.variant = "transformer_xl";
      xl.options = {{"memory", "8"}, {"bias", "true"}};
      arrays["memory"] = joined(arrays["compressed_memory"], arrays["memory"]);
      for (const char* name : {"compressed_memory", "compression_w", "compression_b"}) arrays.erase(name);
      const oracle::Result right = run(xl, arrays, *backend_);
      expect_close(restricted(result, right.gradients), restricted(right, right.gradients), tolerance_);
      EXPECT_TRUE(close(both, right.states.at("new_memory"), tolerance_.output));
    }
}

TEST_P(Compressive, a_mean_is_an_averaging_convolution) {
  VariantCase c = layer(sizes("4", "3", "2"), 7);
  oracle::Arrays arrays = make_arrays(c);
  arrays["compression_w"] = oracle::Array({16, 8});
  for (std::int64_t row = 0; row < 16; ++row) arrays["compression_w"](row, row % 8) = 0.5;
  arrays["compression_b"] = oracle::Array({8});
  const oracle::Result convolution = run(c, arrays, *backend_);
  c.options["compression"] = "mean";
  arrays.erase("compression_w");
  arrays.erase("compression_b");
  const oracle::Result mean = run(c, arrays, *backend_);
  EXPECT_TRUE(close(mean.states.at("new_compressed_memory"), convolution.states.at("new_compressed_memory"),
                    tolerance_.output));
  EXPECT_NEAR(loss(mean, "reconstruction_loss"), loss(convolution, "reconstruction_loss"), tolerance_.output);
  EXPECT_GT(loss(mean, "reconstruction_loss"), 1e-4);
}

TEST_P(Compressive, a_mean_of_equal_memories_loses_nothing) {
  const VariantCase c = layer(sizes("9", "3", "4", {{"compression", "mean"}}), 8);
  oracle::Arrays arrays = make_arrays(c);
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t n = 0; n < 9; ++n)
      for (std::int64_t e = 0; e < 8; ++e) arrays["memory"](b, n, e) = arrays["memory"](b, 0, e);
  EXPECT_NEAR(loss(run(c, arrays, *backend_), "reconstruction_loss"), 0.0, 1e-10);
}

// Trap: what is compressed are the oldest n_s of [m; x], before x is pushed; the remainder of ⌊n_s/c⌋ is dropped from
// the end. Memories m0 m1 m2, five inputs, rate 2: m0 m1 | m2 x0 | x1 leave.
TEST_P(Compressive, the_oldest_leave_first) {
  const VariantCase c = layer(sizes("3", "4", "2", {{"compression", "mean"}}), 5);
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result result = run(c, arrays, *backend_);
  const oracle::Array &m = arrays.at("memory"), &x = arrays.at("x");
  EXPECT_TRUE(close(result.states.at("new_memory"), positions(x, 2, 5), 1e-7));
  oracle::Array means({2, 2, 8});
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t e = 0; e < 8; ++e) {
      means(b, 0, e) = (m(b, 0, e) + m(b, 1, e)) / 2;
      means(b, 1, e) = (m(b, 2, e) + x(b, 0, e)) / 2;
    }
  const oracle::Array kept = positions(arrays.at("compressed_memory"), 2, 4);
  EXPECT_TRUE(close(result.states.at("new_compressed_memory"), joined(kept, means), 1e-6));
}

TEST_P(Compressive, fewer_than_the_rate_are_not_compressed) {
  const VariantCase c = layer(sizes("5", "3", "4", {{"autoencoding", "1"}}), 3);
  const oracle::Arrays arrays = make_arrays(c);
  EXPECT_FALSE(arrays.contains("compression_w"));
  const oracle::Result result = run(c, arrays, *backend_);
  EXPECT_TRUE(close(result.states.at("new_compressed_memory"), arrays.at("compressed_memory"), 1e-7));
  EXPECT_FALSE(result.states.contains("autoencoding_loss"));
}

// Trap: empty slots, zeros as the paper starts with, are attended to. Equal logits: the first token has one share in
// n_cm + n_m + 1.
TEST_P(Compressive, zero_memories_are_seen) {
  const VariantCase c{"compressive", sizes("5", "3", "2"), problem_of(Scope::core, true, 1, 1, 4, 4)};
  oracle::Arrays arrays = make_arrays(c);
  for (auto& [name, array] : arrays)
    if (name != "v" && name != "d_out") array = oracle::Array(array.shape);
  oracle::Array first = positions(arrays["v"], 0, 1);
  for (double& value : first.values) value /= 9;
  EXPECT_TRUE(close(positions(run_forward(c, arrays, *backend_), 0, 1), first, tolerance_.output));
}

// Trap: the reconstruction trains the compression alone, in proportion to its weight, and the output does not.
TEST_P(Compressive, the_reconstruction_trains_the_compression_and_nothing_else) {
  VariantCase c = layer(sizes("4", "3", "2"), 7);
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result once = run(c, arrays, *backend_);
  c.options["reconstruction"] = "2";
  const oracle::Result twice = run(c, arrays, *backend_);
  c.options["reconstruction"] = "0";
  const oracle::Result without = run(c, arrays, *backend_);
  EXPECT_NEAR(without.loss, 0.0, 0.0);
  EXPECT_NEAR(twice.loss, 2 * once.loss, tolerance_.output);
  for (const auto& [name, gradient] : once.gradients) {
    if (!name.starts_with("compression")) {
      EXPECT_TRUE(identical(gradient, without.gradients.at(name))) << name;
      continue;
    }
    EXPECT_TRUE(all_zero(without.gradients.at(name))) << name;
    EXPECT_FALSE(all_zero(gradient)) << name;
    EXPECT_TRUE(close(twice.gradients.at(name), gradient + gradient, tolerance_.gradient, 1e-3)) << name;
  }
}

TEST_P(Compressive, the_decoder_trains_the_compression_and_itself) {
  VariantCase c = layer(sizes("4", "3", "2", {{"reconstruction", "0"}, {"autoencoding", "1"}}), 7);
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Result decoded = run(c, arrays, *backend_);
  c.options["autoencoding"] = "0";
  for (const char* name : {"decoder_w", "decoder_b"}) arrays.erase(name);
  const oracle::Result without = run(c, arrays, *backend_);
  for (const auto& [name, gradient] : without.gradients) {
    if (name.starts_with("compression")) {
      EXPECT_FALSE(all_zero(decoded.gradients.at(name))) << name;
    } else {
      EXPECT_TRUE(identical(decoded.gradients.at(name), gradient)) << name;
    }
  }
  for (const char* name : {"decoder_w", "decoder_b"}) EXPECT_FALSE(all_zero(decoded.gradients.at(name))) << name;
}

// The gradients of both losses are their derivatives with respect to what they train.
TEST(CompressiveLosses, gradients_are_central_differences) {
  const auto backend = make_backend("reference");
  VariantCase c{"compressive", sizes("4", "3", "2", {{"reconstruction", "0.7"}, {"autoencoding", "0.4"}}),
                problem_of(Scope::layer, true, 2, 2, 7, 4)};
  for (const char* compression : {"conv", "dilated"}) {
    c.options["compression"] = compression;
    oracle::Arrays arrays = make_arrays(c);
    arrays["d_out"] = oracle::Array(arrays["d_out"].shape);
    const oracle::Result result = run(c, arrays, *backend);
    EXPECT_NEAR(result.loss,
                0.7 * result.states.at("reconstruction_loss").values.front() +
                    0.4 * result.states.at("autoencoding_loss").values.front(),
                1e-15);
    for (const std::string name : {"compression_w", "compression_b", "decoder_w", "decoder_b"})
      for (std::size_t i = 0; i < arrays[name].values.size(); i += 7) {
        const double before = arrays[name].values[i], step = 1e-5;
        arrays[name].values[i] = before + step;
        const double above = run(c, arrays, *backend).loss;
        arrays[name].values[i] = before - step;
        const double below = run(c, arrays, *backend).loss;
        arrays[name].values[i] = before;
        EXPECT_NEAR(result.gradients.at(name).values[i], (above - below) / (2 * step), 1e-8) << name << " " << i;
      }
  }
}

TEST(CompressiveUnsupported, it_reads_from_left_to_right) {
  const VariantCase c{"compressive", {}, problem_of(Scope::core, false, 1, 1, 8, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
}

}  // namespace
}  // namespace attnscope::variant_testing
