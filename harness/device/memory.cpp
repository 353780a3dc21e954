#include "harness/device/memory.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <unistd.h>

#include "harness/device/system_file.h"
#include "harness/errors.h"
#include "harness/plan/sweep.h"
#include "reports/filter.h"

namespace attnscope::harness::device {

namespace {

namespace fs = std::filesystem;

std::int64_t meminfo(const std::string& key) {  // "24000000 kB"
  std::int64_t kibibytes = 0;
  std::istringstream(system_file_value("/proc/meminfo", key)) >> kibibytes;
  return kibibytes * 1024;
}

// The value of "oom_kill" in a file of "name value" lines.
std::optional<std::int64_t> oom_kills_in(std::istream& lines) {
  for (std::string name, value; lines >> name >> value;) {
    if (name == "oom_kill") return std::stoll(value);
  }
  return std::nullopt;
}

// What the cgroups from this one up to the root leave.
std::int64_t cgroup_available() {
  auto [directory, version_1] = memory_cgroup();
  const fs::path root = version_1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
  std::int64_t available = std::numeric_limits<std::int64_t>::max();
  while (directory.string().size() >= root.string().size()) {
    const auto limit = read_system_number(directory / (version_1 ? "memory.limit_in_bytes" : "memory.max"));
    const auto usage = read_system_number(directory / (version_1 ? "memory.usage_in_bytes" : "memory.current"));
    if (limit && usage) {
      // The page cache counts as usage but is given back on demand.
      std::int64_t cache = 0;
      std::ifstream statistics(directory / "memory.stat");
      const std::string reclaimable = version_1 ? "total_inactive_file" : "inactive_file";
      for (std::string name, value; statistics >> name >> value;) {
        if (name == reclaimable) cache = std::stoll(value);
      }
      available = std::min(available, std::max<std::int64_t>(0, *limit - *usage + cache));
    }
    if (directory == root || !directory.has_relative_path()) break;
    directory = directory.parent_path();
  }
  return available;
}

}  // namespace

CgroupDirectory memory_cgroup() {
  std::ifstream file("/proc/self/cgroup");
  fs::path unified;
  for (std::string line; std::getline(file, line);) {
    const auto parts = plan::split(line, ':');
    if (parts.size() < 3) continue;
    const std::string inside = parts[2].starts_with('/') ? parts[2].substr(1) : parts[2];
    if (parts[1] == "memory") return {fs::path("/sys/fs/cgroup/memory") / inside, true};
    if (parts[1].empty()) unified = fs::path("/sys/fs/cgroup") / inside;
  }
  return {unified, false};
}

std::int64_t total_memory_bytes() { return meminfo("MemTotal"); }

std::int64_t available_memory_bytes() { return std::min(meminfo("MemAvailable"), cgroup_available()); }

std::int64_t parse_memory_limit(std::string_view text) {
  if (text.ends_with('%')) {
    const double share = plan::parse_fraction(text, "--mem-limit");
    return static_cast<std::int64_t>(share * static_cast<double>(available_memory_bytes()));
  }
  std::string amount(text);
  for (const std::string_view unit : {"iB", "B"}) {
    if (amount.ends_with(unit)) amount.resize(amount.size() - unit.size());
  }
  std::ranges::transform(amount, amount.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto bytes = reports::parse_count(amount);
  if (!bytes || *bytes < 1) {
    throw UsageError(fmt::format("--mem-limit: '{}' is not an amount of memory (examples: 80%, 4g, 500m)", text));
  }
  return *bytes;
}

std::int64_t peak_resident_bytes() {
  std::int64_t kibibytes = 0;
  std::istringstream(system_file_value("/proc/self/status", "VmHWM")) >> kibibytes;
  return kibibytes * 1024;
}

void reset_peak_resident() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::int64_t resident_bytes(int process) {
  std::int64_t size = 0, resident = 0;
  std::istringstream(read_system_file(fmt::format("/proc/{}/statm", process))) >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::int64_t oom_kills_of(const CgroupDirectory& group) {
  std::ifstream events(group.path / (group.version_1 ? "memory.oom_control" : "memory.events"));
  return oom_kills_in(events).value_or(0);
}

std::int64_t oom_kills() {
  const auto [path, version_1] = memory_cgroup();
  std::ifstream events(path / (version_1 ? "memory.oom_control" : "memory.events"));
  std::ifstream machine("/proc/vmstat");
  if (const auto kills = oom_kills_in(events)) return *kills;
  return oom_kills_in(machine).value_or(0);
}

}  // namespace attnscope::harness::device
