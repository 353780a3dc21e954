#include "harness/device/environment.h"

#include <array>
#include <cstdlib>
#include <ctime>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/device/build_info.h"
#include "harness/device/cpu.h"
#include "harness/device/gpu_facts.h"
#include "harness/device/hardware_events.h"
#include "harness/device/memory.h"
#include "harness/device/system_file.h"
#include "harness/gpu/nvml.h"
#include "harness/gpu/profiler.h"
#include "harness/plan/case.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::device {

namespace {

nlohmann::json cpu_facts() {
  const Cpu cpu = read_cpu();
  nlohmann::json caches = nlohmann::json::array();
  for (const Cache& cache : cpu.caches) {
    caches.push_back(
        {{"level", cache.level}, {"type", cache.type}, {"bytes", cache.bytes}, {"shared_by", cache.shared_by}});
  }
  return {
      {"model", cpu.model},     {"architecture", cpu.architecture}, {"sockets", cpu.sockets}, {"cores", cpu.cores},
      {"logical", cpu.logical}, {"usable", usable_cores()},         {"smt", cpu.smt},         {"caches", caches},
      {"isa", cpu.isa},         {"governor", cpu.governor},         {"turbo", cpu.turbo},     {"max_hz", cpu.max_hz}};
}

std::string operating_system() {
  std::ifstream file("/etc/os-release");
  constexpr std::string_view key = "PRETTY_NAME=\"";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return line.substr(key.size(), line.size() - key.size() - 1);
  }
  return {};
}

// Off for this process (setarch -R) or for the machine.
bool address_randomisation() {
  constexpr unsigned long query = 0xffffffff;
  const int flags = personality(query);
  return (flags == -1 || (flags & ADDR_NO_RANDOMIZE) == 0) &&
         read_system_number("/proc/sys/kernel/randomize_va_space").value_or(2) != 0;
}

// Which hardware counters flops_measured and bytes_measured come from, or why they stay empty.
std::string counters_text() {
  const auto text = [](const EventChoice& choice) {
    return choice.events.empty() ? "none: " + choice.reason : choice.events.front().name;
  };
  return fmt::format("FLOPs: {}; bytes: {}", text(floating_point_events(read_processor())), text(memory_events()));
}

// With what GPUs are observed: what reads their counters, and the driver's own version.
nlohmann::json gpu_tools(const backends::gpu::Discovery& gpus) {
  if (gpus.devices.empty()) return nlohmann::json::object();
  const auto profiler = gpu::find_profiler();
  nlohmann::json facts = {{"gpu_profiler", profiler ? fmt::format("CUPTI {}, {}", profiler->version, profiler->library)
                                                    : "none: " + profiler.reason()}};
  const auto nvml = gpu::NvmlDevice::open(gpus.devices.front().pci_bus_id);
  if (!nvml) {
    facts["gpu_power"] = "none: " + nvml.reason();
    return facts;
  }
  const gpu::NvmlIdentity identity = nvml->identity();
  facts["driver"] =
      fmt::format("{}, for CUDA {}", identity.driver_version, backends::gpu::cuda_version_text(gpus.driver));
  facts["gpu_power"] = "NVML";
  if (identity.persistence_mode) facts["gpu_persistence_mode"] = *identity.persistence_mode;
  return facts;
}

bool in_container() {
  return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0 ||
         std::getenv("container") != nullptr;
}

}  // namespace

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string make_uuid() {
  std::random_device device;
  const auto word = [&] { return device(); };
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:08x}{:04x}", word(), word() & 0xffff, word() & 0xfff,
                     8 + (word() & 3), word() & 0xfff, word(), word() & 0xffff);
}

reports::Environment read_environment(const Invocation& invocation) {
  utsname system{};
  uname(&system);
  std::array<double, 3> load{};
  if (getloadavg(load.data(), 3) < 0) load = {};
  nlohmann::json tags = nlohmann::json::object();
  for (const std::string& tag : invocation.tags) {
    const auto equals = std::min(tag.find('='), tag.size());
    tags[tag.substr(0, equals)] = equals < tag.size() ? tag.substr(equals + 1) : "";
  }
  const char* omp_threads = std::getenv("OMP_NUM_THREADS");

  reports::Environment environment;
  environment.values = {
      {"date", utc_now()},
      {"run_id", invocation.run_id},
      {"host", system.nodename},
      {"os", operating_system()},
      {"kernel", fmt::format("{} {}", system.sysname, system.release)},
      {"cpu", cpu_facts()},
      {"memory_total_bytes", total_memory_bytes()},
      {"memory_available_bytes", available_memory_bytes()},
      {"load", load},
      {"hardware_counters", counters_text()},
      {"aslr", address_randomisation()},
      {"container", in_container()},
      {"omp_num_threads", omp_threads != nullptr ? omp_threads : ""},
      {"cpu_backend", backends::make_cpu(usable_cores())->implementation()},
      {"attnscope", program_version()},
      {"compiler", compiler()},
      {"compiler_flags", compiler_flags()},
      {"build_type", build_type()},
      {"git_commit", git_commit()},
      {"git_dirty", git_dirty()},
      {"argv", invocation.argv},
      {"seed", invocation.seed},
      {"tags", tags},
  };
  environment.values.update(gpu_facts(backends::gpu::discover()));
  environment.values.update(gpu_tools(backends::gpu::discover()));
  environment.env_id = fmt::format("{:016x}", plan::stable_hash(environment.values.dump()));
  return environment;
}

}  // namespace attnscope::harness::device
