// ETC against one softmax per query over its keys of both streams, and its exact special cases.
#include <cmath>

#include "tests/oracle/etc.h"
#include "tests/suite/variant_key_sets.h"
#include "tests/suite/variant_shapes.h"

namespace attnscope::variant_testing {
namespace {

oracle::Result etc(const VariantCase& c, const oracle::Arrays& arrays) {
  const oracle::EtcOptions options{.radius = integer_or(c, "radius", 84),
                                   .global = integer_or(c, "global", 64),
                                   .clip = integer_or(c, "clip", 12),
                                   .labels = flag_or(c, "labels", true),
                                   .share_kv = flag_or(c, "share_kv", false),
                                   .share_qkv = flag_or(c, "share_qkv", false),
                                   .share_output = flag_or(c, "share_output", false)};
  return c.problem.scope == Scope::core ? oracle::etc_core(arrays, options)
                                        : oracle::etc_layer(arrays, c.problem.heads, options);
}

std::vector<Setting> settings(std::int64_t) {
  const Options small{{"radius", "2"}, {"global", "2"}, {"clip", "2"}, {"vocabulary", "6"}};
  const auto with = [&](Options more) {
    more.insert(small.begin(), small.end());
    return more;
  };
  return settings_of(false, {small, with({{"labels", "false"}})}) +
         settings_of(false, {with({{"share_kv", "true"}}), with({{"share_qkv", "true"}, {"share_output", "true"}})},
                     {Scope::layer});
}

const bool added = add_variant_under_test({"etc", etc, settings});

std::vector<VariantCase> oracle_cases() {
  const std::vector<Options> options{
      {{"global", "1"}},
      {{"radius", "0"}, {"global", "2"}, {"clip", "1"}, {"vocabulary", "4"}},
      {{"radius", "3"}, {"global", "5"}, {"clip", "2"}},
      {{"radius", "5"}, {"global", "6"}, {"labels", "false"}},
      {{"radius", "2"}, {"global", "1"}, {"clip", "20"}, {"vocabulary", "45"}},
      {{"radius", "100"}, {"global", "30"}},
      {{"radius", "3"}, {"global", "2"}, {"share_kv", "true"}},
      {{"radius", "1"}, {"global", "1"}, {"share_qkv", "true"}, {"labels", "false"}},
      {{"radius", "4"}, {"global", "3"}, {"share_output", "true"}},
      {{"radius", "2"}, {"global", "2"}, {"share_qkv", "true"}, {"share_output", "true"}}};
  std::vector<VariantCase> cases = every_length("etc", settings_of(false, options));
  std::erase_if(cases, [](const VariantCase& c) { return c.problem.seq_len <= integer_or(c, "global", 64); });
  return cases;
}

class EtcOracle : public OracleTest {};
TEST_P(EtcOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, EtcOracle, testing::ValuesIn(oracle_cases()), case_name);

class EtcOracleLarge : public OracleTest {};
TEST_P(EtcOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, EtcOracleLarge,
    testing::Values(
        VariantCase{"etc", {}, problem_of(Scope::core, false, 1, 1, 130, 40), Padding::holes},
        VariantCase{"etc", {{"radius", "20"}, {"global", "10"}}, problem_of(Scope::core, false, 1, 2, 200, 64)},
        VariantCase{"etc", {{"radius", "16"}, {"global", "30"}}, problem_of(Scope::layer, false, 1, 2, 120, 16)}),
    case_name);

class Etc : public IdentityTest {
 protected:
  static VariantCase core(const Options& options, std::int64_t seq_len = 13) {
    return {"etc", options, problem_of(Scope::core, false, 2, 2, seq_len, 4)};
  }
  // Keys and values look the same from both streams.
  static void share(oracle::Arrays& arrays) {
    arrays["k_cross"] = arrays["k"];
    arrays["v_cross"] = arrays["v"];
  }
};
INSTANTIATE_TEST_SUITE_P(backends, Etc, both_backends(), backend_name);

TEST_P(Etc, a_wide_radius_is_softmax_over_both_streams) {
  const VariantCase c = core({{"radius", "9"}, {"global", "3"}, {"labels", "false"}});
  oracle::Arrays arrays = make_arrays(c);
  share(arrays);
  const oracle::Result result = run(c, arrays, *backend_), softmax = run_softmax(c, arrays, *backend_);
  EXPECT_TRUE(close(result.output, softmax.output, tolerance_.output));
  EXPECT_TRUE(close(result.gradients.at("q"), softmax.gradients.at("q"), tolerance_.gradient));
  for (const std::string name : {"k", "v"})
    EXPECT_TRUE(close(result.gradients.at(name) + result.gradients.at(name + "_cross"), softmax.gradients.at(name),
                      tolerance_.gradient))
        << name;
}

TEST_P(Etc, a_layer_with_all_projections_shared_is_a_softmax_layer) {
  const VariantCase c{"etc",
                      {{"radius", "100"},
                       {"global", "4"},
                       {"labels", "false"},
                       {"share_qkv", "true"},
                       {"share_output", "true"},
                       {"bias", "true"}},
                      problem_of(Scope::layer, false, 2, 2, 11, 4)};
  const std::map<std::string, std::string> names{{"q_long", "q"}, {"k_l2l", "k"}, {"v_l2l", "v"}, {"o_long", "o"}};
  const oracle::Arrays arrays = make_arrays(c);
  oracle::Arrays plain{{"x", arrays.at("x")}, {"d_out", arrays.at("d_out")}};
  for (const auto& [name, usual] : names)
    for (const std::string kind : {"w_", "b_"}) plain[kind + usual] = arrays.at(kind + name);
  oracle::Result result = run(c, arrays, *backend_), softmax = run_softmax(c, plain, *backend_), renamed = softmax;
  for (const auto& [name, usual] : names)
    for (const std::string kind : {"w_", "b_"}) {
      renamed.gradients.erase(kind + usual);
      renamed.gradients[kind + name] = softmax.gradients.at(kind + usual);
    }
  expect_close(result, renamed, tolerance_);
}

// Shared weights are one matrix: gradients add up.
TEST_P(Etc, sharing_keys_and_values_is_using_equal_weights) {
  VariantCase c{"etc",
                {{"radius", "2"}, {"global", "3"}, {"share_kv", "true"}, {"bias", "true"}},
                problem_of(Scope::layer, false, 2, 2, 11, 4)};
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Result shared = run(c, arrays, *backend_);
  c.options["share_kv"] = "false";
  for (const std::string kind : {"w_k_", "w_v_", "b_k_", "b_v_"}) {
    arrays[kind + "l2g"] = arrays.at(kind + "l2l");
    arrays[kind + "g2l"] = arrays.at(kind + "g2g");
  }
  const oracle::Result apart = run(c, arrays, *backend_);
  EXPECT_TRUE(close(shared.output, apart.output, tolerance_.output));
  for (const std::string kind : {"w_k_", "w_v_", "b_v_"}) {
    EXPECT_TRUE(close(shared.gradients.at(kind + "l2l"),
                      apart.gradients.at(kind + "l2l") + apart.gradients.at(kind + "l2g"), tolerance_.gradient, 1.0));
    EXPECT_TRUE(close(shared.gradients.at(kind + "g2g"),
                      apart.gradients.at(kind + "g2g") + apart.gradients.at(kind + "g2l"), tolerance_.gradient, 1.0));
  }
}

// Traps: one softmax over local and global keys, not two; the radius is that of one side.
TEST_P(Etc, every_query_has_one_softmax_over_its_band_and_the_global_stream) {
  for (const std::int64_t radius : {0, 1, 3}) {
    const VariantCase c = core({{"radius", std::to_string(radius)}, {"global", "3"}, {"labels", "false"}});
    EXPECT_TRUE(sees_exactly(equal_weights(c, *backend_),
                             [&](auto i, auto j) { return i < 3 || j < 3 || std::abs(i - j) <= radius; }));
  }
}

// Without a real global token, by padding, the long stream is banded attention.
TEST_P(Etc, without_global_tokens_the_long_stream_is_a_band) {
  const std::int64_t global = 3, length = 13;
  const VariantCase c = core({{"radius", "2"}, {"global", "3"}, {"labels", "false"}});
  oracle::Arrays arrays = make_arrays(c), banded;
  arrays["key_mask"] = constant({2, length}, 1.0);
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t n = 0; n < global; ++n) arrays["key_mask"](b, n) = 0.0;
  for (const char* name : {"q", "k", "v", "d_out"}) banded[name] = positions(arrays.at(name), global, length);
  const VariantCase band{"longformer", {{"window", "2"}}, problem_of(Scope::core, false, 2, 2, length - global, 4)};
  const oracle::Result etc = run(c, arrays, *backend_), right = run(band, banded, *backend_);
  EXPECT_TRUE(close(positions(etc.output, global, length), right.output, tolerance_.output));
  for (const std::string name : {"q", "k", "v"})
    EXPECT_TRUE(close(positions(etc.gradients.at(name), global, length), right.gradients.at(name), tolerance_.gradient))
        << name;
  EXPECT_TRUE(all_zero(etc.gradients.at("k_cross")));
}

// Labels: the same for all keys of a query, they cancel; added to all keys of a table, likewise.
TEST_P(Etc, equal_labels_have_no_effect) {
  VariantCase c = core({{"radius", "3"}, {"global", "3"}, {"clip", "2"}});
  oracle::Arrays arrays = make_arrays(c), shifted = arrays, equal = arrays;
  for (const auto& [name, shape] : shapes_of(c)) {
    if (!name.starts_with("label_")) continue;
    const std::int64_t labels = name.starts_with("label_keys") ? shape[1] : shape[2];
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t r = 0; r < labels; ++r) {
        if (name.starts_with("label_bias")) {
          shifted[name](h, 0, r) += 0.8;
          equal[name](h, 0, r) = 0.8;
          continue;
        }
        for (std::int64_t d = 0; d < 4; ++d) {
          shifted[name](h, r, d) += 0.3 * static_cast<double>(d) - 0.5;
          equal[name](h, r, d) = 0.3 * static_cast<double>(d) - 0.5;
        }
      }
  }
  EXPECT_TRUE(close(run_forward(c, shifted, *backend_), run_forward(c, arrays, *backend_), tolerance_.output));
  oracle::Arrays without;
  for (const auto& [name, array] : arrays)
    if (!name.starts_with("label_")) without[name] = array;
  VariantCase unlabelled = c;
  unlabelled.options["labels"] = "false";
  const oracle::Array plain = run_forward(unlabelled, without, *backend_);
  EXPECT_TRUE(close(run_forward(c, equal, *backend_), plain, tolerance_.output));
  EXPECT_FALSE(close(run_forward(c, arrays, *backend_), plain, 1e-2));
}

// A large bias on one label picks the keys that have it: j − i = +1 within a stream, or the other stream. Biases are
// divided by √D with the rest.
TEST_P(Etc, labels_name_the_clipped_distance_or_the_other_stream) {
  const VariantCase c = core({{"radius", "4"}, {"global", "4"}, {"clip", "2"}});
  const std::int64_t length = 13, global = 4;
  const auto weights_with = [&](std::int64_t label) {
    VariantCase wide = c;
    wide.problem.head_dim = length;
    oracle::Arrays given;
    for (const auto& [name, shape] : shapes_of(wide)) {
      if (!name.starts_with("label_bias")) continue;
      given[name] = constant({2, 1, shape[2]}, 0.0);
      for (std::int64_t h = 0; h < 2; ++h) given[name](h, 0, label) = 400.0;
    }
    return equal_weights(c, *backend_, given);
  };
  const auto same = [&](auto i, auto j) { return (i < global) == (j < global); };
  const auto has = [&](std::int64_t label, auto i, auto j) {
    return label == 5 ? !same(i, j) : same(i, j) && std::clamp<std::int64_t>(j - i, -2, 2) + 2 == label;
  };
  for (std::int64_t label = 0; label <= 5; ++label) {
    const oracle::Array weights = weights_with(label);
    const auto sees = [&](auto i, auto j) { return i < global || j < global || std::abs(i - j) <= 4; };
    EXPECT_TRUE(sees_exactly(weights, [&](auto i, auto j) {
      bool any = false;
      for (std::int64_t other = 0; other < length; ++other) any = any || (sees(i, other) && has(label, i, other));
      return sees(i, j) && (!any || has(label, i, j));
    })) << label;
  }
}

TEST(EtcParameters, label_keys_start_gaussian_and_label_biases_at_zero) {
  const VariantCase c{"etc", {{"global", "2"}}, problem_of(Scope::core, false, 1, 4, 8, 64)};
  for (const std::string stream : {"global", "long"}) {
    const oracle::Array keys = initial_value(c, "label_keys_" + stream);
    double square = 0.0;
    for (const double value : keys.values) square += value * value / static_cast<double>(keys.values.size());
    EXPECT_NEAR(std::sqrt(square), 0.5, 0.02) << stream;
    EXPECT_TRUE(all_zero(initial_value(c, "label_bias_" + stream))) << stream;
  }
}

TEST(EtcUnsupported, problems_without_a_long_stream_or_with_an_order) {
  VariantCase c{"etc", {{"global", "8"}}, problem_of(Scope::core, false, 1, 1, 8, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.problem.seq_len = 9;
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
  c.problem.causal = true;
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
}

TEST(EtcUnsupported, a_vocabulary_too_small_for_its_labels) {
  VariantCase c{
      "etc", {{"global", "2"}, {"clip", "5"}, {"vocabulary", "11"}}, problem_of(Scope::core, false, 1, 1, 8, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.options["vocabulary"] = "12";
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

}  // namespace
}  // namespace attnscope::variant_testing
