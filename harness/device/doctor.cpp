#include "harness/device/doctor.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <unistd.h>

#include "harness/device/build_info.h"
#include "harness/device/cpu.h"
#include "harness/device/load.h"
#include "harness/device/system_file.h"
#include "reports/markdown.h"

namespace attnscope::harness::device {

namespace {

namespace fs = std::filesystem;

// The text between the brackets of "always [madvise] never".
std::string bracketed(const std::string& text) {
  const auto open = text.find('['), close = text.find(']');
  return open == std::string::npos || close == std::string::npos ? text : text.substr(open + 1, close - open - 1);
}

// The number behind "name " in a file of "name number" lines.
std::int64_t counter(const fs::path& file, const std::string& wanted) {
  std::ifstream lines(file);
  std::int64_t value = 0;
  for (std::string name; lines >> name >> value;) {
    if (name == wanted) return value;
  }
  return 0;
}

class Examiner {
 public:
  explicit Examiner(const fs::path& root)
      : cpus_(root / "sys/devices/system/cpu"), proc_(root / "proc"), sys_(root / "sys") {}

  std::vector<Finding> run() {
    const OtherLoad load;
    const std::int64_t swapped = swapped_pages(), stolen = stolen_ticks();
    const auto start = std::chrono::steady_clock::now();
    build();
    governor();
    turbo();
    threads();
    limits();
    clock_source();
    counters();
    address_randomisation();
    numa();
    huge_pages();
    openmp();
    neighbours();
    driver();
    std::this_thread::sleep_until(start + std::chrono::seconds(1));
    busy(load.mean());
    memory(swapped_pages() - swapped);
    virtual_machine(stolen_ticks() - stolen);
    return std::move(findings_);
  }

 private:
  void add(std::string check, Fitness fitness, std::string found, std::string advice = {}) {
    findings_.push_back({std::move(check), fitness, std::move(found), std::move(advice)});
  }

  void build() {
    const std::string type(build_type());
    if (type == "Release" || type == "RelWithDebInfo") {
      add("build", Fitness::good, type);
    } else {
      add("build", Fitness::unfit, type.empty() ? "not optimised" : type, "measure a Release build: scripts/build");
    }
  }

  void governor() {
    std::set<std::string> governors;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(cpus_, error)) {
      const std::string governor = read_system_file(entry.path() / "cpufreq/scaling_governor");
      if (!governor.empty()) governors.insert(governor);
    }
    if (governors.empty()) {
      add("governor", Fitness::unknown, "not exposed, as in most virtual machines",
          "clocks are measured instead: see clock_mean_hz of the records");
    } else if (governors == std::set<std::string>{"performance"}) {
      add("governor", Fitness::good, "performance");
    } else {
      std::string found;
      for (const std::string& name : governors) found += (found.empty() ? "" : ", ") + name;
      add("governor", Fitness::warning, found,
          "the clock follows the load: set it with `cpupower frequency-set -g performance`");
    }
  }

  void turbo() {
    std::optional<bool> on;
    if (const auto off = read_system_number(cpus_ / "intel_pstate/no_turbo")) on = *off == 0;
    if (const auto boost = read_system_number(cpus_ / "cpufreq/boost")) on = *boost != 0;
    if (!on) return add("turbo", Fitness::unknown, "not exposed");
    if (!*on) return add("turbo", Fitness::good, "off");
    add("turbo", Fitness::warning, "on",
        "the clock depends on heat and on neighbours: switch it off (intel_pstate/no_turbo, cpufreq/boost) to compare "
        "builds, or compare in cycles");
  }

  void threads() {
    const Cpu cpu = read_cpu();
    const int usable = usable_cores();
    if (cpu.smt) {
      add("SMT", Fitness::note, fmt::format("{} hardware threads on {} cores", cpu.logical, cpu.cores),
          "threads of one core share its units: use no more threads than cores");
    } else {
      add("SMT", Fitness::good, fmt::format("off, {} cores", cpu.cores));
    }
    if (usable < cpu.logical) {
      add("affinity", Fitness::note, fmt::format("{} of {} CPUs may be used", usable, cpu.logical));
    }
  }

  void limits() {
    const fs::path group = sys_ / "fs/cgroup";
    const std::string quota = read_system_file(group / "cpu.max");
    if (!quota.empty() && !quota.starts_with("max")) {
      const std::int64_t throttled = counter(group / "cpu.stat", "nr_throttled");
      add("cgroup CPU limit", throttled > 0 ? Fitness::warning : Fitness::note,
          fmt::format("{} (quota and period in µs), throttled {} times", quota, throttled),
          "a thread that uses up the quota is stopped until the next period: give the job whole CPUs (cpuset)");
    }
    const auto memory = read_system_number(group / "memory.max");
    if (memory) {
      add("cgroup memory limit", Fitness::note,
          reports::format_quantity(static_cast<double>(*memory), reports::Unit::bytes));
    }
  }

  void clock_source() {
    const std::string source = read_system_file(sys_ / "devices/system/clocksource/clocksource0/current_clocksource");
    if (source.empty()) return add("clock", Fitness::unknown, "not exposed");
    const bool slow = source == "hpet" || source == "acpi_pm" || source == "jiffies";
    add("clock", slow ? Fitness::warning : Fitness::good, source,
        slow ? "reading it takes microseconds: boot with clocksource=tsc if the processor's is stable" : "");
  }

  void counters() {
    const fs::path sources = sys_ / "bus/event_source/devices";
    const bool unit = fs::exists(sources / "cpu") || fs::exists(sources / "cpu_core") ||
                      fs::exists(sources / "armv8_pmuv3_0") || fs::exists(sources / "armv8_pmuv3");
    const std::int64_t paranoid = read_system_number(proc_ / "sys/kernel/perf_event_paranoid").value_or(3);
    constexpr std::int64_t own_processes = 2;  // the highest level that allows counting in one's own processes
    if (!unit) {
      add("hardware counters", Fitness::note, "none, as in most virtual machines",
          "flops_measured stays empty; the model's FLOPs are verified by the counting backend");
    } else if (paranoid > own_processes && geteuid() != 0) {
      add("hardware counters", Fitness::note, fmt::format("perf_event_paranoid is {}", paranoid),
          "to count FLOPs: `sysctl kernel.perf_event_paranoid=2`");
    } else {
      add("hardware counters", Fitness::good, fmt::format("usable, perf_event_paranoid is {}", paranoid));
    }
  }

  void address_randomisation() {
    const auto level = read_system_number(proc_ / "sys/kernel/randomize_va_space");
    if (!level) return add("ASLR", Fitness::unknown, "not exposed");
    if (*level == 0) {
      add("ASLR", Fitness::note, "off", "every process has one and the same layout: rounds cannot average over it");
    } else {
      add("ASLR", Fitness::good, "on: `--rounds` averages over memory layouts");
    }
  }

  void numa() {
    int nodes = 0;
    while (fs::exists(sys_ / fmt::format("devices/system/node/node{}", nodes))) ++nodes;
    if (nodes < 2) return;
    const bool balancing = read_system_number(proc_ / "sys/kernel/numa_balancing").value_or(0) != 0;
    add("NUMA", balancing ? Fitness::warning : Fitness::note,
        fmt::format("{} nodes{}", nodes, balancing ? ", automatic balancing is on" : ""),
        balancing ? "pages move while a case runs: bind it with numactl, or `sysctl kernel.numa_balancing=0`"
                  : "bind a run to one node with numactl");
  }

  void huge_pages() {
    const std::string text = read_system_file(sys_ / "kernel/mm/transparent_hugepage/enabled");
    if (!text.empty()) add("huge pages", Fitness::good, bracketed(text));
  }

  void openmp() {
    for (const char* name : {"OMP_NUM_THREADS", "OMP_PROC_BIND", "OMP_PLACES", "OMP_WAIT_POLICY", "OMP_DYNAMIC"}) {
      if (const char* value = std::getenv(name); value != nullptr) add(name, Fitness::note, value);
    }
  }

  // Other runs disturb each other, unless each has CPUs of its own.
  void neighbours() {
    int others = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(proc_, error)) {
      const std::string id = entry.path().filename();
      if (id.find_first_not_of("0123456789") != std::string::npos || id == std::to_string(getpid())) continue;
      if (read_system_file(entry.path() / "comm") == "attnscope") ++others;
    }
    if (others > 0) {
      add("other runs", Fitness::warning, fmt::format("{} other attnscope process{}", others, others > 1 ? "es" : ""),
          "wait for them: runs on the same CPUs disturb each other");
    }
  }

  void driver() {
    const std::string version = read_system_file(proc_ / "driver/nvidia/version");
    add("GPU driver", version.empty() ? Fitness::note : Fitness::good,
        version.empty() ? "none" : version.substr(0, version.find('\n')));
  }

  void busy(double others) {
    constexpr double noticeable = 0.1;
    const double usable = usable_cores();
    const std::string found = fmt::format("others keep {:.2f} of {:g} CPUs busy", others, usable);
    if (others < noticeable) return add("load", Fitness::good, found);
    add("load", others > usable / 2 ? Fitness::unfit : Fitness::warning, found,
        "stop or wait for other work; `top` shows it");
  }

  void memory(std::int64_t swapped) {
    std::int64_t total = 0, available = 0;
    std::istringstream(system_file_value(proc_ / "meminfo", "MemTotal")) >> total;
    std::istringstream(system_file_value(proc_ / "meminfo", "MemAvailable")) >> available;
    const auto text = [](std::int64_t kibibytes) {
      return reports::format_quantity(1024 * static_cast<double>(kibibytes), reports::Unit::bytes);
    };
    const std::string found = fmt::format("{} of {} available", text(available), text(total));
    if (swapped > 0) {
      add("memory", Fitness::unfit, found + ", pages are being swapped", "free memory, or lower --mem-limit");
    } else if (available < total / 10) {
      add("memory", Fitness::warning, found, "free memory, or lower --mem-limit");
    } else {
      add("memory", Fitness::good, found);
    }
  }

  void virtual_machine(std::int64_t stolen) {
    const std::string flags = fmt::format(" {} ", system_file_value(proc_ / "cpuinfo", "flags"));
    if (flags.find(" hypervisor ") == std::string::npos) return;
    // Ticks of all CPUs over one second.
    const double share = static_cast<double>(stolen) / static_cast<double>(sysconf(_SC_CLK_TCK)) / usable_cores();
    constexpr double noticeable = 0.01;
    add("virtual machine", share > noticeable ? Fitness::warning : Fitness::note,
        fmt::format("yes, {:.1f} % of its time was taken by the host", 100 * share),
        share > noticeable ? "the host is overbooked: use --rounds, or dedicated hardware" : "");
  }

  std::int64_t swapped_pages() const {
    return counter(proc_ / "vmstat", "pswpin") + counter(proc_ / "vmstat", "pswpout");
  }

  std::int64_t stolen_ticks() const {
    std::ifstream file(proc_ / "stat");
    std::string name;
    std::int64_t value = 0;
    file >> name;
    for (int column = 0; column < 8; ++column) file >> value;  // user nice system idle iowait irq softirq steal
    return value;
  }

  fs::path cpus_, proc_, sys_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string_view to_string(Fitness fitness) {
  switch (fitness) {
    case Fitness::good:
      return "ok";
    case Fitness::note:
      return "note";
    case Fitness::unknown:
      return "unknown";
    case Fitness::warning:
      return "warning";
    case Fitness::unfit:
      break;
  }
  return "unfit";
}

std::vector<Finding> examine_machine(const fs::path& root) { return Examiner(root).run(); }

Fitness worst(const std::vector<Finding>& findings) {
  Fitness result = Fitness::good;
  for (const Finding& finding : findings) result = std::max(result, finding.fitness);
  return result;
}

nlohmann::json to_json(const Finding& finding) {
  return {{"check", finding.check},
          {"fitness", to_string(finding.fitness)},
          {"found", finding.found},
          {"advice", finding.advice}};
}

}  // namespace attnscope::harness::device
