// By which rule results in bfloat16 are right, and that none forgives a fault.
#include "harness/measure/agreement.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <set>

#include "harness/input/random.h"
#include "harness/measure/validate.h"
#include "suite/backends/backends.h"
#include "suite/backends/cuda/cuda.h"

namespace attnscope::harness::measure {
namespace {

using tensor::DType;
using tensor::HostArray;

using Results = std::vector<NamedArray>;

HostArray gaussian(tensor::Shape shape, std::uint64_t seed, double size = 1) {
  HostArray array{std::move(shape), {}};
  input::Random random(seed);
  for (std::int64_t i = 0; i < array.shape.elements(); ++i) array.values.push_back(size * random.gaussian());
  return array;
}

HostArray plus(HostArray a, const HostArray& b) {
  for (std::size_t i = 0; i < a.values.size(); ++i) a.values[i] += b.values[i];
  return a;
}

std::unique_ptr<ops::Backend> emulated_in_float16() {
  return backends::emulated_gpu::make_cuda({.dtype = DType::fp16});
}

// One output of eight rows whose exact values are known, judged on cpu in `dtype`; the reference that stores yields
// `stored(run)` for run 0, 1, …
class Agreed : public testing::Test {
 protected:
  const HostArray exact_ = gaussian({1, 8, 64}, 1);
  int runs_ = 0;

  Agreement judge(const HostArray& actual, const std::function<HostArray(int)>& stored, DType dtype = DType::bf16) {
    return judge_on(*backends::make_cpu(1, dtype), actual, stored);
  }
  Agreement judge_on(const ops::Backend& backend, const HostArray& actual,
                     const std::function<HostArray(int)>& stored) {
    runs_ = 0;
    return agreement({{"output", actual}}, {{"output", exact_}}, backend, [&](ops::Backend&) {
      return Results{{"output", stored(runs_++)}};
    });
  }
  // Moved by something of `size` that differs from seed to seed.
  HostArray moved(std::uint64_t seed, double size) const { return plus(exact_, gaussian(exact_.shape, seed, size)); }
};

TEST_F(Agreed, WithinTheToleranceNothingIsRunAgain) {
  const Agreement found = judge(moved(2, 1e-3), [&](int) { return exact_; });
  EXPECT_FALSE(found.fault);
  EXPECT_FALSE(found.undecidable);
  EXPECT_EQ(found.rule, ErrorRule::exact);
  EXPECT_TRUE(found.arrays.empty());
  EXPECT_EQ(found.allowed, tolerance_of(*backends::make_cpu(1, DType::bf16)));
  EXPECT_EQ(runs_, 0);
}

TEST_F(Agreed, Float32IsHeldToTheExactResultAlone) {
  const Agreement found = judge(
      moved(2, 1e-2), [&](int) { return moved(2, 1e-2); }, DType::f32);
  ASSERT_TRUE(found.fault);
  EXPECT_NE(found.fault->find("output differs by"), std::string::npos) << *found.fault;
  EXPECT_EQ(runs_, 0);
}

TEST_F(Agreed, EqualToTheReferenceThatStoresAlikeIsRight) {
  const HostArray far = moved(2, 0.1);
  const Agreement found = judge(plus(far, gaussian(exact_.shape, 3, 1e-3)), [&](int) { return far; });
  EXPECT_FALSE(found.fault) << *found.fault;
  EXPECT_FALSE(found.undecidable);
  EXPECT_EQ(found.rule, ErrorRule::stored);
  EXPECT_EQ(found.arrays, std::vector<std::string>{"output"});
  EXPECT_LE(found.largest.max_rel, found.allowed);
  EXPECT_LT(found.allowed, 0.2);
  EXPECT_EQ(runs_, 1);
}

TEST_F(Agreed, AmongReferencesThatStoreByChanceIsRight) {
  const Agreement found = judge(moved(2, 0.05), [&](int run) { return moved(10 + run, 0.05); });
  EXPECT_FALSE(found.fault) << *found.fault;
  EXPECT_FALSE(found.undecidable);
  EXPECT_EQ(found.rule, ErrorRule::spread);
  EXPECT_LE(found.largest.max_rel, found.allowed);
  EXPECT_LE(runs_, 17);
}

TEST_F(Agreed, ARowThatMovesFarExcusesNoOther) {
  const auto jump = [&](HostArray array, std::size_t row) {
    for (std::size_t i = 64 * row; i < 64 * (row + 1); ++i) array.values[i] *= 0.5;
    return array;
  };
  const auto stored = [&](int run) { return run % 2 == 1 ? jump(exact_, 3) : exact_; };
  EXPECT_FALSE(judge(jump(exact_, 3), stored).fault);
  const Agreement other = judge(jump(exact_, 4), stored);
  ASSERT_TRUE(other.fault);
  EXPECT_NE(other.fault->find("storing in bf16 explains"), std::string::npos) << *other.fault;
  EXPECT_EQ(runs_, 17) << "no more than these";
}

TEST_F(Agreed, WhatIsOffEverywhereIsWrongThoughNoRowIs) {
  HostArray shifted = exact_, jumps = exact_;
  for (double& value : shifted.values) value += 0.15;
  for (std::size_t i = 0; i < jumps.values.size(); i += 64) jumps.values[i] += 0.15;  // one element of each row
  const Agreement found = judge(shifted, [&](int) { return jumps; });
  ASSERT_TRUE(found.fault);
  EXPECT_NE(found.fault->find("on the whole"), std::string::npos) << *found.fault;
}

TEST_F(Agreed, NoiseIsNeitherRightNorWrong) {
  const Agreement found = judge(moved(2, 0.4), [&](int run) { return moved(10 + run, 0.4); });
  EXPECT_FALSE(found.fault) << *found.fault;
  ASSERT_TRUE(found.undecidable);
  EXPECT_NE(found.undecidable->find("storing in bf16 moves output by"), std::string::npos) << *found.undecidable;
  const HostArray far = moved(3, 0.7);
  EXPECT_TRUE(judge(far, [&](int) { return far; }).undecidable) << "equal noise is noise too";
}

TEST_F(Agreed, WhatIsNotFiniteIsWrongAtOnce) {
  HostArray broken = exact_;
  broken.values[5] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(judge(broken, [&](int) { return broken; }).fault);
  EXPECT_EQ(runs_, 0);
}

// Float16 ends at 65504, and so does the reference that stores in it.
TEST_F(Agreed, WhatOverflowsInFloat16IsNoFaultWhereItMust) {
  HostArray overflown = exact_;
  overflown.values[5] = std::numeric_limits<double>::infinity();
  const Agreement found = judge_on(*emulated_in_float16(), overflown, [&](int) { return overflown; });
  EXPECT_FALSE(found.fault);
  ASSERT_TRUE(found.undecidable);
  EXPECT_EQ(*found.undecidable, "storing in fp16 makes output overflow in the reference already");
  HostArray elsewhere = exact_;
  elsewhere.values[6] = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(judge_on(*emulated_in_float16(), overflown, [&](int) { return elsewhere; }).fault);
  EXPECT_TRUE(judge_on(*emulated_in_float16(), overflown, [&](int) { return exact_; }).fault);
}

// A gradient that cancels to zero is measured on the scale of the others.
TEST_F(Agreed, ZeroByCancellationIsMeasuredBesideTheOtherGradients) {
  const auto cpu = backends::make_cpu(1, DType::bf16);
  const HostArray zero{{64}, std::vector<double>(64)}, large = gaussian({64, 64}, 2, 10);
  const auto results = [&](double size, std::uint64_t seed) {
    return Results{{"output", exact_}, {"gradient of w_k", large}, {"gradient of b_k", gaussian({64}, seed, size)}};
  };
  Results exact = results(0, 1);
  const auto judge = [&](double size) {
    std::uint64_t seed = 10;
    return agreement(results(size, 2), exact, *cpu, [&](ops::Backend&) { return results(0.05, seed++); });
  };
  EXPECT_EQ(judge(0.005).rule, ErrorRule::exact);
  const Agreement rounded = judge(0.05);
  EXPECT_FALSE(rounded.fault) << *rounded.fault;
  EXPECT_FALSE(rounded.undecidable);
  EXPECT_NE(rounded.rule, ErrorRule::exact);
  EXPECT_TRUE(judge(0.4).fault) << "little beside w_k, but more than storing leaves";
}

// --- float32 whose products are of tf32

std::unique_ptr<ops::Backend> emulated(backends::Float32Products products) {
  return backends::emulated_gpu::make_cuda({.products = products});
}

TEST_F(Agreed, Tf32IsHeldToElevenBitsAndToWhatRoundingFactorsMakes) {
  const auto exact = emulated(backends::Float32Products::exact), tf32 = emulated(backends::Float32Products::tf32);
  EXPECT_GT(tolerance_of(*tf32), 5 * tolerance_of(*exact));
  const HostArray near = moved(2, 3e-4), far = moved(2, 0.1);
  EXPECT_FALSE(judge_on(*tf32, near, [&](int) { return exact_; }).fault);
  EXPECT_TRUE(judge_on(*exact, near, [&](int) { return exact_; }).fault);
  EXPECT_EQ(judge_on(*tf32, far, [&](int) { return far; }).rule, ErrorRule::stored);
  const Agreement wrong = judge_on(*tf32, far, [&](int) { return exact_; });
  ASSERT_TRUE(wrong.fault);
  EXPECT_NE(wrong.fault->find("multiplying in tf32 explains"), std::string::npos) << *wrong.fault;
}

TEST(Tf32Reference, RoundsTheFactorsOfAProductAndLeavesThem) {
  tensor::MemoryPool pool;
  const auto scalar = [&](float value) {
    tensor::Tensor x(pool, {1, 1, 1, 1}, DType::f32, tensor::Category::activations);
    *x.data<float>() = value;
    return x;
  };
  constexpr float step = 0x1p-10f;  // of tf32 above 1
  const tensor::Tensor a = scalar(1 + step / 4), b = scalar(3), c = scalar(0);
  const auto product = [&](backends::Float32Products products, backends::StoredRounding how, std::uint64_t seed) {
    const auto like = emulated(products);
    backends::make_reference_storing_as(*like, how, seed)->matmul({.a = a, .b = b, .c = c}, {});
    return *c.data<float>();
  };
  using backends::Float32Products, backends::StoredRounding;
  EXPECT_EQ(product(Float32Products::exact, StoredRounding::to_nearest, 0), 3 * (1 + step / 4));
  EXPECT_EQ(product(Float32Products::tf32, StoredRounding::to_nearest, 0), 3);
  std::set<float> by_chance;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    by_chance.insert(product(Float32Products::tf32, StoredRounding::by_chance, seed));
  }
  EXPECT_EQ(by_chance, (std::set<float>{3, 3 * (1 + step)}));
  EXPECT_EQ(*a.data<float>(), 1 + step / 4) << "what is only read stays";
}

// --- the suite's own

Subject subject(const std::string& variant, attention::Scope scope, bool causal, std::int64_t n) {
  plan::Case c;
  c.variant = variant;
  c.dtype = "bf16";
  c.input = scope == attention::Scope::core ? "gaussian" : "listops";
  c.problem = {.scope = scope, .mode = attention::Mode::training, .causal = causal, .heads = 1, .seq_len = n};
  return make_subject(c);
}

struct IllConditioned {
  const char* variant;
  attention::Scope scope;
  bool causal;
  std::int64_t n;
};

class IllConditionedCases : public testing::TestWithParam<IllConditioned> {};

using Fault = void (*)(HostArray&);
// What broken kernels leave: the end of each row unwritten, a row lost, a sum taken twice, two rows exchanged.
constexpr Fault faults[] = {
    [](HostArray& x) {
      const std::int64_t width = x.shape[-1];
      for (std::size_t i = 0; i < x.values.size(); ++i) {
        if (static_cast<std::int64_t>(i) % width >= width - 8) x.values[i] = 0;
      }
    },
    [](HostArray& x) {
      const auto largest = std::ranges::max_element(x.values, {}, [](double value) { return std::abs(value); });
      const std::int64_t width = x.shape[-1], row = (largest - x.values.begin()) / width;
      std::fill_n(x.values.begin() + row * width, width, 0.0);
    },
    [](HostArray& x) {
      for (double& value : x.values) value *= 2;
    },
    [](HostArray& x) { std::rotate(x.values.begin(), x.values.begin() + 1, x.values.end()); },
};

TEST_P(IllConditionedCases, AreRightAndNoFaultInAnyResultIs) {
  const auto& [variant, scope, causal, n] = GetParam();
  const Subject s = subject(variant, scope, causal, n);
  const Settings settings;
  const auto oracle = backends::make_reference();
  attention::Session session = open_session(s, s.c.problem, *s.backend, settings);
  session.run();
  const auto given = given_to_oracle(session, DType::bf16);
  std::vector<Results> known;  // the same reference runs serve all faults
  std::size_t next = 0;
  const auto results_on = [&](ops::Backend& backend) {
    attention::Session other = open_session(s, s.c.problem, backend, settings, given);
    other.run();
    return results_of(other, s.c.problem.mode);
  };
  const auto rerun = [&](ops::Backend& backend) {
    if (next == known.size()) known.push_back(results_on(backend));
    return known[next++];
  };
  const Results exact = results_on(*oracle), actual = results_of(session, s.c.problem.mode);

  const Agreement right = agreement(actual, exact, *s.backend, rerun);
  EXPECT_FALSE(right.fault) << *right.fault;
  EXPECT_FALSE(right.undecidable) << *right.undecidable;
  EXPECT_NE(right.rule, ErrorRule::exact) << "not a case of this kind any more";

  const auto compared = compared_arrays(actual, exact);
  for (std::size_t i = 0; i < actual.size(); ++i) {
    // Gradients far below the largest are hidden by its rounding.
    if (largest_magnitude(exact[i].values) < compared[i].least_scale) continue;
    for (std::size_t f = 0; f < std::size(faults); ++f) {
      Results broken = actual;
      faults[f](broken[i].values);
      next = 0;
      EXPECT_TRUE(agreement(broken, exact, *s.backend, rerun).fault) << actual[i].name << ", fault " << f;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Bfloat16, IllConditionedCases,
                         testing::Values(IllConditioned{"sinkhorn", attention::Scope::core, true, 512},
                                         IllConditioned{"sinkhorn", attention::Scope::core, false, 2048},
                                         IllConditioned{"routing", attention::Scope::core, false, 2048},
                                         IllConditioned{"performer", attention::Scope::layer, true, 512},
                                         IllConditioned{"set_transformer", attention::Scope::layer, false, 512}),
                         [](const auto& info) {
                           return std::string(info.param.variant) + (info.param.causal ? "_causal" : "");
                         });

}  // namespace
}  // namespace attnscope::harness::measure
