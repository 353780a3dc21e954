// Which hardware events count floating-point work on which processor, and what each event is worth.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace attnscope::harness::device {

// One event of a perf_event source. The sum of count · weight over a list of events is the quantity in question.
struct HardwareEvent {
  std::string name;          // the manufacturer's
  std::uint32_t type = 0;    // perf_event_attr.type: which source
  std::uint64_t config = 0;  // perf_event_attr.config: which event
  double weight = 1;         // FLOPs, or bytes, per count
  int cpu = -1;              // −1: per thread of this process; else system-wide on that CPU (memory controllers)
};

// What /proc/cpuinfo says of the first processor.
struct Processor {
  std::string vendor;  // "GenuineIntel", "AuthenticAMD", or the implementer of an Arm core, "0x41"
  int family = 0, model = 0;
};
Processor read_processor(const std::filesystem::path& root = "/");

struct EventChoice {
  std::vector<HardwareEvent> events;
  std::string reason;  // why there are none, when there are none
};

// Floating-point operations, multiply-add = 2.
//
// Intel (Skylake and later): FP_ARITH_INST_RETIRED counts instructions by width, a multiply-add as two; times lanes.
// AMD (family 17h and later): RETIRED_SSE_AVX_FLOPS counts operations, a multiply-add as two.
// Arm (with FEAT_PMUv3 counters for floating point, as Neoverse V1): FP_FIXED_OPS_SPEC counts operations of fixed-width
// instructions, speculative ones included.
// Sources: Intel perfmon event lists; AMD Processor Programming References; Arm Architecture Reference Manual, D11.
EventChoice floating_point_events(const Processor& processor, const std::filesystem::path& root = "/");

// Bytes to and from memory, by the memory controllers' column accesses: whole machine, needs perf_event_paranoid ≤ 0.
EventChoice memory_events(const std::filesystem::path& root = "/");

}  // namespace attnscope::harness::device
