// Is a series still falling?
#pragma once

#include <span>

namespace attnscope::reports {

// Mann–Kendall test (Mann 1945, Econometrica 13(3)): the probability that values in random order fall at least as much
// as these do, from the exact distribution of the number of inversions. Small when there is a downward trend. Ties
// count half. For up to some hundred values: the work grows with the cube of their number.
double falling_trend_probability(std::span<const double> values);

}  // namespace attnscope::reports
