// The caches before a sample.
#pragma once

#include <functional>

namespace attnscope::harness::measure {

// Makes the caches cold for `threads` threads: each writes through a share of its own of a buffer larger than all
// caches, in small pages, so that address translations are evicted too. One thread alone would leave the private caches
// of the other cores warm.
std::function<void()> cache_thrasher(int threads);

}  // namespace attnscope::harness::measure
