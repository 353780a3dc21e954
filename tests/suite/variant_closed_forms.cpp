// Every variant's multiply-adds against its closed form: the formulae of the papers, as integers. Where an algorithm
// does more than the leading terms that papers print (denominators, norms, merging partial results), the form says so.
#include <functional>

#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

using std::int64_t;

constexpr int64_t batch = 2, heads = 3, d = 8;

struct ClosedForm {
  std::string variant;
  Options options;
  int64_t n;
  bool causal;
  int64_t flops;  // per example and head, core scope, forward
  const char* form;
};

// Pairs of a query and a key that it sees.
int64_t pairs(int64_t n, const std::function<bool(int64_t i, int64_t j)>& sees) {
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) count += sees(i, j) ? 1 : 0;
  return count;
}

// Two partial results become one: a weight each per row, D products and sums.
constexpr int64_t merge(int64_t n) { return 4 * n * d; }
// Σ x² of every row.
constexpr int64_t squares(int64_t n) { return 2 * n * d; }

std::vector<ClosedForm> closed_forms() {
  constexpr int64_t n = 96;
  const auto image = [](int64_t i, int64_t j) { return j <= i && j >= i / 16 * 16 - 8; };
  const auto strided = [](int64_t i, int64_t j) { return j <= i && (i - j <= 12 || (i - j) % 12 == 0); };
  const auto fixed = [](int64_t i, int64_t j) { return j <= i && (i / 12 == j / 12 || j % 12 >= 9); };
  const auto row_or_column = [](int64_t i, int64_t j) {
    return (i / 10 == j / 10 ? 1 : 0) + (i % 10 == j % 10 ? 1 : 0);
  };
  int64_t axial = 0, causal_axial = 0;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) axial += row_or_column(i, j), causal_axial += j <= i ? row_or_column(i, j) : 0;
  const auto global_window = [](int64_t i, int64_t j) { return std::abs(i - j) <= 5 || j == 0 || i == 0; };
  return {
      {"softmax", {}, n, false, 4 * n * n * d, "4N²D"},
      {"softmax", {}, n, true, 4 * n * n * d, "4N²D: materialised scores are computed whole"},
      {"flash", {}, n, false, 4 * n * n * d, "4N²D"},
      {"flash", {}, n, true, 2 * n * (n + 1) * d, "2N(N+1)D"},
      {"memory_compressed", {{"kind", "local"}, {"block", "16"}}, n, false, 4 * n * 16 * d, "4NbD"},
      {"memory_compressed", {{"kind", "local"}, {"block", "16"}}, n, true, 2 * n * 17 * d, "2N(b+1)D"},
      {"memory_compressed", {}, n, false, 4 * n * (n / 3 + 1) * d + 4 * n * d * d, "4N(N/κ+1)D + 4ND², κ=3"},
      {"memory_compressed",
       {},
       n,
       true,
       4 * d * (n + pairs(n, [](int64_t i, int64_t s) { return s < i / 3; })) + 4 * n * d * d,
       "4D(N + Σ⌊i/κ⌋) + 4ND²"},
      {"image_transformer", {{"query_block", "16"}, {"memory", "8"}}, n, true, 4 * d * pairs(n, image), "4D·pairs"},
      {"set_transformer", {{"inducing", "5"}}, n, false, 8 * n * 5 * d, "8NmD"},
      {"sparse_transformer",
       {{"kind", "strided"}, {"stride", "12"}},
       n,
       true,
       4 * d * pairs(n, strided) + merge(n),
       "4D·pairs + merge of the two sets"},
      {"sparse_transformer",
       {{"kind", "fixed"}, {"stride", "12"}, {"summary", "3"}},
       n,
       true,
       4 * d * pairs(n, fixed),
       "4D·pairs"},
      {"axial", {}, 100, false, 4 * d * 100 * (10 + 10), "4DN(h+w)"},
      {"axial", {}, n, false, 4 * d * axial, "4D·pairs, a last row of 6"},
      {"axial", {}, n, true, 4 * d * causal_axial, "4D·pairs"},
      {"longformer", {{"window", "5"}}, n, false, 4 * d * (n * 11 - 5 * 6), "4D(N(2w+1) − w(w+1))"},
      {"longformer", {{"window", "5"}}, n, true, 4 * d * (n * 6 - 15), "4D(N(w+1) − w(w+1)/2)"},
      {"longformer", {{"window", "5"}, {"global", "1"}}, n, false, 4 * d * pairs(n, global_window), "4D·pairs"},
      {"bigbird",
       {{"block", "8"}},
       n,
       false,
       4 * d * (2 * 8 * n + 2 * 7 * 64 + 8 * 8 * 64),
       "4D(2bN + 2(4+r)b² + (N/b−4)(5+r)b²), r=3"},
      {"routing",
       {{"routing_heads", "3"}, {"clusters", "10"}, {"window", "10"}},
       n,
       false,
       4 * n * 10 * d + 4 * d * 10 * 100 + 2 * squares(n),
       "4NkD + 4Dkw² + norms of Q and K"},
      {"reformer",
       {{"chunk", "16"}, {"buckets", "12"}, {"rounds", "1"}},
       n,
       false,
       8 * n * 16 * d + n * 12 * d + squares(n),
       "8NmD + N·n_b·D + norms of K"},
      {"sinkhorn",
       {{"block", "16"}},
       n,
       false,
       8 * n * 16 * d + 4 * n * 6 * d + 2 * 6 * d * (d + 6),
       "8NbD + 4N·N_B·D + sorting network 2N_B·D(D+N_B)"},
      {"linformer", {{"k", "7"}}, n, false, 8 * n * 7 * d, "8NkD"},
      {"synthesizer", {{"kind", "dense"}}, n, false, 4 * n * n * d + 2 * n * d * d, "4N²D + hidden layer 2ND²"},
      {"performer",
       {{"features", "16"}},
       n,
       false,
       8 * n * 16 * d + 4 * n * 16 + 2 * squares(n),
       "8NmD + denominators 4Nm + ‖x‖² of Q and K"},
      {"linear_transformer", {}, n, false, 4 * n * d * d + 4 * n * d, "4ND² + denominators 4ND"},
      {"transformer_xl", {{"memory", "20"}}, n, true, 6 * d * (n * 20 + n * (n + 1) / 2), "6D(NM + N(N+1)/2)"},
      {"compressive",
       {{"memory", "20"}, {"compressed", "10"}},
       n,
       true,
       6 * d * (n * 30 + n * (n + 1) / 2),
       "6D(N(n_cm+n_m) + N(N+1)/2)"},
  };
}

TEST(ClosedForms, hold_to_the_last_operation) {
  const auto backend = make_backend("cpu_1_thread");
  for (const ClosedForm& form : closed_forms()) {
    SCOPED_TRACE(form.variant + (form.causal ? " causal: " : ": ") + form.form);
    const Problem problem{.causal = form.causal, .batch = batch, .heads = heads, .seq_len = form.n, .head_dim = d};
    const auto variant = make_variant({form.variant, form.options, {}});
    EXPECT_EQ(attention::predict(*variant, problem, *backend).cost.flops(), batch * heads * form.flops);
  }
}

// Scores over labels beside the pairs, and random scores that all examples share.
TEST(ClosedForms, hold_for_terms_that_do_not_grow_with_every_head) {
  const auto backend = make_backend("cpu_1_thread");
  const auto flops = [&](const std::string& name, const Options& options, int64_t n) {
    const Problem problem{.batch = batch, .heads = heads, .seq_len = n, .head_dim = d};
    return attention::predict(*make_variant({name, options, {}}), problem, *backend).cost.flops();
  };
  // ETC, N = 90 long and g = 6 global positions, r = 5: 4D(N(2r+1) − r(r+1) + 2Ng + g²).
  const int64_t etc_pairs = 90 * 11 - 5 * 6 + 2 * 90 * 6 + 6 * 6;
  const Options etc{{"global", "6"}, {"radius", "5"}};
  Options unlabelled = etc;
  unlabelled["labels"] = "false";
  EXPECT_EQ(flops("etc", unlabelled, 96), batch * heads * 4 * d * etc_pairs);
  Options labelled = etc;
  labelled["vocabulary"] = "26";
  // R products of D elements for every query, and for the g global ones with either table: 2DR(N + 2g).
  EXPECT_EQ(flops("etc", labelled, 96) - flops("etc", unlabelled, 96), batch * heads * 2 * d * 26 * (96 + 6));
  // Random scores: 2N²D; factorised ones are made once per head, not per example: 2HN²k.
  EXPECT_EQ(flops("synthesizer", {{"kind", "random"}}, 96), batch * heads * 2 * 96 * 96 * d);
  EXPECT_EQ(flops("synthesizer", {{"kind", "factorised_random"}, {"rank", "4"}}, 96),
            batch * heads * 2 * 96 * 96 * d + heads * 2 * 96 * 96 * 4);
}

}  // namespace
}  // namespace attnscope::variant_testing
