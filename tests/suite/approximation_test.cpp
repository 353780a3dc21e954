// Functions that the kernels approximate, against the library's in float64, over the whole range of float32: the errors
// that the headers state hold with every instruction set.
#include <bit>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <limits>

#include "suite/backends/backends.h"
#include "suite/backends/cpu/instruction_set.h"
#include "suite/backends/cpu/kernels.h"
#include "suite/ops/backend.h"
#include "suite/tensor/bfloat16.h"
#include "tests/suite/direct_ops.h"

namespace attnscope::op_testing {
namespace {

using ops::Activation;

struct Approximated {
  std::string name;
  Activation activation;
  std::function<double(double)> exact;
  double lowest, highest;    // float32 arguments tried
  double ulp;                // error allowed, in units of the last place of the exact value
  double below_is_zero = 0;  // exact values smaller than this may come out as zero
};

constexpr double largest = std::numeric_limits<float>::max();
// Below e^-87.3 the exponential is 0, where float32 still has subnormal numbers.
const double smallest_exponential = std::exp(-87.3);

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

std::vector<Approximated> approximated() {
  return {
      {"exponential", Activation::exponential, [](double x) { return std::exp(x); }, -largest, 88.3, 2,
       smallest_exponential},
      {"sigmoid", Activation::sigmoid, sigmoid, -largest, largest, 4, smallest_exponential},
      {"silu", Activation::silu, [](double x) { return x * sigmoid(x); }, -87, largest, 5, 0},
      {"sine", Activation::sine, [](double x) { return std::sin(x); }, -39000, 39000, 3, 0},
  };
}

// Every `stride`-th float32 between the bounds, counted in their order on the number line.
std::vector<double> arguments_between(double lowest, double highest, std::int64_t stride) {
  const auto rank = [](double x) {
    const auto bits = std::bit_cast<std::int32_t>(static_cast<float>(x));
    return bits >= 0 ? static_cast<std::int64_t>(bits) : std::int64_t{std::numeric_limits<std::int32_t>::min()} - bits;
  };
  std::vector<double> list;
  for (std::int64_t r = rank(lowest); r <= rank(highest); r += stride) {
    const std::int64_t bits = r >= 0 ? r : std::int64_t{std::numeric_limits<std::int32_t>::min()} - r;
    list.push_back(std::bit_cast<float>(static_cast<std::int32_t>(bits)));
  }
  return list;
}

double ulp_of(double value) {
  const auto rounded = static_cast<float>(std::abs(value));
  return static_cast<double>(std::nextafter(rounded, std::numeric_limits<float>::infinity())) - rounded;
}

class Approximation : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { backends::cpu::use_instruction_set(GetParam()); }
  void TearDown() override { backends::cpu::use_instruction_set(""); }
};

TEST_P(Approximation, StaysWithinItsError) {
  constexpr std::int64_t stride = 4093;  // prime: no pattern of the low bits is left out
  for (const Approximated& function : approximated()) {
    DirectOps direct(backends::make_cpu(1));
    const std::vector<double> x = arguments_between(function.lowest, function.highest, stride);
    ASSERT_GT(x.size(), 100000u);
    const tensor::Tensor values = direct.tensor({static_cast<std::int64_t>(x.size())}, x);
    direct.ctx.backend().activate(function.activation, values, values);
    double worst = 0, worst_at = 0;
    const std::vector<double> y = direct.values(values);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = function.exact(x[i]);
      if (y[i] == 0 && std::abs(exact) < function.below_is_zero) continue;
      const double error = std::abs(y[i] - exact) / ulp_of(exact);
      if (!(error <= worst)) {
        worst = error;
        worst_at = x[i];
      }
    }
    EXPECT_LE(worst, function.ulp) << function.name << " at " << worst_at;
    RecordProperty(function.name + "_ulp", std::to_string(worst));
  }
}

TEST_P(Approximation, OfExponentialKnowsItsEnds) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  DirectOps direct(backends::make_cpu(1));
  const tensor::Tensor x = direct.tensor({4}, {-infinity, -88, 89, infinity});
  direct.ctx.backend().activate(Activation::exponential, x, x);
  EXPECT_EQ(direct.values(x), (std::vector<double>{0, 0, infinity, infinity}));
}

using PowersOfTwo = void (*)(const float* x, float* y, std::int64_t count);

// The largest relative error over all arguments whose power is not subnormal. Where it is, the result may be 0, and far
// below it is.
double worst_power_of_two(PowersOfTwo powers_of_two) {
  const std::vector<double> arguments = arguments_between(-largest, 1, 4093);
  const std::vector<float> x(arguments.begin(), arguments.end());
  std::vector<float> y(x.size());
  powers_of_two(x.data(), y.data(), static_cast<std::int64_t>(x.size()));
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp2(static_cast<double>(x[i]));
    if (exact < 0x1p-125) {
      EXPECT_LE(y[i], 0x1p-124) << x[i];
      if (exact < 0x1p-150) {
        EXPECT_EQ(y[i], 0) << x[i];
      }
      continue;
    }
    worst = std::max(worst, std::abs(y[i] - exact) / exact);
  }
  const float hidden = -std::numeric_limits<float>::infinity(), undefined = std::nanf("");
  float ends[2] = {hidden, undefined};
  powers_of_two(ends, ends, 2);
  EXPECT_EQ(ends[0], 0);
  EXPECT_TRUE(std::isnan(ends[1]));
  return worst;
}

// The softmax of attention takes powers of two; in bfloat16 the results are rounded to 8 bits afterwards.
TEST_P(Approximation, OfPowersOfTwo) {
  EXPECT_LE(worst_power_of_two(backends::cpu::powers_of_two), 2.1 * 0x1p-23);
  EXPECT_LE(worst_power_of_two(backends::cpu::rough_powers_of_two), 7.6e-5);
}

// Vectors round as one BFloat16 does: every upper half, with lower halves around the middle between two of them.
TEST_P(Approximation, RoundsVectorsAsSingleNumbers) {
  std::vector<float> x;
  for (std::uint32_t upper = 0; upper < 0x10000u; ++upper) {
    for (const std::uint32_t lower : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      x.push_back(std::bit_cast<float>(upper << 16 | lower));
    }
  }
  x.push_back(1.00390625f);  // a tie, alone behind the last whole vector
  DirectOps direct(backends::make_cpu(1, tensor::DType::bf16));
  const tensor::Tensor rounded = direct.ctx.empty({static_cast<std::int64_t>(x.size())});
  backends::cpu::round(x.data(), rounded, 1);
  std::vector<float> widened(x.size());
  backends::cpu::widen(rounded, widened.data(), 1);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const tensor::BFloat16 expected(x[i]);
    ASSERT_EQ(rounded.data<tensor::BFloat16>()[i].bits, expected.bits) << x[i];
    ASSERT_EQ(std::bit_cast<std::uint32_t>(widened[i]), std::uint32_t{expected.bits} << 16) << x[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Forced, Approximation, testing::ValuesIn(backends::cpu::instruction_sets()),
                         [](const testing::TestParamInfo<std::string>& info) { return info.param; });

}  // namespace
}  // namespace attnscope::op_testing
