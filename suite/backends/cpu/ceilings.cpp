#include "suite/backends/cpu/ceilings.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <hwy/aligned_allocator.h>
#include <memory>
#include <omp.h>
#include <stdexcept>
#include <vector>

#include "suite/backends/cpu/instruction_set.h"

// Two pipes times a latency of four or five cycles need ten chains; twelve leave registers for the operands.
#ifndef ATTNSCOPE_CEILING_CHAINS
#define ATTNSCOPE_CEILING_CHAINS
namespace attnscope::backends::cpu {
inline constexpr int chains = 12;
}
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "suite/backends/cpu/ceilings.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "suite/backends/cpu/bfloat16_pairs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

template <class T>
double multiply_add_chains(std::int64_t steps) {
  const hn::ScalableTag<T> tag;
  // x ← x·0.999 + 0.001 stays near 1: no denormals, no overflow.
  const auto factor = hn::Set(tag, static_cast<T>(0.999)), offset = hn::Set(tag, static_cast<T>(0.001));
  hn::Vec<hn::ScalableTag<T>> x[chains];
  for (int i = 0; i < chains; ++i) x[i] = hn::Set(tag, static_cast<T>(i));
  for (std::int64_t step = 0; step < steps; ++step) {
    for (int i = 0; i < chains; ++i) x[i] = hn::MulAdd(x[i], factor, offset);
  }
  for (int i = 1; i < chains; ++i) x[0] = hn::Add(x[0], x[i]);
  return static_cast<double>(hn::GetLane(x[0]));
}
// Sums of products of pairs: the instruction that bfloat16 kernels live on.
template <bool Native>
ATTNSCOPE_PAIRS_ATTRIBUTE HWY_NOINLINE double pair_product_chains(std::int64_t steps) {
  const Tag tag;
  const Words a = pair_words<Native>(hn::Set(tag, 0.5f), hn::Set(tag, -0.5f));
  const Words b = pair_words<Native>(hn::Set(tag, 1), hn::Set(tag, 1));
  Vector x[chains];
  for (int i = 0; i < chains; ++i) x[i] = hn::Set(tag, static_cast<float>(i));
  for (std::int64_t step = 0; step < steps; ++step) {
    for (int i = 0; i < chains; ++i) x[i] = add_pair_products<Native>(x[i], a, b);
  }
  for (int i = 1; i < chains; ++i) x[0] = hn::Add(x[0], x[i]);
  return static_cast<double>(hn::GetLane(x[0]));
}
double chains_bf16(std::int64_t steps) { return ATTNSCOPE_CALL_PAIRS(pair_product_chains, steps); }

double chains_f32(std::int64_t steps) { return multiply_add_chains<float>(steps); }
double chains_f64(std::int64_t steps) { return multiply_add_chains<double>(steps); }

std::int64_t vector_bytes() { return static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<std::uint8_t>())); }

// a = b + s·c; `count` is a multiple of every vector length.
void triad(float* a, const float* b, const float* c, std::int64_t count) {
  const hn::ScalableTag<float> tag;
  const auto scale = hn::Set(tag, 0.5f);
  const auto width = static_cast<std::int64_t>(hn::Lanes(tag));
  for (std::int64_t i = 0; i < count; i += width) {
    hn::Store(hn::MulAdd(scale, hn::Load(tag, c + i), hn::Load(tag, b + i)), tag, a + i);
  }
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attnscope::backends {
namespace cpu {
namespace {

HWY_EXPORT(chains_f32);
HWY_EXPORT(chains_f64);
HWY_EXPORT(chains_bf16);
HWY_EXPORT(vector_bytes);
HWY_EXPORT(triad);

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

volatile double kept = 0;  // results that nobody reads must still be computed

// The best rate over short repetitions for `seconds`, eight at least. `amount` is what work(passes) does per pass and
// thread; passes are chosen so that a repetition takes about two milliseconds, far more than waking the threads.
template <class Work>
double best_rate(int threads, double seconds, double amount, Work&& work) {
  constexpr double repetition_s = 2e-3;
  constexpr int fewest_repetitions = 8;
  std::int64_t passes = 1;
  for (double taken = 0; taken < repetition_s / 2; passes *= 2) {
    const auto start = Clock::now();
    work(passes);
    taken = seconds_since(start);
  }
  double best = 0;
  const auto begin = Clock::now();
  for (int repetition = 0; repetition < fewest_repetitions || seconds_since(begin) < seconds; ++repetition) {
    const auto start = Clock::now();
#pragma omp parallel num_threads(threads)
    work(passes);
    best = std::max(best, amount * static_cast<double>(passes) * threads / seconds_since(start));
  }
  return best;
}

// One thread's share of the three arrays, written first by the thread that uses it.
class TriadArrays {
 public:
  explicit TriadArrays(std::int64_t bytes) : count_(std::max<std::int64_t>(step, bytes / 12 / step * step)) {
    for (auto& array : arrays_) {
      array = hwy::AllocateAligned<float>(static_cast<std::size_t>(count_));
      std::fill_n(array.get(), count_, 1.0f);
    }
  }
  void run(std::int64_t passes) {
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      HWY_DYNAMIC_DISPATCH(triad)(arrays_[0].get(), arrays_[1].get(), arrays_[2].get(), count_);
    }
  }
  std::int64_t bytes() const { return 12 * count_; }

 private:
  static constexpr std::int64_t step = 256;  // floats: a multiple of every vector
  std::int64_t count_;
  std::array<hwy::AlignedFreeUniquePtr<float[]>, 3> arrays_;
};

double multiply_adds(tensor::DType dtype, int threads, double seconds) {
  constexpr std::int64_t steps = 1024;  // per pass
  const auto lanes = HWY_DYNAMIC_DISPATCH(vector_bytes)() / static_cast<std::int64_t>(tensor::size_of(dtype));
  const double flops = 2.0 * chains * static_cast<double>(steps * lanes);
  return best_rate(threads, seconds, flops, [&](std::int64_t passes) {
    double sum = 0;
    for (std::int64_t pass = 0; pass < passes; ++pass) {
      switch (dtype) {
        case tensor::DType::f32:
          sum += HWY_DYNAMIC_DISPATCH(chains_f32)(steps);
          break;
        case tensor::DType::f64:
          sum += HWY_DYNAMIC_DISPATCH(chains_f64)(steps);
          break;
        case tensor::DType::bf16:
          sum += HWY_DYNAMIC_DISPATCH(chains_bf16)(steps);
          break;
        case tensor::DType::fp16:
          throw std::invalid_argument("dtype fp16: the cpu backend computes in f32 and bf16");
      }
    }
    if (sum == 0) kept = sum;
  });
}

double stream(int threads, std::int64_t bytes, double seconds) {
  std::vector<std::unique_ptr<TriadArrays>> shares(static_cast<std::size_t>(threads));
#pragma omp parallel num_threads(threads)
  shares[static_cast<std::size_t>(omp_get_thread_num())] = std::make_unique<TriadArrays>(bytes / threads);
  return best_rate(threads, seconds, static_cast<double>(shares.front()->bytes()),
                   [&](std::int64_t passes) { shares[static_cast<std::size_t>(omp_get_thread_num())]->run(passes); });
}

}  // namespace
}  // namespace cpu

double fused_multiply_add_rate(tensor::DType dtype, int threads, double seconds) {
  cpu::use_instruction_set_of_environment();
  return cpu::multiply_adds(dtype, threads, seconds);
}

double stream_rate(int threads, std::int64_t bytes, double seconds) {
  cpu::use_instruction_set_of_environment();
  return cpu::stream(threads, bytes, seconds);
}

}  // namespace attnscope::backends
#endif  // HWY_ONCE
