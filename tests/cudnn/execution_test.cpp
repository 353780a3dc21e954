// A plan from the device's handle to its result, with the fake cuDNN, which computes on the host.
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "suite/backends/cuda/cudnn_plan.h"
#include "suite/tensor/bfloat16.h"

namespace attnscope::backends::gpu::cudnn {
namespace {

using tensor::BFloat16;

std::vector<BFloat16> random_values(std::int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<BFloat16> values(static_cast<std::size_t>(count));
  for (BFloat16& value : values) value = BFloat16(normal(random));
  return values;
}

TEST(Execution, HandsOverOperandsScaleAndWorkspace) {
  const Library library;
  Handle handle = nullptr;
  library.require(library.create(&handle), "opening the fake");
  const AttentionShape shape{.batch = 2, .heads = 3, .queries = 5, .keys = 7, .head_dim = 8, .value_dim = 16};
  const AttentionPlan plan(library, shape, {.handle = handle});
  ASSERT_EQ(plan.workspace_bytes(), 64);

  const std::int64_t matrices = shape.batch * shape.heads;
  const auto q = random_values(matrices * 5 * 8, 1), k = random_values(matrices * 7 * 8, 2),
             v = random_values(matrices * 7 * 16, 3);
  std::vector<BFloat16> out(static_cast<std::size_t>(matrices * 5 * 16));
  std::vector<char> workspace(64);
  constexpr float scale = 0.3F;
  plan.run(handle, q.data(), k.data(), v.data(), out.data(), scale, workspace.data());

  for (std::int64_t row = 0; row < matrices * 5; ++row) {
    const std::int64_t matrix = row / 5;
    std::vector<double> weights(7);
    double total = 0;
    for (std::int64_t j = 0; j < 7; ++j) {
      double score = 0;
      for (std::int64_t c = 0; c < 8; ++c) {
        score += static_cast<double>(static_cast<float>(q[row * 8 + c])) *
                 static_cast<double>(static_cast<float>(k[(matrix * 7 + j) * 8 + c]));
      }
      total += weights[j] = std::exp(scale * score);
    }
    for (std::int64_t c = 0; c < 16; ++c) {
      double sum = 0;
      for (std::int64_t j = 0; j < 7; ++j) {
        sum += weights[j] / total * static_cast<double>(static_cast<float>(v[(matrix * 7 + j) * 16 + c]));
      }
      ASSERT_NEAR(static_cast<float>(out[row * 16 + c]), sum, 0.01 * std::abs(sum) + 1e-6) << row << ' ' << c;
    }
  }
  EXPECT_THROW(plan.run(handle, q.data(), k.data(), v.data(), out.data(), scale, nullptr), Error);
  library.destroy(handle);
}

TEST(Execution, RefusesAnOlderCudnn) {
  setenv("FAKE_CUDNN_VERSION", "91200", 1);
  try {
    Library library;
    FAIL() << "took 9.12";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cuDNN 9.12.0 has no single operation of attention; the first that has is 9.13");
  }
  unsetenv("FAKE_CUDNN_VERSION");
}

}  // namespace
}  // namespace attnscope::backends::gpu::cudnn
