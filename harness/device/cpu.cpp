#include "harness/device/cpu.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <sched.h>
#include <set>
#include <sstream>
#include <sys/utsname.h>
#include <thread>

#include "harness/device/system_file.h"

namespace attnscope::harness::device {

namespace {

namespace fs = std::filesystem;
const fs::path cpus = "/sys/devices/system/cpu";

std::vector<Cache> read_caches() {
  std::vector<Cache> caches;
  for (int index = 0;; ++index) {
    const fs::path directory = cpus / fmt::format("cpu0/cache/index{}", index);
    const std::string size = read_system_file(directory / "size");  // "512K"
    if (size.empty()) return caches;
    Cache cache;
    cache.level = static_cast<int>(read_system_number(directory / "level").value_or(0));
    cache.type = read_system_file(directory / "type");
    cache.bytes = std::stoll(size) * (size.back() == 'K' ? 1024 : size.back() == 'M' ? 1024 * 1024 : 1);
    cache.shared_by = read_system_file(directory / "shared_cpu_list");
    caches.push_back(cache);
  }
}

std::vector<std::string> read_isa() {
  static constexpr std::array interesting{"sse4_2",  "avx",         "fma",         "f16c",     "avx2",
                                          "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8",
                                          "asimd",   "asimdhp",     "bf16",        "sve",      "sve2"};
  std::string flags = system_file_value("/proc/cpuinfo", "flags");
  if (flags.empty()) flags = system_file_value("/proc/cpuinfo", "Features");
  std::istringstream words(flags);
  std::set<std::string> present;
  for (std::string word; words >> word;) present.insert(word);
  std::vector<std::string> isa;
  for (const char* name : interesting) {
    if (present.contains(name)) isa.emplace_back(name);
  }
  return isa;
}

std::string read_turbo() {
  if (const auto off = read_system_number(cpus / "intel_pstate/no_turbo")) return *off == 0 ? "on" : "off";
  if (const auto on = read_system_number(cpus / "cpufreq/boost")) return *on != 0 ? "on" : "off";
  return {};
}

// Whole CPUs of the cgroup's quota, if it has one.
std::optional<int> cgroup_cores() {
  double quota = -1, period = 0;
  std::istringstream v2(read_system_file("/sys/fs/cgroup/cpu.max"));  // "max 100000" or "200000 100000"
  if (v2 >> quota >> period) return std::max(1, static_cast<int>(std::ceil(quota / period)));
  const auto v1_quota = read_system_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  const auto v1_period = read_system_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (v1_quota && v1_period && *v1_quota > 0 && *v1_period > 0) {
    return std::max(1, static_cast<int>((*v1_quota + *v1_period - 1) / *v1_period));
  }
  return std::nullopt;
}

}  // namespace

Cpu read_cpu() {
  Cpu cpu;
  cpu.model = system_file_value("/proc/cpuinfo", "model name");
  utsname system{};
  if (uname(&system) == 0) cpu.architecture = system.machine;
  std::set<std::string> sockets, cores;
  for (int index = 0;; ++index) {
    const fs::path topology = cpus / fmt::format("cpu{}/topology", index);
    if (!fs::exists(cpus / fmt::format("cpu{}", index))) break;
    const std::string package = read_system_file(topology / "physical_package_id");
    if (package.empty()) continue;  // offline
    ++cpu.logical;
    sockets.insert(package);
    cores.insert(package + "/" + read_system_file(topology / "core_id"));
  }
  cpu.sockets = static_cast<int>(sockets.size());
  cpu.cores = static_cast<int>(cores.size());
  cpu.smt = read_system_number(cpus / "smt/active").value_or(cpu.logical > cpu.cores ? 1 : 0) != 0;
  cpu.caches = read_caches();
  cpu.isa = read_isa();
  cpu.governor = read_system_file(cpus / "cpu0/cpufreq/scaling_governor");
  cpu.turbo = read_turbo();
  cpu.max_hz = 1000 * read_system_number(cpus / "cpu0/cpufreq/cpuinfo_max_freq").value_or(0);
  return cpu;
}

int usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores = static_cast<int>(std::thread::hardware_concurrency());
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  if (const auto quota = cgroup_cores()) cores = std::min(cores, *quota);
  return std::max(cores, 1);
}

std::int64_t last_level_cache_bytes() {
  std::int64_t largest = 0;
  for (const Cache& cache : read_caches()) largest = std::max(largest, cache.bytes);
  return largest > 0 ? largest : std::int64_t{32} << 20;
}

}  // namespace attnscope::harness::device
