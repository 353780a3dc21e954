#include "harness/measure/clock_probe.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace attnscope::harness::measure {

namespace {

constexpr int attempts = 3;  // the fastest counts: an interrupt only lengthens
constexpr std::int64_t rounds = 250;

#if defined(__x86_64__) || defined(__aarch64__)

constexpr std::int64_t additions_per_round = 64;

// Register plus register: newer cores fold additions of constants away.
void add_in_a_chain() {
  std::uint64_t sum = 0;
  const std::uint64_t step = 3;
  for (std::int64_t round = 0; round < rounds; ++round) {
#if defined(__x86_64__)
    asm volatile(".rept 64\n\tadd %[step], %[sum]\n\t.endr" : [sum] "+r"(sum) : [step] "r"(step) : "cc");
#else
    asm volatile(".rept 64\n\tadd %[sum], %[sum], %[step]\n\t.endr" : [sum] "+r"(sum) : [step] "r"(step));
#endif
  }
}

#else

constexpr std::int64_t additions_per_round = 0;
void add_in_a_chain() {}

#endif

}  // namespace

std::optional<double> probe_core_clock() {
  if (additions_per_round == 0) return std::nullopt;
  using Clock = std::chrono::steady_clock;
  double fastest_s = 1;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    const auto begin = Clock::now();
    add_in_a_chain();
    fastest_s = std::min(fastest_s, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return static_cast<double>(rounds * additions_per_round) / fastest_s;
}

}  // namespace attnscope::harness::measure
