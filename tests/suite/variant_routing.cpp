// Routing Transformer against attention inside clusters with every pair written out, and its exact special cases.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/oracle/dense_attention.h"
#include "tests/oracle/routing.h"
#include "tests/oracle/softmax.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

oracle::RoutingOptions options_of(const VariantCase& c) {
  return {.clusters = integer_or(c, "clusters", 0),
          .window = integer_or(c, "window", 0),
          .routing_heads = integer_or(c, "routing_heads", 0),
          .local_block = integer_or(c, "local_block", 256),
          .share_qk = option_or(c, "share_qk", "auto"),
          .normalise = flag_or(c, "normalise", true),
          .logits = option_or(c, "logits", "unscaled"),
          .epsilon = number_or(c, "epsilon", 0.01),
          .selection = option_or(c, "selection", "auto"),
          .commitment = number_or(c, "commitment", 1e-4),
          .decay = number_or(c, "decay", 0.999),
          .causal = c.problem.causal,
          .training = c.problem.mode == Mode::training};
}

oracle::Result routing(const VariantCase& c, const oracle::Arrays& arrays) {
  return c.problem.scope == Scope::core ? oracle::routing_core(arrays, options_of(c))
                                        : oracle::routing_layer(arrays, c.problem.heads, options_of(c));
}

// Clusters that have seen something: where nothing ever was, not even in padding, there is no mean.
oracle::Arrays earlier_counts(const VariantCase& c) {
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  const auto session = make_session(*variant, c, {}, *backend);
  oracle::Array counts(from_host(session->argument("cluster_counts")).shape);
  std::iota(counts.values.begin(), counts.values.end(), 1.0);
  return {{"cluster_counts", counts}};
}

// The general properties are those of the output: the commitment loss reaches every position.
Options without_loss(Options options) {
  options.insert({"commitment", "0"});
  return options;
}

std::vector<Setting> settings(std::int64_t) {
  std::vector<Setting> all =
      settings_of(
          false, {without_loss({{"clusters", "3"}, {"window", "4"}, {"local_block", "3"}}),
                  without_loss({{"clusters", "3"}, {"window", "3"}, {"normalise", "false"}, {"logits", "scaled"}}),
                  without_loss({{"clusters", "3"}, {"window", "2"}, {"selection", "nearest"}, {"share_qk", "true"}})}) +
      settings_of(true, {without_loss({{"clusters", "3"}, {"window", "2"}, {"local_block", "3"}}),
                         without_loss({{"clusters", "2"}, {"routing_heads", "2"}})});
  // Queries with clusters of their own may find no key.
  for (const bool causal : {false, true}) {
    Setting separate{
        without_loss({{"clusters", "2"}, {"window", "2"}, {"selection", "nearest"}, {"share_qk", "false"}}), causal};
    separate.traits.sees_itself = false;
    all.push_back(separate);
  }
  for (Setting& setting : all) setting.traits.keeps_rounding = false;
  return all;
}

const bool added = add_variant_under_test({.name = "routing",
                                           .oracle = routing,
                                           .settings = settings,
                                           .optional_arrays = earlier_counts,
                                           .shortens = false,           // √N clusters of √N members
                                           .heads_are_alike = false});  // half of them route

std::vector<VariantCase> oracle_cases() {
  const std::vector<Options> options{
      {},
      {{"clusters", "1"}, {"routing_heads", "1"}},
      {{"clusters", "3"}, {"window", "4"}, {"local_block", "5"}, {"epsilon", "0"}},
      {{"clusters", "3"}, {"window", "200"}, {"epsilon", "0.3"}, {"local_block", "1"}},
      {{"clusters", "5"}, {"window", "3"}, {"normalise", "false"}, {"logits", "scaled"}},
      {{"clusters", "2"}, {"window", "1"}, {"commitment", "0.5"}, {"decay", "0.9"}},
      {{"clusters", "4"}, {"window", "2"}, {"commitment", "2"}, {"decay", "0.5"}, {"normalise", "false"}}};
  // Every way to choose members at every option, in one direction or the other; the best of a whole sequence only where
  // that is causal.
  std::vector<Setting> settings;
  bool causal = false;
  for (Options each : options) {
    causal = !causal;
    for (const std::string selection : {"top", "nearest"})
      for (const char* shared : {"true", "false"}) {
        each["selection"] = selection, each["share_qk"] = shared;
        const bool everyone = each.contains("window") && each.at("window") == "200";
        settings.push_back({each, causal && (selection == "nearest" || everyone)});
        causal = !causal;
      }
  }
  return every_length("routing", settings_of(false, {{}}) + settings_of(true, {{}}) + settings);
}

class RoutingOracle : public OracleTest {};
TEST_P(RoutingOracle, every_backend) { expect_matches_oracle_everywhere(GetParam()); }
INSTANTIATE_TEST_SUITE_P(settings, RoutingOracle, testing::ValuesIn(oracle_cases()), case_name);

class RoutingOracleLarge : public OracleTest {};
TEST_P(RoutingOracleLarge, single_precision) { expect_matches_oracle_in_f32(GetParam()); }
INSTANTIATE_TEST_SUITE_P(
    shapes, RoutingOracleLarge,
    testing::Values(VariantCase{"routing", {}, problem_of(Scope::core, false, 1, 2, 200, 40), Padding::holes},
                    VariantCase{"routing", {}, problem_of(Scope::core, true, 1, 2, 200, 40)},
                    VariantCase{"routing",
                                {{"selection", "nearest"}, {"share_qk", "false"}, {"local_block", "50"}},
                                problem_of(Scope::core, true, 2, 1, 150, 32)},
                    VariantCase{"routing", {}, problem_of(Scope::layer, false, 1, 2, 130, 16), Padding::tail}),
    case_name);

// (x − mean)/√(variance + 1e-6) over the last axis.
oracle::Array normalised(oracle::Array x) {
  const auto width = static_cast<std::size_t>(x.shape.back());
  for (std::size_t first = 0; first < x.values.size(); first += width) {
    double mean = 0, variance = 0;
    for (std::size_t i = first; i < first + width; ++i) mean += x.values[i] / static_cast<double>(width);
    for (std::size_t i = first; i < first + width; ++i)
      variance += std::pow(x.values[i] - mean, 2) / static_cast<double>(width);
    for (std::size_t i = first; i < first + width; ++i) x.values[i] = (x.values[i] - mean) / std::sqrt(variance + 1e-6);
  }
  return x;
}

oracle::Array scaled(oracle::Array x, double factor) {
  for (double& value : x.values) value *= factor;
  return x;
}

class Routing : public IdentityTest {
 protected:
  // Every head routes.
  static VariantCase make_case(bool causal, Options options, std::int64_t n = 17, std::int64_t d = 4) {
    options.insert({"routing_heads", "2"});
    return {"routing", options, problem_of(Scope::core, causal, 2, 2, n, d)};
  }
  // softmax(q̂·k̂) v: the dense oracle divides logits by √D.
  static oracle::Array unscaled_attention(const oracle::Arrays& in, const oracle::Multiplicity& seen) {
    const oracle::Array& q = in.at("q");
    return oracle::masked_softmax(scaled(normalised(q), std::sqrt(static_cast<double>(q.shape.back()))),
                                  normalised(in.at("k")), in.at("v"), seen, in.at("d_out"))
        .output;
  }
};
INSTANTIATE_TEST_SUITE_P(backends, Routing, both_backends(), backend_name);

TEST_P(Routing, clusters_of_everything_are_full_attention_without_a_scale) {
  for (const bool causal : {false, true})
    for (const double clusters : {1.0, 3.0})
      for (const double epsilon : {0.0, 0.01}) {
        const VariantCase c = make_case(causal, {{"clusters", std::to_string(static_cast<int>(clusters))},
                                                 {"window", "17"},
                                                 {"epsilon", std::to_string(epsilon)},
                                                 {"selection", "top"},
                                                 {"share_qk", "false"}});
        const oracle::Arrays arrays = make_arrays(c);
        const oracle::Array full =
            unscaled_attention(arrays, [&](auto, auto, auto i, auto j) { return causal && j > i ? 0.0 : 1.0; });
        EXPECT_TRUE(
            close(run_forward(c, arrays, *backend_), scaled(full, clusters / (clusters + epsilon)), tolerance_.output));
      }
}

TEST_P(Routing, is_softmax_attention_without_norm_epsilon_and_clusters) {
  for (const bool causal : {false, true})
    for (const char* selection : {"top", "nearest"}) {
      const VariantCase c = make_case(causal, {{"clusters", "1"},
                                               {"window", "17"},
                                               {"epsilon", "0"},
                                               {"normalise", "false"},
                                               {"logits", "scaled"},
                                               {"share_qk", "false"},
                                               {"selection", selection},
                                               {"commitment", "0"}});
      expect_softmax(c, make_arrays(c), *backend_);
    }
}

// Orthogonal centroids and tokens that sit on them: attention is block-diagonal.
TEST_P(Routing, clean_clusters_are_attended_to_by_themselves) {
  const std::int64_t n = 12, d = 8;
  const auto cluster = [](std::int64_t position) { return position % 3; };
  for (const bool causal : {false, true})
    for (const std::string selection : {"top", "nearest"}) {
      if (causal && selection == "top") continue;
      const VariantCase c = make_case(
          causal,
          {{"clusters", "3"}, {"window", "4"}, {"epsilon", "0"}, {"share_qk", "false"}, {"selection", selection}}, n,
          d);
      oracle::Arrays arrays = make_arrays(c);
      arrays["centroids"] = oracle::Array({2, 3, d});
      for (std::int64_t h = 0; h < 2; ++h)
        for (std::int64_t m = 0; m < 3; ++m) arrays["centroids"](h, m, m) = 1.0;
      for (const char* name : {"q", "k"})
        for (std::int64_t b = 0; b < 2; ++b)
          for (std::int64_t h = 0; h < 2; ++h)
            for (std::int64_t i = 0; i < n; ++i) arrays[name](b, h, i, cluster(i)) += 8;
      const oracle::Array blocks = unscaled_attention(arrays, [&](auto, auto, auto i, auto j) {
        return cluster(i) == cluster(j) && (!causal || j <= i) ? 1.0 : 0.0;
      });
      EXPECT_TRUE(close(run_forward(c, arrays, *backend_), blocks, tolerance_.output)) << selection;
    }
}

// ε, the clusters of a query, none: out = Σ o/(count + ε).
TEST_P(Routing, a_query_in_several_clusters_gets_their_mean_and_one_in_none_gets_zero) {
  const VariantCase c =
      make_case(false, {{"clusters", "4"}, {"window", "5"}, {"epsilon", "0.25"}, {"share_qk", "true"}});
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result result = run(c, arrays, *backend_);
  const oracle::Array& members = result.states.at("members");
  std::size_t rows_of_none = 0, rows_of_several = 0;
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t i = 0; i < 17; ++i) {
        std::vector<oracle::Array> outputs;
        for (std::int64_t m = 0; m < 4; ++m) {
          const auto is_member = [&](std::int64_t j) {
            const double* first = &members.values[members.offset({b, h, m, 0})];
            return std::find(first, first + 5, static_cast<double>(j)) != first + 5;
          };
          if (!is_member(i)) continue;
          oracle::Arrays shared = arrays;
          shared["k"] = arrays.at("q");
          outputs.push_back(
              unscaled_attention(shared, [&](auto, auto, auto, auto j) { return is_member(j) ? 1.0 : 0.0; }));
        }
        for (std::int64_t d = 0; d < 4; ++d) {
          double sum = 0;
          for (const oracle::Array& o : outputs) sum += o(b, h, i, d);
          const double count = static_cast<double>(outputs.size());
          EXPECT_NEAR(result.output(b, h, i, d), count == 0 ? 0 : sum / (count + 0.25), 1e-5);
        }
        rows_of_none += outputs.empty();
        rows_of_several += outputs.size() > 1;
      }
  EXPECT_GT(rows_of_none, 0u);
  EXPECT_GT(rows_of_several, 0u);
}

TEST_P(Routing, equal_scores_go_to_the_lowest) {
  for (const char* selection : {"top", "nearest"}) {
    // Of width 1, every normalised vector is zero.
    const VariantCase c =
        make_case(false, {{"clusters", "3"}, {"window", "4"}, {"selection", selection}, {"share_qk", "true"}}, 9, 1);
    const oracle::Result result = run(c, make_arrays(c), *backend_);
    EXPECT_TRUE(all_zero(result.states.at("clusters")));
    if (!result.states.contains("members")) continue;
    const auto& members = result.states.at("members").values;
    for (std::size_t i = 0; i < members.size(); ++i) EXPECT_EQ(members[i], static_cast<double>(i % 4));
  }
}

TEST_P(Routing, a_window_is_no_longer_than_the_sequence) {
  const VariantCase c = make_case(false, {{"clusters", "3"}, {"window", "100"}, {"share_qk", "true"}}, 9);
  const oracle::Array members = run(c, make_arrays(c), *backend_).states.at("members");
  EXPECT_EQ(members.shape, (std::vector<std::int64_t>{2, 2, 3, 9}));
}

TEST_P(Routing, padding_is_never_a_member) {
  for (const char* shared : {"true", "false"}) {
    VariantCase c = make_case(false, {{"clusters", "2"}, {"window", "17"}, {"share_qk", shared}});
    c.padding = Padding::holes;
    const oracle::Arrays arrays = make_arrays(c);
    const oracle::Result result = run(c, arrays, *backend_);
    for (const auto& [name, members] : result.states) {
      if (!name.ends_with("members")) continue;
      for (std::size_t i = 0; i < members.values.size(); ++i) {
        const auto b = static_cast<std::int64_t>(i / (members.values.size() / 2));
        const auto position = static_cast<std::int64_t>(members.values[i]);
        if (position >= 0) {
          EXPECT_EQ(arrays.at("key_mask")(b, position), 1.0) << name;
        }
      }
    }
  }
}

// One step by hand, for queries and then for keys; the output is that of the old centroids.
TEST_P(Routing, clusters_move_after_the_pass_that_used_the_old_ones) {
  for (const char* shared : {"true", "false"}) {
    VariantCase c = make_case(false, {{"clusters", "3"}, {"decay", "0.75"}, {"share_qk", shared}});
    c.padding = Padding::tail;
    oracle::Arrays arrays = make_arrays(c);
    arrays["cluster_counts"] = oracle::Array({2, 3}, {3, 4, 5, 6, 7, 8});
    const oracle::Result result = run(c, arrays, *backend_);
    EXPECT_TRUE(close(run_forward(c, arrays, *backend_), result.output, 1e-6));

    oracle::Array counts = arrays["cluster_counts"], sums = arrays["cluster_sums"];
    for (const std::string side : {"", "key_"}) {
      if (side == "key_" && shared == std::string("true")) continue;
      const oracle::Array x = normalised(arrays[side.empty() ? "q" : "k"]);
      const oracle::Array& cluster = result.states.at(side + "clusters");
      for (double& value : counts.values) value *= 0.75;
      for (double& value : sums.values) value *= 0.75;
      for (std::int64_t b = 0; b < 2; ++b)
        for (std::int64_t h = 0; h < 2; ++h)
          for (std::int64_t n = 0; n < 17; ++n) {
            if (arrays["key_mask"](b, n) == 0) continue;
            const auto m = static_cast<std::int64_t>(cluster(b, h, n));
            counts(h, m) += 0.25;
            for (std::int64_t d = 0; d < 4; ++d) sums(h, m, d) += 0.25 * x(b, h, n, d);
          }
    }
    oracle::Array centroids = sums;
    for (std::int64_t h = 0; h < 2; ++h) {
      const double total = counts(h, 0) + counts(h, 1) + counts(h, 2);
      for (std::int64_t m = 0; m < 3; ++m)
        for (std::int64_t d = 0; d < 4; ++d) centroids(h, m, d) /= (counts(h, m) + 1e-5) / (total + 3e-5) * total;
    }
    EXPECT_TRUE(close(result.states.at("new_cluster_counts"), counts, tolerance_.output));
    EXPECT_TRUE(close(result.states.at("new_cluster_sums"), sums, tolerance_.output));
    EXPECT_TRUE(close(result.states.at("new_centroids"), centroids, tolerance_.output));
  }
}

// The loss pulls queries to their centroids, never centroids to queries, and nothing else.
TEST_P(Routing, the_commitment_loss_moves_what_routes) {
  VariantCase c = make_case(false, {{"clusters", "3"}, {"commitment", "0"}, {"normalise", "false"}});
  c.options["routing_heads"] = "1";
  oracle::Arrays arrays = make_arrays(c);
  const oracle::Result without = run(c, arrays, *backend_);
  c.options["commitment"] = "2";
  const oracle::Result with = run(c, arrays, *backend_);
  EXPECT_FALSE(with.gradients.contains("centroids"));
  EXPECT_TRUE(identical(with.output, without.output));
  EXPECT_TRUE(identical(with.gradients.at("v"), without.gradients.at("v")));
  const double elements = 2 * 2 * 17 * 4;  // queries and keys of one head
  for (const std::string side : {"q", "k"}) {
    const oracle::Array& cluster = without.states.at(side == "q" ? "clusters" : "key_clusters");
    for (std::int64_t b = 0; b < 2; ++b)
      for (std::int64_t n = 0; n < 17; ++n)
        for (std::int64_t d = 0; d < 4; ++d) {
          const double centroid = arrays["centroids"](0, static_cast<std::int64_t>(cluster(b, 0, n)), d);
          const double pull = 2 * 2 * (arrays[side](b, 0, n, d) - centroid) / elements;
          EXPECT_NEAR(with.gradients.at(side)(b, 0, n, d) - without.gradients.at(side)(b, 0, n, d), pull, 1e-5);
          EXPECT_EQ(with.gradients.at(side)(b, 1, n, d), without.gradients.at(side)(b, 1, n, d)) << "a local head";
        }
  }
}

TEST_P(Routing, shared_heads_ignore_their_keys) {
  VariantCase c = make_case(true, {{"clusters", "3"}, {"commitment", "1"}});
  c.options["routing_heads"] = "1";
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Result result = run(c, arrays, *backend_);
  EXPECT_TRUE(all_zero(head(result.gradients.at("k"), 0)));
  EXPECT_FALSE(all_zero(head(result.gradients.at("k"), 1)));
}

// Clusters of the nearest centroid do not move when the sequence goes on.
TEST_P(Routing, nearest_clusters_ignore_what_comes_later) {
  for (const char* shared : {"true", "false"}) {
    VariantCase c = make_case(true, {{"clusters", "3"}, {"window", "3"}, {"share_qk", shared}}, 30);
    const oracle::Arrays arrays = make_arrays(c);
    oracle::Arrays shorter = arrays;
    for (const char* name : {"q", "k", "v", "d_out"}) shorter[name] = positions(arrays.at(name), 0, 19);
    const oracle::Array long_output = run_forward(c, arrays, *backend_);
    c.problem.seq_len = 19;
    EXPECT_TRUE(close(positions(long_output, 0, 19), run_forward(c, shorter, *backend_), tolerance_.output));
  }
}

TEST(RoutingOptions, more_routing_heads_than_heads_are_refused) {
  VariantCase c{"routing", {{"routing_heads", "3"}}, problem_of(Scope::core, false, 1, 2, 9, 4)};
  EXPECT_TRUE(make_variant(c)->refusal(c.problem).has_value());
  c.problem.heads = 3;
  EXPECT_FALSE(make_variant(c)->refusal(c.problem).has_value());
}

TEST(RoutingOptions, the_best_positions_are_refused_where_later_ones_would_displace_earlier_ones) {
  const auto refusal = [](bool causal, Options options) {
    const VariantCase c{"routing", std::move(options), problem_of(Scope::core, causal, 1, 2, 30, 4)};
    return make_variant(c)->refusal(c.problem);
  };
  const auto reason = refusal(true, {{"selection", "top"}});
  ASSERT_TRUE(reason.has_value());
  EXPECT_NE(reason->find("selection=nearest"), std::string::npos) << *reason;
  EXPECT_TRUE(refusal(true, {{"selection", "top"}, {"window", "29"}}).has_value());
  EXPECT_FALSE(refusal(true, {{"selection", "top"}, {"window", "30"}}).has_value());
  EXPECT_FALSE(refusal(true, {}).has_value());
  EXPECT_FALSE(refusal(false, {{"selection", "top"}}).has_value());
}

TEST(RoutingParameters, centroids_start_on_the_sphere_and_as_the_sums_of_their_clusters) {
  const VariantCase c{"routing", {}, problem_of(Scope::core, false, 1, 3, 30, 8)};
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  const auto session = make_session(*variant, c, {}, *backend);
  const oracle::Array centroids = from_host(session->argument("centroids"));
  EXPECT_EQ(centroids.shape, (std::vector<std::int64_t>{2, 6, 8}));
  EXPECT_TRUE(close(normalised(centroids), centroids, 1e-6));
  EXPECT_TRUE(identical(from_host(session->argument("cluster_sums")), centroids));
  EXPECT_TRUE(all_zero(from_host(session->argument("cluster_counts"))));
}

}  // namespace
}  // namespace attnscope::variant_testing
