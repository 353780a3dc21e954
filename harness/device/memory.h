// How much memory there is, and how much a case may use.
#pragma once

#include <cstdint>
#include <string_view>

namespace attnscope::harness::device {

std::int64_t total_memory_bytes();
// What can be allocated now without swapping: the smaller of the machine's and the cgroup's rest.
std::int64_t available_memory_bytes();

// "80%" of what is available, or an amount: "4g", "4GiB", "500m". Throws UsageError.
std::int64_t parse_memory_limit(std::string_view text);

// Highest resident memory of this process since reset_peak_resident(), or since its start where that is not allowed.
std::int64_t peak_resident_bytes();
void reset_peak_resident();
// Resident memory of a process now; 0 when it is gone.
std::int64_t resident_bytes(int process);
// How often the kernel has killed a process for want of memory (this cgroup, else the machine).
std::int64_t oom_kills();

}  // namespace attnscope::harness::device
