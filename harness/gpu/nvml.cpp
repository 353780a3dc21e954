#include "harness/gpu/nvml.h"

#include <array>
#include <fmt/format.h>
#include <string_view>

#include "harness/gpu/dynamic_library.h"

namespace attnscope::harness::gpu {

namespace {

// The part of nvml.h that is used.
using Status = int;
using Device = void*;
constexpr Status success = 0;
constexpr int clock_sm = 1, clock_memory = 2;
constexpr int temperature_of_gpu = 0;
constexpr unsigned name_size = 96;  // NVML_DEVICE_NAME_V2_BUFFER_SIZE

struct Functions {
  Status (*init)() = nullptr;
  Status (*shutdown)() = nullptr;
  const char* (*error_string)(Status) = nullptr;
  Status (*driver_version)(char*, unsigned) = nullptr;
  Status (*device_by_bus_id)(const char*, Device*) = nullptr;
  Status (*name)(Device, char*, unsigned) = nullptr;
  Status (*persistence_mode)(Device, int*) = nullptr;
  Status (*clock)(Device, int, unsigned*) = nullptr;
  Status (*clock_events)(Device, unsigned long long*) = nullptr;
  Status (*temperature)(Device, int, unsigned*) = nullptr;
  Status (*power)(Device, unsigned*) = nullptr;             // mW
  Status (*energy)(Device, unsigned long long*) = nullptr;  // mJ
};

// The name of the first function that the library lacks, or "".
std::string load(const DynamicLibrary& library, Functions& functions) {
  std::string missing;
  const auto take = [&](auto& target, const char* name, const char* former_name = nullptr) {
    using Function = std::remove_reference_t<decltype(target)>;
    target = library.function<Function>(name);
    if (target == nullptr && former_name != nullptr) target = library.function<Function>(former_name);
    if (target == nullptr && missing.empty()) missing = name;
  };
  take(functions.init, "nvmlInit_v2");
  take(functions.shutdown, "nvmlShutdown");
  take(functions.error_string, "nvmlErrorString");
  take(functions.driver_version, "nvmlSystemGetDriverVersion");
  take(functions.device_by_bus_id, "nvmlDeviceGetHandleByPciBusId_v2");
  take(functions.name, "nvmlDeviceGetName");
  take(functions.persistence_mode, "nvmlDeviceGetPersistenceMode");
  take(functions.clock, "nvmlDeviceGetClockInfo");
  // The second is what older drivers call it.
  take(functions.clock_events, "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons");
  take(functions.temperature, "nvmlDeviceGetTemperature");
  take(functions.power, "nvmlDeviceGetPowerUsage");
  take(functions.energy, "nvmlDeviceGetTotalEnergyConsumption");
  return missing;
}

struct NamedEvent {
  ClockEvent event;
  std::string_view name;
};
constexpr std::array named_events{
    NamedEvent{ClockEvent::idle, "idle"},
    NamedEvent{ClockEvent::application_clocks, "clocks set by the user"},
    NamedEvent{ClockEvent::software_power_cap, "power cap"},
    NamedEvent{ClockEvent::hardware_slowdown, "hardware slowdown"},
    NamedEvent{ClockEvent::sync_boost, "sync boost"},
    NamedEvent{ClockEvent::software_thermal_slowdown, "thermal slowdown by the driver"},
    NamedEvent{ClockEvent::hardware_thermal_slowdown, "thermal slowdown by the hardware"},
    NamedEvent{ClockEvent::hardware_power_brake, "power brake"},
    NamedEvent{ClockEvent::display_clock, "display clock"},
};

constexpr std::uint64_t bit(ClockEvent event) { return static_cast<std::uint64_t>(event); }

}  // namespace

// The library, initialised; shut down when the last device is gone.
class NvmlDevice::Library {
 public:
  Library(DynamicLibrary library, const Functions& functions) : library_(std::move(library)), functions_(functions) {}
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { functions_.shutdown(); }

  const Functions* operator->() const { return &functions_; }

 private:
  DynamicLibrary library_;
  Functions functions_;
};

std::vector<std::string> clock_event_names(std::uint64_t events) {
  std::vector<std::string> names;
  for (const auto& [event, name] : named_events) {
    if ((events & bit(event)) != 0) names.emplace_back(name);
    events &= ~bit(event);
  }
  if (events != 0) names.push_back(fmt::format("unknown (0x{:x})", events));
  return names;
}

bool clock_is_throttled(std::uint64_t events) {
  return (events & (bit(ClockEvent::software_power_cap) | bit(ClockEvent::hardware_slowdown) |
                    bit(ClockEvent::software_thermal_slowdown) | bit(ClockEvent::hardware_thermal_slowdown) |
                    bit(ClockEvent::hardware_power_brake))) != 0;
}

Result<NvmlDevice> NvmlDevice::open(const std::string& pci_bus_id, const std::string& library) {
  auto opened = DynamicLibrary::open(library);
  if (!opened) return Unavailable{fmt::format("no NVML, which comes with the NVIDIA driver: {}", opened.reason())};
  Functions functions;
  if (const std::string missing = load(*opened, functions); !missing.empty()) {
    return Unavailable{fmt::format("{} has no {}; the driver is too old", library, missing)};
  }
  if (const Status status = functions.init(); status != success) {
    return Unavailable{fmt::format("nvmlInit: {}", functions.error_string(status))};
  }
  auto shared = std::make_shared<const Library>(std::move(*opened), functions);
  Device device = nullptr;
  if (const Status status = functions.device_by_bus_id(pci_bus_id.c_str(), &device); status != success) {
    return Unavailable{
        fmt::format("NVML finds no device at PCI bus id '{}': {}", pci_bus_id, functions.error_string(status))};
  }
  return NvmlDevice(std::move(shared), device);
}

NvmlIdentity NvmlDevice::identity() const {
  const Library& nvml = *library_;
  NvmlIdentity identity;
  std::array<char, name_size> text{};
  if (nvml->name(device_, text.data(), name_size) == success) identity.name = text.data();
  if (nvml->driver_version(text.data(), name_size) == success) identity.driver_version = text.data();
  int mode = 0;
  if (nvml->persistence_mode(device_, &mode) == success) identity.persistence_mode = mode != 0;
  return identity;
}

NvmlReading NvmlDevice::read() const {
  const Library& nvml = *library_;
  NvmlReading reading;
  unsigned value = 0;
  unsigned long long wide = 0;
  if (nvml->clock(device_, clock_sm, &value) == success) reading.sm_clock_hz = 1e6 * value;
  if (nvml->clock(device_, clock_memory, &value) == success) reading.memory_clock_hz = 1e6 * value;
  if (nvml->temperature(device_, temperature_of_gpu, &value) == success) reading.temperature_celsius = value;
  if (nvml->power(device_, &value) == success) reading.power_watts = 1e-3 * value;
  if (nvml->energy(device_, &wide) == success) reading.energy_joules = 1e-3 * static_cast<double>(wide);
  if (nvml->clock_events(device_, &wide) == success) reading.clock_events = wide;
  return reading;
}

}  // namespace attnscope::harness::gpu
