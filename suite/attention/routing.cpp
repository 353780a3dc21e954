// Routing Transformer (Roy, Saffar, Vaswani, Grangier 2020, arXiv 2003.05997): online k-means routes queries and keys
// to clusters and attention stays inside a cluster (§4); other heads attend locally.
#include <algorithm>
#include <array>
#include <cmath>

#include "suite/attention/paged_groups.h"
#include "suite/attention/row_order.h"
#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/gradient_flow.h"
#include "suite/ops/index_rows.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"
#include "suite/ops/normalize.h"
#include "suite/ops/reduce.h"
#include "suite/ops/selection.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class Routing final : public Variant {
 public:
  Routing() : Variant(false) {}
  Option<std::int64_t> clusters{options_, "clusters", 0, at_least<std::int64_t>(0), "centroids per head; 0: ⌈√N⌉"};
  Option<std::int64_t> window{options_, "window", 0, at_least<std::int64_t>(0),
                              "members of a cluster (selection=top) or of a page of it (nearest); 0: ⌈N/clusters⌉"};
  Option<std::int64_t> routing_heads{options_, "routing_heads", 0, at_least<std::int64_t>(0),
                                     "heads that route, the first ones; the others are local; 0: half of them"};
  Option<std::int64_t> local_block{options_, "local_block", 256, at_least<std::int64_t>(1),
                                   "block of a local head, which sees its own and the one before"};
  Choice share_qk{options_,
                  "share_qk",
                  "auto",
                  {"auto", "true", "false"},
                  "routing heads use their queries as keys; auto: when causal"};
  Option<bool> normalise{options_, "normalise", true, "layer norm, without gain and shift, of routed queries and keys"};
  Choice logits{options_,
                "logits",
                "unscaled",
                {"unscaled", "scaled"},
                "of routing heads: q·k as it is (official code), or by √D"};
  Option<double> epsilon{options_, "epsilon", 0.01, {0, 1}, "added to the number of clusters that a query is in"};
  Choice selection{options_,
                   "selection",
                   "auto",
                   {"auto", "top", "nearest"},
                   "who is in a cluster: the `window` positions that score best (paper; later positions displace "
                   "earlier ones: not when causal), or every position whose nearest centroid it is, page by page "
                   "(strictly causal); auto: nearest when causal"};
  Option<double> commitment{options_, "commitment", 1e-4, {0, 1e6}, "weight of the commitment loss"};
  Option<double> decay{options_, "decay", 0.999, {0, 1}, "of the clusters' moving averages"};

  VariantInfo info() const override {
    return {.name = "routing",
            .title = "Routing Transformer",
            .authors = "Roy, Saffar, Vaswani, Grangier",
            .year = 2020,
            .arxiv = "2003.05997",
            .survey_class = "LP",
            .complexity = "O(N√N)",
            .family = "clustering",
            .decode = true,
            .smooth_options = "commitment=0",  // a loss of training, in which the centroids stand still
            .exact_when = {"clusters=1;window=100000;local_block=100000;share_qk=false;normalise=false;"
                           "logits=scaled;epsilon=0;selection=top",
                           "clusters=1;window=100000;local_block=100000;share_qk=false;normalise=false;"
                           "logits=scaled;selection=nearest"},
            .mean_of_values = "selection=nearest;share_qk=true"};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (routing_heads > problem.heads) return "routing_heads: more routing heads than heads";
    if (problem.causal && !nearest(problem) && window_size(problem) < problem.seq_len) {
      return "selection: among the best positions of a whole sequence, later ones displace earlier ones, which is not "
             "causal; use selection=nearest, or a window of the whole sequence";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const std::int64_t routing = routing_head_count(problem), local = problem.heads - routing;
    const Tensor routed = route(ctx, problem, heads_of(ctx, in, 0, routing));
    if (local == 0) return routed;
    const Tensor near = attend_locally(ctx, problem, heads_of(ctx, in, routing, local));
    return ops::concatenate(ctx, std::array{routed, near}, 1);
  }

 private:
  std::int64_t routing_head_count(const Problem& problem) const {
    return routing_heads > 0 ? static_cast<std::int64_t>(routing_heads) : (problem.heads + 1) / 2;
  }
  std::int64_t cluster_count(const Problem& problem) const {
    if (clusters > 0) return clusters;
    return ceil_sqrt(problem.seq_len);
  }
  std::int64_t window_size(const Problem& problem) const {
    const std::int64_t count = cluster_count(problem);
    const std::int64_t size = window > 0 ? static_cast<std::int64_t>(window) : (problem.seq_len + count - 1) / count;
    return std::min(size, problem.seq_len);
  }
  bool shared(const Problem& problem) const { return share_qk.is("true") || (share_qk.is("auto") && problem.causal); }
  bool nearest(const Problem& problem) const {
    return selection.is("nearest") || (selection.is("auto") && problem.causal);
  }

  static QueryKeyValue heads_of(Context& ctx, const QueryKeyValue& in, std::int64_t first, std::int64_t count) {
    const auto part = [&](const Tensor& x) { return ops::slice(ctx, x, 1, first, count); };
    return {.q = part(in.q), .k = part(in.k), .v = part(in.v), .key_mask = in.key_mask};
  }

  // --- local heads

  Tensor attend_locally(Context& ctx, const Problem& problem, const QueryKeyValue& in) const {
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    for (std::int64_t i = 0; i < problem.seq_len; ++i) {
      const std::int64_t block = i / local_block;
      const std::int64_t last = problem.causal ? i + 1 : std::min(problem.seq_len, (block + 2) * local_block);
      ranges->push_back({std::max<std::int64_t>(0, (block - 1) * local_block), last});
    }
    return ops::attention(ctx, in.q, in.k, in.v,
                          {.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim)),
                           .pattern = {.ranges = std::move(ranges)},
                           .key_mask = in.key_mask});
  }

  // --- routing heads

  // Queries or keys that route: x̂ [B,R,N,D], the cluster that each belongs to [B,R,N], the members of each cluster
  // [B,R,C,w]. What is not asked for stays undefined.
  struct Routed {
    Tensor x, cluster, members;
  };

  Shape centroid_shape(const Problem& problem) const {
    return {routing_head_count(problem), cluster_count(problem), problem.head_dim};
  }

  Tensor route(Context& ctx, const Problem& problem, QueryKeyValue in) const {
    const Tensor centroids = ctx.state("centroids", centroid_shape(problem), ops::normalized_gaussian());
    const Moments before = moments(ctx, problem);
    std::vector<Routed> routed{assign(ctx, problem, std::move(in.q), centroids, in.key_mask, "")};
    if (!shared(problem)) routed.push_back(assign(ctx, problem, std::move(in.k), centroids, in.key_mask, "key_"));
    in.k = {};
    if (problem.mode == Mode::training) {
      ctx.auxiliary_loss("commitment_loss", commitment_loss(ctx, centroids, routed, in.key_mask), commitment);
      update(ctx, problem, before, routed, in.key_mask);
    }
    const RowOrder order =
        nearest(problem) ? order_of_nearest(ctx, problem, routed, in.key_mask) : order_of_members(ctx, problem, routed);
    const double scale = logits.is("unscaled") ? 1 : 1 / std::sqrt(static_cast<double>(problem.head_dim));
    const Tensor o = attend_in_order(ctx, routed.front().x, routed.back().x, in.v, order, scale).out;
    if (nearest(problem)) return o;
    // A query in several clusters gets the mean, one in none gets 0.
    return ops::scatter_mean_by_index(ctx, o, order.query_rows, problem.seq_len, epsilon);
  }

  // The largest inner product is the nearest centroid on the sphere. Choices have no gradient.
  Routed assign(Context& ctx, const Problem& problem, Tensor x, const Tensor& centroids, const Tensor& key_mask,
                const std::string& whose) const {
    Routed routed{normalise ? ops::layer_norm(ctx, x, {}, {}, 1e-6) : x, {}, {}};
    x = {};  // its memory is free before the scores need some
    const Shape& s = routed.x.shape();
    const Tensor scores =
        ops::matmul(ctx, ops::stop_gradient(routed.x), centroids, {.transpose_b = true, .in_statistics = true});
    const std::string clusters_name = whose + "clusters", members_name = whose + "members";
    // A forward pass of selection=top has no use for clusters, but takes them with the decisions of a training pass.
    if (nearest(problem) || problem.mode == Mode::training || ctx.arguments().has_given(clusters_name)) {
      routed.cluster = ctx.decision(clusters_name, {s[0], s[1], s[2]}, [&] { return ops::argmax(ctx, scores); });
    }
    if (!nearest(problem)) {
      const std::int64_t count = window_size(problem);
      routed.members = ctx.decision(members_name, {s[0], s[1], cluster_count(problem), count},
                                    [&] { return ops::top_positions(ctx, scores, count, key_mask); });
    }
    return routed;
  }

  // The members of each cluster beside each other; queries see the keys of their cluster.
  static RowOrder order_of_members(Context& ctx, const Problem& problem, const std::vector<Routed>& routed) {
    const Shape& s = routed.front().members.shape();
    const auto rows = [&](const Routed& r) { return ops::reshape(ctx, r.members, {s[0], s[1], s[2] * s[3]}); };
    RowOrder order{.query_rows = rows(routed.front()),
                   .key_rows = rows(routed.back()),
                   .ranges = ranges_of_blocks(s[2], s[3], s[3])};
    order.rule = {.query = order.query_rows, .key = order.key_rows, .causal = problem.causal};
    return order;
  }

  // Clusters in pages of `window` keys, of which a query sees its own and the one before.
  RowOrder order_of_nearest(Context& ctx, const Problem& problem, const std::vector<Routed>& routed,
                            const Tensor& key_mask) const {
    const PageRule rule{.size = window_size(problem), .back = 1};
    const std::int64_t padding = cluster_count(problem);
    const Tensor key_group = group_or_padding(ctx, routed.back().cluster, key_mask, padding);
    if (shared(problem)) {
      const Shape& s = key_group.shape();
      return sort_into_pages(ctx, ops::reshape(ctx, key_group, {s[0], s[1], 1, s[2]}), rule, problem.causal);
    }
    const Tensor query_group = group_or_padding(ctx, routed.front().cluster, key_mask, padding);
    return join_pages(ctx, query_group, key_group, padding + 1, rule, problem.causal);
  }

  // --- training the clusters

  // Mean of (x̂ − sg(μ))² over the components of all real vectors.
  static Tensor commitment_loss(Context& ctx, const Tensor& centroids, const std::vector<Routed>& routed,
                                const Tensor& key_mask) {
    Tensor sum;
    for (const Routed& r : routed) {
      const Tensor mean = mean_distance(ctx, centroids, r, key_mask);
      sum = sum.defined() ? ops::add(ctx, sum, mean) : mean;
    }
    return ops::affine(ctx, sum, 1 / static_cast<double>(routed.size()));
  }

  static Tensor mean_distance(Context& ctx, const Tensor& centroids, const Routed& routed, const Tensor& key_mask) {
    const Shape& s = routed.x.shape();
    const Shape& c = centroids.shape();
    const Tensor of_all_examples = ops::repeat(ctx, ops::reshape(ctx, centroids, {1, c[0], c[1], c[2]}), 0, s[0]);
    const Tensor own = ops::gather_by_index(ctx, of_all_examples, routed.cluster);
    const Tensor difference = ops::add(ctx, routed.x, ops::affine(ctx, own, -1));
    if (!key_mask.defined()) return ops::mean_square(ctx, difference);
    // Padding counts neither as a distance nor as a vector: all real ones are scattered to one row.
    const std::int64_t vectors = s[0] * s[1] * s[2];
    const Tensor squares = ops::in_statistics(ctx, ops::mean(ctx, ops::multiply(ctx, difference, difference), -1));
    const Tensor row = group_or_padding(ctx, ops::affine(ctx, routed.cluster, 0), key_mask, -1);
    const Tensor mean = ops::scatter_mean_by_index(ctx, ops::reshape(ctx, squares, {1, 1, vectors, 1}),
                                                   ops::reshape(ctx, row, {1, 1, vectors}), 1, 0);
    return ops::reshape(ctx, mean, {1});
  }

  // Moving averages: members [R,C] of every cluster and their sum [R,C,D].
  struct Moments {
    Tensor counts, sums;
  };
  Moments moments(Context& ctx, const Problem& problem) const {
    const Shape shape = centroid_shape(problem);
    return {ctx.statistics_state("cluster_counts", {shape[0], shape[1]}, ops::zeros()),
            ctx.statistics_state("cluster_sums", shape, ops::copy_of("centroids", ops::normalized_gaussian()))};
  }

  // One step of online k-means for the queries, then one for the keys, all with the clusters of the old centroids.
  void update(Context& ctx, const Problem& problem, Moments average, const std::vector<Routed>& routed,
              const Tensor& key_mask) const {
    const auto step = [&](const Tensor& old, const Tensor& seen) {
      return ops::add(ctx, ops::affine(ctx, old, decay), ops::affine(ctx, seen, 1 - decay));
    };
    for (const Routed& r : routed) {
      const Moments seen = sums_by_cluster(ctx, problem, r, key_mask);
      average = {step(average.counts, seen.counts), step(average.sums, seen.sums)};
    }
    ctx.result("new_cluster_counts", average.counts);
    ctx.result("new_cluster_sums", average.sums);
    ctx.result("new_centroids", centroids_of(ctx, average));
  }

  Moments sums_by_cluster(Context& ctx, const Problem& problem, const Routed& routed, const Tensor& key_mask) const {
    const Shape shape = centroid_shape(problem);
    const Tensor index = group_or_padding(ctx, routed.cluster, key_mask, -1);
    const auto by_cluster = [&](const Tensor& x) {
      return ops::sum(ctx, ops::scatter_sum_by_index(ctx, x, index, shape[1]), 0);
    };
    const Shape& s = index.shape();
    const Tensor ones = ops::tabulate(ctx, {s[0], s[1], s[2], 1}, [](std::int64_t) { return 1; });
    return {ops::reshape(ctx, by_cluster(ones), {shape[0], shape[1]}),
            ops::reshape(ctx, by_cluster(ops::in_statistics(ctx, ops::stop_gradient(routed.x))), shape)};
  }

  // μ_c = s_c/ñ_c with ñ_c = (n_c + ε)/(Σn + Cε)·Σn, divided in the logarithm.
  static Tensor centroids_of(Context& ctx, const Moments& average) {
    constexpr double smoothing = 1e-5;
    const auto logarithm = [&](const Tensor& x) { return ops::activate(ctx, x, ops::Activation::logarithm); };
    const Shape& s = average.sums.shape();
    const Tensor total = ops::sum(ctx, average.counts, -1);
    const Tensor smoothed_total = ops::affine(ctx, total, 1, smoothing * static_cast<double>(s[1]));
    const Tensor share = ops::add(ctx, logarithm(total), ops::affine(ctx, logarithm(smoothed_total), -1));
    const Tensor log_count = ops::add(ctx, logarithm(ops::affine(ctx, average.counts, 1, smoothing)), share);
    const Tensor reciprocal = ops::exponential(ctx, ops::affine(ctx, log_count, -1));
    return ops::multiply(ctx, average.sums, ops::reshape(ctx, reciprocal, {s[0], s[1], 1}));
  }
};

}  // namespace

std::unique_ptr<Variant> make_routing() { return std::make_unique<Routing>(); }

}  // namespace attnscope::attention
