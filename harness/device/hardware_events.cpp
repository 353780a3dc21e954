#include "harness/device/hardware_events.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <optional>
#include <sstream>
#include <unistd.h>

#include "harness/device/system_file.h"

namespace attnscope::harness::device {

namespace {

namespace fs = std::filesystem;

int number_of(const std::string& text) {
  int number = 0;
  std::istringstream(text) >> number;
  return number;
}

constexpr std::uint64_t event_and_mask(std::uint64_t event, std::uint64_t mask) { return event | mask << 8; }

std::vector<HardwareEvent> intel_events() {
  constexpr std::uint64_t fp_arith_inst_retired = 0xc7;
  const auto event = [](const char* width, std::uint64_t mask, double lanes) {
    return HardwareEvent{fmt::format("FP_ARITH_INST_RETIRED.{}", width), PERF_TYPE_RAW,
                         event_and_mask(fp_arith_inst_retired, mask), lanes};
  };
  return {event("SCALAR_DOUBLE", 0x01, 1),      event("SCALAR_SINGLE", 0x02, 1),
          event("128B_PACKED_DOUBLE", 0x04, 2), event("128B_PACKED_SINGLE", 0x08, 4),
          event("256B_PACKED_DOUBLE", 0x10, 4), event("256B_PACKED_SINGLE", 0x20, 8),
          event("512B_PACKED_DOUBLE", 0x40, 8), event("512B_PACKED_SINGLE", 0x80, 16)};
}

// Mask 0x1f: additions, products, divisions, multiply-adds and, from family 19h on, bfloat16 multiply-adds.
std::vector<HardwareEvent> amd_events(int family) {
  constexpr std::uint64_t retired_sse_avx_flops = 0x03;
  constexpr int zen3 = 0x19;
  return {{"RETIRED_SSE_AVX_FLOPS.ALL", PERF_TYPE_RAW,
           event_and_mask(retired_sse_avx_flops, family >= zen3 ? 0x1f : 0x0f), 1}};
}

bool has_core_counters(const fs::path& root) {
  const fs::path sources = root / "sys/bus/event_source/devices";
  for (const char* name : {"cpu", "cpu_core", "armv8_pmuv3", "armv8_pmuv3_0"}) {
    if (fs::exists(sources / name)) return true;
  }
  return false;
}

// "event=0x04,umask=0x03" with the bit positions of an uncore source (event in bits 0–7, umask in bits 8–15).
std::optional<std::uint64_t> uncore_config(const std::string& text) {
  std::uint64_t event = 0, mask = 0;
  std::istringstream terms(text);
  for (std::string term; std::getline(terms, term, ',');) {
    const auto equals = term.find('=');
    if (equals == std::string::npos) return std::nullopt;
    const std::uint64_t value = std::stoull(term.substr(equals + 1), nullptr, 0);
    if (term.starts_with("event=")) event = value;
    if (term.starts_with("umask=")) mask = value;
  }
  return event_and_mask(event, mask);
}

}  // namespace

Processor read_processor(const fs::path& root) {
  const fs::path file = root / "proc/cpuinfo";
  Processor processor;
  processor.vendor = system_file_value(file, "vendor_id");
  if (processor.vendor.empty()) processor.vendor = system_file_value(file, "CPU implementer");
  processor.family = number_of(system_file_value(file, "cpu family"));
  processor.model = number_of(system_file_value(file, "model"));
  return processor;
}

EventChoice floating_point_events(const Processor& processor, const fs::path& root) {
  if (!has_core_counters(root)) return {{}, "no hardware counters, as in most virtual machines"};
  constexpr std::int64_t own_processes = 2;
  const std::int64_t paranoid = read_system_number(root / "proc/sys/kernel/perf_event_paranoid").value_or(0);
  if (paranoid > own_processes && geteuid() != 0) {
    return {{},
            fmt::format("perf_event_paranoid is {}: `sysctl kernel.perf_event_paranoid=2` allows counting", paranoid)};
  }
  constexpr int skylake = 0x4e, amd_zen = 0x17;
  constexpr std::uint64_t fp_fixed_ops_spec = 0x80c1;
  if (processor.vendor == "GenuineIntel" && processor.family == 6 && processor.model >= skylake) {
    return {intel_events(), ""};
  }
  if (processor.vendor == "AuthenticAMD" && processor.family >= amd_zen) return {amd_events(processor.family), ""};
  if (processor.vendor.starts_with("0x")) {
    return {{{"FP_FIXED_OPS_SPEC", PERF_TYPE_RAW, fp_fixed_ops_spec, 1}}, ""};
  }
  return {{},
          fmt::format("no floating-point events are known for {} family {} model {}", processor.vendor,
                      processor.family, processor.model)};
}

EventChoice memory_events(const fs::path& root) {
  constexpr double line_bytes = 64;
  EventChoice choice;
  std::error_code error;
  for (const auto& source : fs::directory_iterator(root / "sys/bus/event_source/devices", error)) {
    if (!source.path().filename().string().starts_with("uncore_imc")) continue;
    const auto type = read_system_number(source.path() / "type");
    const auto cpu = read_system_number(source.path() / "cpumask");
    for (const char* name : {"cas_count_read", "cas_count_write"}) {
      const auto config = uncore_config(read_system_file(source.path() / "events" / name));
      if (!type || !config || *config == 0) continue;
      choice.events.push_back({fmt::format("{}/{}", source.path().filename().string(), name),
                               static_cast<std::uint32_t>(*type), *config, line_bytes,
                               static_cast<int>(cpu.value_or(0))});
    }
  }
  if (choice.events.empty()) choice.reason = "no memory controller shows its column accesses";
  return choice;
}

}  // namespace attnscope::harness::device
