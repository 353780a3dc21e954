#include "suite/backends/cpu/instruction_set.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dnnl.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/highway.h>
#include <hwy/targets.h>
#include <optional>
#include <stdexcept>

#include "suite/backends/cpu/bfloat16_support.h"

namespace attnscope::backends::cpu {
namespace {

struct InstructionSet {
  std::string_view name;
  std::int64_t targets;  // of Highway
  // oneDNN's set of this name; none: it has no such limit, and chooses for itself.
  std::optional<dnnl::cpu_isa> library;
};

// Highway splits AVX-512 by extensions, and knows more of them with every release.
constexpr std::int64_t avx512_targets = HWY_AVX3 | HWY_AVX3_DL
#ifdef HWY_AVX3_ZEN4
                                        | HWY_AVX3_ZEN4
#endif
#ifdef HWY_AVX3_SPR
                                        | HWY_AVX3_SPR
#endif
    ;

// Best first.
constexpr std::array table{
    InstructionSet{"avx512", avx512_targets, dnnl::cpu_isa::all},
    InstructionSet{"avx2", HWY_AVX2, dnnl::cpu_isa::avx2},
    InstructionSet{"sse4", HWY_SSE4, dnnl::cpu_isa::sse41},
    InstructionSet{"ssse3", HWY_SSSE3, dnnl::cpu_isa::sse41},
#ifdef HWY_SSE2
    InstructionSet{"sse2", HWY_SSE2, dnnl::cpu_isa::sse41},
#endif
    InstructionSet{"sve2", HWY_SVE2 | HWY_SVE2_128, std::nullopt},
    InstructionSet{"sve", HWY_SVE | HWY_SVE_256, std::nullopt},
    InstructionSet{"neon", HWY_NEON, std::nullopt},
    InstructionSet{"scalar", HWY_EMU128 | HWY_SCALAR, std::nullopt},
};

// What this build has and this machine runs, whatever was forced before.
std::int64_t available_targets() {
  static const std::int64_t available = hwy::SupportedTargets() & HWY_TARGETS;
  return available;
}

}  // namespace

std::string instruction_set() {
  // The lowest set bit is the best supported target.
  const std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(targets & -targets);
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const InstructionSet& set : table) {
    if ((set.targets & available_targets()) != 0) names.emplace_back(set.name);
  }
  return names;
}

void use_instruction_set(std::string_view name) {
  const std::int64_t available = available_targets();
  if (name.empty()) {
    hwy::SetSupportedTargetsForTest(0);
    return;
  }
  const auto set = std::find_if(table.begin(), table.end(), [&](const InstructionSet& s) { return s.name == name; });
  if (set == table.end() || (set->targets & available) == 0) {
    throw std::invalid_argument(fmt::format("instruction set '{}': {}; this build and machine have {}", name,
                                            set == table.end() ? "unknown" : "not available here",
                                            fmt::join(instruction_sets(), ", ")));
  }
  hwy::SetSupportedTargetsForTest(set->targets & available);
  if (set->library) dnnl::set_max_cpu_isa(*set->library);
}

void use_instruction_set_of_environment() {
  static const bool heeded = [] {
    const char* name = std::getenv("ATTNSCOPE_ISA");
    if (name == nullptr || *name == '\0') return true;
    try {
      use_instruction_set(name);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(fmt::format("ATTNSCOPE_ISA: {}", error.what()));
    }
    return true;
  }();
  static_cast<void>(heeded);
}

bool has_bfloat16_products() {
#if HWY_ARCH_X86_64
  static const bool has = __builtin_cpu_supports("avx512bf16") != 0;
  return has;
#else
  return false;
#endif
}

bool uses_bfloat16_products() {
  return has_bfloat16_products() && (hwy::SupportedTargets() & available_targets() & avx512_targets) != 0;
}

}  // namespace attnscope::backends::cpu
