#include "tests/oracle/routing.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

std::int64_t ceiling_of_ratio(std::int64_t x, std::int64_t y) { return (x + y - 1) / y; }

// Options with every default filled in, and the shapes.
struct Setting {
  std::int64_t sequences, heads, length, routing_heads, clusters, window;
  bool shared, nearest;
};

Setting resolve(const VarArray& q, const RoutingOptions& options) {
  require_one_of(options.share_qk, {"auto", "true", "false"});
  require_one_of(options.selection, {"auto", "top", "nearest"});
  require_one_of(options.logits, {"unscaled", "scaled"});
  Setting s{};
  s.sequences = q.extent(0), s.heads = q.extent(1), s.length = q.extent(2);
  s.routing_heads = options.routing_heads > 0 ? options.routing_heads : ceiling_of_ratio(s.heads, 2);
  s.clusters = options.clusters > 0 ? options.clusters : ceil_sqrt(s.length);
  s.window = options.window > 0 ? options.window : ceiling_of_ratio(s.length, s.clusters);
  s.shared = options.share_qk == "true" || (options.share_qk == "auto" && options.causal);
  s.nearest = options.selection == "nearest" || (options.selection == "auto" && options.causal);
  return s;
}

// What routes of one head of one sequence, queries or keys, against the centroids. No gradient goes through choices.
struct Routed {
  const VarArrays& in;
  const VarArray& x;  // x̂ [B,H,N,D]
  std::int64_t b, h;

  double score(std::int64_t n, std::int64_t c) const {
    const VarArray& centroids = in.at("centroids");
    double sum = 0.0;
    for (std::int64_t d = 0; d < x.extent(3); ++d) sum += x(b, h, n, d).value() * centroids(h, c, d).value();
    return sum;
  }

  // The centroid of the largest score; ties: the lowest.
  std::int64_t nearest(std::int64_t n) const {
    std::int64_t best = 0;
    for (std::int64_t c = 1; c < in.at("centroids").extent(1); ++c)
      if (score(n, c) > score(n, best)) best = c;
    return best;
  }

  // The real positions of the `window` largest scores; ties: the lowest.
  std::vector<std::int64_t> top(std::int64_t c, std::int64_t window) const {
    std::vector<std::pair<double, std::int64_t>> ranking;
    for (std::int64_t n = 0; n < x.extent(2); ++n)
      if (is_real(in, b, n)) ranking.emplace_back(-score(n, c), n);
    std::sort(ranking.begin(), ranking.end());
    ranking.resize(std::min(ranking.size(), static_cast<std::size_t>(window)));
    std::vector<std::int64_t> positions;
    for (const auto& [minus_score, n] : ranking) positions.push_back(n);
    std::sort(positions.begin(), positions.end());
    return positions;
  }
};

struct Routing {
  const VarArrays& in;
  const RoutingOptions& options;
  Setting setting;
  VarArray q, k;  // q̂, k̂ of all heads, of which the routing ones are used

  Routing(const VarArrays& arrays, const RoutingOptions& given)
      : in(arrays), options(given), setting(resolve(arrays.at("q"), given)) {
    const auto prepared = [&](const VarArray& x) { return given.normalise ? layer_norm(x, {}, {}, 1e-6) : x; };
    q = prepared(arrays.at("q"));
    k = setting.shared ? q : prepared(arrays.at("k"));
  }

  // The sets of vectors that the clusters represent: q̂, and k̂ unless it is the same.
  std::vector<const VarArray*> clustered() const { return setting.shared ? std::vector{&q} : std::vector{&q, &k}; }

  SeenKey see(std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j) const {
    const double scale = options.logits == "scaled" ? head_scale(q) : 1.0;
    return {scale * dot(row(q, b, h, i), row(k, b, h, j)), row(in.at("v"), b, h, j)};
  }

  // Every cluster's queries attend to its keys; a query that is in several clusters gets the mean.
  void attend_top(std::int64_t b, std::int64_t h, VarArray& output) const {
    const Routed queries{in, q, b, h}, keys{in, k, b, h};
    std::vector<double> memberships(static_cast<std::size_t>(setting.length), 0.0);
    for (std::int64_t c = 0; c < setting.clusters; ++c) {
      const std::vector<std::int64_t> chosen_keys = keys.top(c, setting.window);
      for (const std::int64_t i : queries.top(c, setting.window)) {
        std::vector<SeenKey> seen;
        for (const std::int64_t j : chosen_keys)
          if (!options.causal || j <= i) seen.push_back(see(b, h, i, j));
        std::vector<Var> in_cluster(static_cast<std::size_t>(q.extent(3)));
        softmax_row(seen, in_cluster);
        for (std::size_t d = 0; d < in_cluster.size(); ++d) row(output, b, h, i)[d] += in_cluster[d];
        memberships[static_cast<std::size_t>(i)] += 1.0;
      }
    }
    for (std::int64_t i = 0; i < setting.length; ++i)
      if (const double count = memberships[static_cast<std::size_t>(i)]; count > 0.0)
        for (Var& o : row(output, b, h, i)) o = o / (count + options.epsilon);
  }

  // A query attends to the keys of its cluster in its own window and the one before. Windows are counted in keys, so a
  // query's own window is the one that a key in its place would be in.
  void attend_nearest(std::int64_t b, std::int64_t h, VarArray& output) const {
    const Routed queries{in, q, b, h}, keys{in, k, b, h};
    std::vector<std::int64_t> key_cluster, key_window;
    for (std::int64_t n = 0; n < setting.length; ++n) {
      const std::int64_t cluster = is_real(in, b, n) ? keys.nearest(n) : -1;
      key_window.push_back(std::count(key_cluster.begin(), key_cluster.end(), cluster) / setting.window);
      key_cluster.push_back(cluster);
    }
    for (std::int64_t i = 0; i < setting.length; ++i) {
      if (!is_real(in, b, i)) continue;
      const std::int64_t cluster = queries.nearest(i);
      const std::int64_t window = std::count(key_cluster.begin(), key_cluster.begin() + i, cluster) / setting.window;
      std::vector<SeenKey> seen;
      for (std::int64_t j = 0; j < (options.causal ? i + 1 : setting.length); ++j) {
        const auto at = static_cast<std::size_t>(j);
        const bool near = key_window[at] == window || key_window[at] == window - 1;
        if (key_cluster[at] == cluster && near) seen.push_back(see(b, h, i, j));
      }
      softmax_row(seen, row(output, b, h, i));
    }
  }

  // Heads that do not route see their own block and the one before, and the next one unless causal.
  VarArray attend_locally() const {
    return self_attention(in, in.at("q"), in.at("k"), in.at("v"), [&](auto, auto h, auto i, auto j) {
      if (h < setting.routing_heads || (options.causal && j > i)) return 0.0;
      return std::abs(i / options.local_block - j / options.local_block) <= 1 ? 1.0 : 0.0;
    });
  }

  VarArray output() const {
    VarArray o = attend_locally();
    for (std::int64_t b = 0; b < setting.sequences; ++b)
      for (std::int64_t h = 0; h < setting.routing_heads; ++h) {
        if (setting.nearest) {
          attend_nearest(b, h, o);
        } else {
          attend_top(b, h, o);
        }
      }
    return o;
  }

  // Visits every real vector that routes, with the cluster that it belongs to.
  template <class Visit>
  void for_each_assigned(const VarArray& x, const Visit& visit) const {
    for (std::int64_t b = 0; b < setting.sequences; ++b)
      for (std::int64_t h = 0; h < setting.routing_heads; ++h)
        for (std::int64_t n = 0; n < setting.length; ++n)
          if (is_real(in, b, n)) visit(h, Routed{in, x, b, h}.nearest(n), row(x, b, h, n));
  }

  // Mean of (x̂ − sg(μ_c(x)))²
  Var commitment_loss() const {
    Var sum;
    double terms = 0.0;
    for (const VarArray* x : clustered())
      for_each_assigned(*x, [&](std::int64_t h, std::int64_t c, std::span<const Var> vector) {
        for (std::size_t d = 0; d < vector.size(); ++d) {
          const Var difference = vector[d] - in.at("centroids")(h, c, d).stopped();
          sum += difference * difference;
          terms += 1.0;
        }
      });
    return terms == 0.0 ? sum : sum / terms;
  }

  // One step of the moving averages for q̂, then one for k̂ unless it is shared; μ_c = s_c/ñ_c.
  Arrays updated_clusters() const {
    Array counts = values_of(in.at("cluster_counts")), sums = values_of(in.at("cluster_sums"));
    for (const VarArray* x : clustered()) {
      for (double& count : counts.values) count *= options.decay;
      for (double& sum : sums.values) sum *= options.decay;
      for_each_assigned(*x, [&](std::int64_t h, std::int64_t c, std::span<const Var> vector) {
        counts(h, c) += 1.0 - options.decay;
        for (std::size_t d = 0; d < vector.size(); ++d) sums(h, c, d) += (1.0 - options.decay) * vector[d].value();
      });
    }
    Array centroids = sums;
    for (std::int64_t h = 0; h < setting.routing_heads; ++h) {
      double total = 0.0;
      for (std::int64_t c = 0; c < setting.clusters; ++c) total += counts(h, c);
      for (std::int64_t c = 0; c < setting.clusters; ++c) {
        const double smoothed = (counts(h, c) + 1e-5) / (total + static_cast<double>(setting.clusters) * 1e-5) * total;
        for (std::int64_t d = 0; d < sums.extent(2); ++d) centroids(h, c, d) /= smoothed;
      }
    }
    return {{"new_cluster_counts", counts}, {"new_cluster_sums", sums}, {"new_centroids", centroids}};
  }

  Forward forward() const {
    Forward result{output(), 0.0, {}};
    if (!options.training) return result;
    const Var loss = commitment_loss();
    result.loss = options.commitment * loss;
    result.states = updated_clusters();
    result.states["commitment_loss"] = Array({}, {loss.value()});
    return result;
  }
};

const std::set<std::string> constants{"centroids", "cluster_counts", "cluster_sums", "key_mask"};

}  // namespace

Result routing_core(const Arrays& in, const RoutingOptions& options) {
  return differentiate(in, constants, [&](const VarArrays& arrays) { return Routing(arrays, options).forward(); });
}

Result routing_layer(const Arrays& in, std::int64_t heads, const RoutingOptions& options) {
  return differentiate(in, constants, [&](const VarArrays& arrays) {
    Forward forward;
    forward.output = attention_layer(arrays, heads, [&](const VarArrays& inner) {
      Forward core = Routing(inner, options).forward();
      forward.loss = core.loss;
      forward.states = core.states;
      return core.output;
    });
    return forward;
  });
}

}  // namespace attnscope::oracle
