// What `check` verifies on a device, with the emulated GPU as the device: that the suite's variants pass in every
// element type, and that no check forgives a fault of the device's alone.
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/check/checks.h"
#include "harness/check/shapes.h"
#include "suite/attention/registry.h"
#include "suite/backends/cuda/cuda.h"
#include "suite/ops/matmul.h"
#include "suite/ops/softmax.h"

namespace attnscope::harness::check {
namespace {

std::unique_ptr<ops::Backend> emulated(const std::string& dtype) {
  using backends::Float32Products;
  return backends::emulated_gpu::make_cuda(
      {.dtype = dtype == "tf32" ? tensor::DType::f32 : tensor::dtype_from_string(dtype).value(),
       .products = dtype == "tf32" ? Float32Products::tf32 : Float32Products::exact});
}

// Small, for the emulated GPU takes a hundred times a CPU's time: one sequence, no tile whole.
Target small_target(ops::Backend& backend) {
  Target target = target_of(backend);
  EXPECT_FALSE(target.definition) << "is checked on the CPU";
  EXPECT_GT(target.extents.back().seq_len, 128) << "a device is checked beyond one tile";
  target.extents = {{.batch = 1, .heads = 2, .seq_len = 38, .head_dim = 12}};
  return target;
}

class OnEmulatedGpu : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(OnEmulatedGpu, EveryCheckPasses) {
  const auto& [variant, dtype] = GetParam();
  const auto backend = emulated(dtype);
  for (const Outcome& outcome : check_variant(*attention::make_variant(variant), small_target(*backend))) {
    EXPECT_EQ(outcome.detail, "") << outcome.check;
    EXPECT_EQ(outcome.remark, "") << outcome.check;
    const bool is_of_the_device = outcome.check != "cost";
    EXPECT_EQ(outcome.verdict, is_of_the_device ? Verdict::passed : Verdict::not_applicable) << outcome.check;
    if (outcome.check == "forward") {
      EXPECT_GT(outcome.error, dtype == "f32" ? 0 : 1e-5) << "computed in " << dtype;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, OnEmulatedGpu,
                         testing::Combine(testing::Values("flash", "longformer", "reformer", "linear_transformer"),
                                          testing::Values("f32", "tf32", "bf16", "fp16")),
                         [](const auto& info) { return std::get<0>(info.param) + "_" + std::get<1>(info.param); });

// --- faults of the device's alone

enum class Fault { none, scale, future, padding, gradient, memory };

// Exact attention whose kernels on a GPU are wrong in one way.
template <Fault fault>
class FaultyOnGpu final : public attention::Variant {
 public:
  FaultyOnGpu() : Variant(false) {}
  attention::VariantInfo info() const override { return {.name = name(), .exact = true, .mean_of_values = ""}; }
  static std::string name() { return "faulty_on_gpu_" + std::to_string(static_cast<int>(fault)); }

  tensor::Tensor core(ops::Context& ctx, const attention::Problem& problem,
                      const attention::QueryKeyValue& in) const override {
    const auto wrong = [&](Fault which) { return fault == which && ctx.backend().name() == "cuda"; };
    const double scale = 1 / std::sqrt(static_cast<double>(problem.head_dim));
    const tensor::Tensor probabilities =
        ops::softmax(ctx, ops::matmul(ctx, in.q, in.k, {.transpose_b = true}),
                     {.scale = wrong(Fault::scale) ? 1.1 * scale : scale,
                      .causal = problem.causal && !wrong(Fault::future),
                      .key_mask = wrong(Fault::padding) ? tensor::Tensor{} : in.key_mask});
    if (wrong(Fault::memory)) ctx.workspace(1 << 20);
    tensor::Tensor out = ops::matmul(ctx, probabilities, in.v);
    if (ctx.tape() == nullptr || !wrong(Fault::gradient)) return out;
    tensor::Tensor same = out.as_new_value();
    ctx.tape()->record(same, [id = out.id()](ops::Context& ctx, tensor::Tensor upstream, ops::Gradients& gradients) {
      gradients.add(ctx, id, upstream);
      gradients.add(ctx, id, std::move(upstream));  // twice
    });
    return same;
  }
};

template <Fault fault>
std::vector<std::string> failures() {
  using Faulty = FaultyOnGpu<fault>;
  const auto make = []() -> std::unique_ptr<attention::Variant> { return std::make_unique<Faulty>(); };
  attention::register_variant(Faulty::name(), make);
  const auto backend = emulated("tf32");
  std::vector<std::string> failed;
  for (const Outcome& outcome : check_variant(Faulty(), small_target(*backend))) {
    if (outcome.verdict == Verdict::failed) failed.push_back(outcome.check);
    EXPECT_EQ(outcome.detail.empty(), outcome.verdict != Verdict::failed) << outcome.check;
  }
  return failed;
}

TEST(CheckOnDevice, FindsWhatOnlyTheDeviceDoesWrong) {
  using testing::Contains;
  using testing::ElementsAre;
  EXPECT_THAT(failures<Fault::none>(), ElementsAre());
  EXPECT_THAT(failures<Fault::scale>(), ElementsAre("forward", "gradient", "identities", "padding"));
  EXPECT_THAT(failures<Fault::future>(), Contains("causality"));
  EXPECT_THAT(failures<Fault::padding>(), ElementsAre("padding"));
  EXPECT_THAT(failures<Fault::gradient>(), ElementsAre("gradient", "padding"));
  EXPECT_THAT(failures<Fault::memory>(), ElementsAre("memory"));
}

// --- problems of which nothing can be said

TEST(CheckAtEach, WhatCannotBeDecidedIsNeitherPassedNorFailed) {
  const std::vector<attention::Problem> problems{{.seq_len = 1}, {.seq_len = 2}};
  const auto undecidable = [](const attention::Problem&) { return Finding{0.7, "", "noise"}; };
  const Outcome nothing = at_each("forward", problems, undecidable);
  EXPECT_EQ(nothing.verdict, Verdict::not_applicable);
  EXPECT_THAT(nothing.remark, testing::AllOf(testing::HasSubstr("n=2 "), testing::EndsWith(": noise")));
  const Outcome half = at_each("forward", problems, [&](const attention::Problem& problem) {
    return problem.seq_len == 1 ? undecidable(problem) : Finding{0.1};
  });
  EXPECT_EQ(half.verdict, Verdict::passed);
  EXPECT_EQ(half.error, 0.1);
  EXPECT_NE(half.remark, "");
}

TEST(CheckAtEach, AFailureBesideWhatCannotBeDecidedIsOne) {
  Finding worst{0.7, "", "noise"};
  keep_worst(worst, {0.2, "wrong"});
  EXPECT_EQ(worst.failure, "wrong");
  keep_worst(worst, {0.9});
  EXPECT_EQ(worst.error, 0.2) << "the failure's";
}

}  // namespace
}  // namespace attnscope::harness::check
