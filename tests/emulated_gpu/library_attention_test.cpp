// Attention by a library: what the reference computes in its place, and who refuses it and why. The variant that asks
// for it is a peer and none of the survey's models.
#include "suite/ops/library_attention.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

#include "suite/attention/registry.h"
#include "suite/attention/session.h"
#include "suite/backends/backends.h"
#include "suite/backends/cuda/cuda.h"

namespace attnscope::attention {
namespace {

constexpr Problem small{.batch = 2, .heads = 3, .seq_len = 21, .head_dim = 5};

tensor::HostArray output(const char* variant, const Problem& problem, ops::Backend& backend) {
  const auto made = make_variant(variant);
  Session session(*made, problem, backend);
  session.run();
  return session.output();
}

std::string refusal_by(ops::Backend& backend, const SessionOptions& options = {}) {
  try {
    const auto made = make_variant("cudnn_sdpa");
    Session session(*made, small, backend, options);
    session.run();
  } catch (const ops::Unsupported& error) {
    return error.what();
  }
  return "";
}

TEST(LibraryAttention, IsExactAttention) {
  const auto reference = backends::make_reference();
  for (const Scope scope : {Scope::core, Scope::layer}) {
    Problem problem = small;
    problem.scope = scope;
    const auto library = output("cudnn_sdpa", problem, *reference), exact = output("softmax", problem, *reference);
    ASSERT_EQ(library.shape, exact.shape);
    for (std::size_t i = 0; i < exact.values.size(); ++i) ASSERT_NEAR(library.values[i], exact.values[i], 1e-12) << i;
  }
}

TEST(LibraryAttention, StoredAsElsewhereItIsRounded) {
  const auto bf16 = backends::make_cpu(1, tensor::DType::bf16), reference = backends::make_reference();
  const auto storing = backends::make_reference_storing_as(*bf16, backends::StoredRounding::to_nearest);
  const auto rounded = output("cudnn_sdpa", small, *storing), exact = output("cudnn_sdpa", small, *reference);
  double largest = 0;
  for (std::size_t i = 0; i < exact.values.size(); ++i) {
    largest = std::max(largest, std::abs(rounded.values[i] - exact.values[i]));
  }
  EXPECT_GT(largest, 1e-5);
  EXPECT_LT(largest, 3e-2);
}

TEST(LibraryAttention, CostsWhatIsCounted) {
  const auto counting = backends::make_counting();
  const auto variant = make_variant("cudnn_sdpa");
  Session session(*variant, small, *counting);
  backends::reset_counted_operations();
  session.run();
  const ops::Cost& cost = session.cost().total();
  EXPECT_EQ(backends::counted_operations(),
            (backends::CountedOperations{cost.multiply_adds, cost.other, cost.exponentials}));
  EXPECT_EQ(cost.flops(), dense_flops(small));
}

TEST(LibraryAttention, BackendsWithoutALibrarySaySo) {
  const auto cpu = backends::make_cpu();
  const auto emulated = backends::emulated_gpu::make_cuda({.dtype = tensor::DType::bf16});
  EXPECT_EQ(refusal_by(*cpu), "the cpu backend has no library with an attention of its own");
  EXPECT_EQ(refusal_by(*emulated), "cuDNN runs on a GPU, not on the emulated one");
  const auto variant = make_variant("cudnn_sdpa");
  EXPECT_THROW(predict(*variant, small, *cpu), ops::Unsupported) << "before anything is allocated";
}

TEST(LibraryAttention, IsBidirectionalInferenceWithoutPadding) {
  const auto variant = make_variant("cudnn_sdpa");
  Problem problem = small;
  problem.causal = true;
  EXPECT_NE(variant->refusal(problem).value_or("").find("causal"), std::string::npos);
  problem = small;
  problem.mode = Mode::training;
  EXPECT_NE(variant->refusal(problem).value_or("").find("forward only"), std::string::npos);
  problem.mode = Mode::decode;
  EXPECT_TRUE(variant->refusal(problem));
  EXPECT_FALSE(variant->refusal(small));
  const auto reference = backends::make_reference();
  const tensor::HostArray mask{{small.batch, small.seq_len},
                               std::vector<double>(static_cast<std::size_t>(small.batch * small.seq_len), 1)};
  EXPECT_NE(refusal_by(*reference, {.given = {{"key_mask", mask}}}).find("key_mask"), std::string::npos);
}

TEST(Peers, AreNoModelsOfTheSurvey) {
  const auto models = variant_names(), peers = peer_names();
  EXPECT_EQ(peers, std::vector<std::string>{"cudnn_sdpa"});
  EXPECT_EQ(std::ranges::count(models, "cudnn_sdpa"), 0);
  EXPECT_EQ(all_names().size(), models.size() + peers.size());
}

}  // namespace
}  // namespace attnscope::attention
