// How much memory there is, and how much a case may use.
#pragma once

#include <cstdint>
#include <filesystem>
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

// A control group of the memory controller; version 1 has other file names than version 2.
struct CgroupDirectory {
  std::filesystem::path path;  // "" when there is none
  bool version_1 = false;
};
// The one of this process.
CgroupDirectory memory_cgroup();

// How often the kernel has killed a process for want of memory: in this process's cgroup, else on the machine.
std::int64_t oom_kills();
std::int64_t oom_kills_of(const CgroupDirectory& group);

}  // namespace attnscope::harness::device
