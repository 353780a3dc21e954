// Expressions of the Long Range Arena's ListOps grammar (arXiv 2011.04006, §2.2.1; Nangia and Bowman 2018):
//
//   expression := digit | operator expression{2,10} ]      operator := [MIN [MAX [MED [SM      digit := 0 … 9
//
// nested at most ten operators deep. [SM is the sum modulo 10, [MED the median (rounded down).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace attnscope::harness::input {

// Token numbers: digits are 0 … 9, then the operators, then the closing bracket.
enum ListopsToken : int { listops_min = 10, listops_max, listops_median, listops_sum, listops_close };
inline constexpr int listops_vocabulary = 15;
inline constexpr int listops_max_depth = 10;
inline constexpr int listops_max_arguments = 10;

// One expression that starts with an operator.
std::vector<int> listops_expression(std::uint64_t seed);
// Expressions one after the other, `count` tokens; the last is cut where the sequence ends.
std::vector<int> listops_tokens(std::uint64_t seed, std::int64_t count);
// "[MAX 2 9 [SM 1 4 ] ]"
std::string listops_text(std::span<const int> tokens);

}  // namespace attnscope::harness::input
