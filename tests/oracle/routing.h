// Routing Transformer (Roy et al., TACL 2021, arXiv 2003.05997): some heads attend within clusters that online k-means
// finds, the others locally.
#pragma once

#include <string>

#include "tests/oracle/array.h"

namespace attnscope::oracle {

struct RoutingOptions {
  std::int64_t clusters = 0;        // C; 0: ⌈√N⌉
  std::int64_t window = 0;          // w; 0: ⌈N/C⌉
  std::int64_t routing_heads = 0;   // R, the first ones; 0: ⌈H/2⌉
  std::int64_t local_block = 256;   // of the other heads
  std::string share_qk = "auto";    // in routing heads k := q. true, false; auto: when causal
  bool normalise = true;            // layer norm without gain and shift on routed q and k
  std::string logits = "unscaled";  // unscaled, scaled: /√D
  double epsilon = 0.01;            // added to the number of clusters that a query is in; for `top`
  std::string selection = "auto";  // top: the w best of every centroid; nearest: every token in the cluster of its best
                                   // centroid, in windows of w; auto: nearest when causal
  double commitment = 1e-4;        // weight of the commitment loss
  double decay = 0.999;            // λ of the clusters' moving averages
  bool causal = false;
  bool training = true;  // with the loss and the new clusters
};

// in: q, k, v, d_out, perhaps key_mask, the constants centroids [R,C,D] and, in training, cluster_counts [R,C] and
// cluster_sums [R,C,D]. States, in training: commitment_loss, unweighted; new_cluster_counts, new_cluster_sums,
// new_centroids, for which tokens are assigned by the old centroids throughout.
Result routing_core(const Arrays& in, const RoutingOptions& options);
Result routing_layer(const Arrays& in, std::int64_t heads, const RoutingOptions& options);

}  // namespace attnscope::oracle
