// Which instruction set the CPU kernels use. Normally the best one that this build has and this machine runs; the
// environment variable ATTNSCOPE_ISA forces another, for Highway's kernels and for oneDNN.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace attnscope::backends::cpu {

// As Highway calls the one in force: "AVX3_DL", "AVX2", "NEON", …
std::string instruction_set();

// Those that can be forced here, best first: of "avx512", "avx2", "sse4", "ssse3", "sse2", "sve2", "sve", "neon",
// "scalar".
std::vector<std::string> instruction_sets();

// Restricts our kernels to one of instruction_sets(), from the next kernel on; "" lifts the restriction. oneDNN follows
// as far as it knows the set, and only when it has not computed anything yet. Throws std::invalid_argument.
void use_instruction_set(std::string_view name);

// Heeds ATTNSCOPE_ISA, the first time it is called. Throws std::invalid_argument.
void use_instruction_set_of_environment();

}  // namespace attnscope::backends::cpu
