// The processor as Linux describes it. Facts that cannot be read are empty or 0.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attnscope::harness::device {

struct Cache {
  int level = 0;
  std::string type;  // Data, Instruction, Unified
  std::int64_t bytes = 0;
  std::string shared_by;  // list of logical CPUs
};

struct Cpu {
  std::string model, architecture;
  int sockets = 0, cores = 0, logical = 0;
  bool smt = false;
  std::vector<Cache> caches;     // of the first CPU
  std::vector<std::string> isa;  // of the extensions that attention kernels use: sse4_2, avx2, avx512f, …
  std::string governor;          // performance, powersave, …; "" when not exposed
  std::string turbo;             // on, off or ""
  std::int64_t max_hz = 0;
};
Cpu read_cpu();

// Logical CPUs that this process may use (affinity and the cgroup's CPU quota), at least 1.
int usable_cores();
// Bytes of the largest cache of the first CPU; 32 MiB when unknown.
std::int64_t last_level_cache_bytes();

}  // namespace attnscope::harness::device
