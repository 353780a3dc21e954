// How much successive samples resemble each other.
#pragma once

#include <span>

namespace attnscope::reports {

// How many successive samples tell as much as one independent sample, at least 1: the factor by which the variance of
// their median exceeds that of independent ones. From the signs about the median, as robust as the median itself:
// 1 + 2·Σ ρ(k) up to the first autocorrelation that is not positive (Geyer 1992, Statistical Science 7(4), sec. 3.3).
// 1 for fewer than eight samples.
double correlation_time(std::span<const double> samples);

}  // namespace attnscope::reports
