// What the driver says of a GPU: its name, clocks, temperature, power and energy. Read only: nothing is set or locked.
//
// NVML is opened at run time and declared here in small, since it belongs to the driver and toolkits may lack its
// header. Reading is a call into the driver, so read between samples, not within.
// Source: NVIDIA Management Library reference, https://docs.nvidia.com/deploy/nvml-api/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

// Which of the conditions that hold the clocks below the maximum are in force, as bits (nvmlClocksEventReasons).
enum class ClockEvent : std::uint64_t {
  idle = 0x1,
  application_clocks = 0x2,  // someone set or locked the clocks
  software_power_cap = 0x4,
  hardware_slowdown = 0x8,  // heat, power brake or too high a draw: the clock is halved or worse
  sync_boost = 0x10,
  software_thermal_slowdown = 0x20,
  hardware_thermal_slowdown = 0x40,
  hardware_power_brake = 0x80,
  display_clock = 0x100,
};

// In words, lowest bit first; bits without a name as "unknown (0x…)".
std::vector<std::string> clock_event_names(std::uint64_t events);

// Whether heat or power lowers the clock, so that a timing made meanwhile is not the GPU's best.
bool clock_is_throttled(std::uint64_t events);

// What does not change while the program runs. Empty where the driver does not say.
struct NvmlIdentity {
  std::string name, driver_version;
  std::optional<bool> persistence_mode;  // without it the driver unloads, and clocks drop, between programs
};

// One reading; what this GPU or this user cannot read is empty.
struct NvmlReading {
  std::optional<double> sm_clock_hz, memory_clock_hz;
  std::optional<double> temperature_celsius;
  std::optional<double> power_watts;    // averaged by the driver over up to a second on some GPUs
  std::optional<double> energy_joules;  // since the driver was loaded; take differences
  std::optional<std::uint64_t> clock_events;
};

class NvmlDevice {
 public:
  // `pci_bus_id` as cudaDeviceGetPCIBusId gives it ("0000:17:00.0"): the driver and CUDA number devices differently.
  static Result<NvmlDevice> open(const std::string& pci_bus_id, const std::string& library = "libnvidia-ml.so.1");

  NvmlDevice(NvmlDevice&&) noexcept = default;
  NvmlDevice& operator=(NvmlDevice&&) noexcept = default;
  ~NvmlDevice() = default;

  NvmlIdentity identity() const;
  NvmlReading read() const;

 private:
  class Library;
  NvmlDevice(std::shared_ptr<const Library> library, void* device) : library_(std::move(library)), device_(device) {}

  std::shared_ptr<const Library> library_;
  void* device_;
};

}  // namespace attnscope::harness::gpu
