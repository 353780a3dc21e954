#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iostream>

#include "harness/cli/shell.h"
#include "harness/cli/text_table.h"
#include "harness/device/ceilings.h"
#include "harness/device/counter_trust.h"
#include "harness/device/cpu.h"
#include "harness/device/devices.h"
#include "harness/device/gpu_facts.h"
#include "harness/plan/sweep.h"
#include "reports/filter.h"
#include "reports/markdown.h"

namespace attnscope::harness::cli {

namespace {

struct CalibrateOptions {
  std::string device = "cpu", threads, time = "0.2s", output;
  bool json = false;
};

std::vector<int> thread_counts(const std::string& text) {
  std::vector<int> counts;
  const int usable = device::usable_cores();
  if (text.empty()) {
    for (int count = 1; count < usable; count *= 2) counts.push_back(count);
    counts.push_back(usable);
    return counts;
  }
  for (const std::string& value : plan::expand_values(text)) {
    const auto count = reports::parse_count(value);
    if (!count || *count < 1 || *count > 4096) {
      throw UsageError(fmt::format("--threads: '{}' is not a number of threads (examples: 2, 1,2,4)", value));
    }
    counts.push_back(static_cast<int>(*count));
  }
  return counts;
}

std::string quantity(double value, reports::Unit unit) { return reports::format_quantity(value, unit); }

void write_tables(const std::vector<device::Ceilings>& ceilings) {
  TextTable compute({"device", "dtype", "threads", "multiply-adds", "matrix product"}, TextTable::Align::right);
  for (const device::Ceilings& c : ceilings) {
    compute.add({c.device, c.dtype, std::to_string(c.threads), quantity(c.flop_per_s, reports::Unit::flop_per_second),
                 quantity(c.matmul_flop_per_s, reports::Unit::flop_per_second)});
  }
  compute.write(std::cout);
  std::cout << '\n';
  TextTable bandwidth({"device", "threads", "working set", "bandwidth"}, TextTable::Align::right);
  for (const device::Ceilings& c : ceilings) {
    for (const device::StreamCeiling& stream : c.streams) {
      bandwidth.add({c.device, std::to_string(c.threads),
                     quantity(static_cast<double>(stream.working_set_bytes), reports::Unit::bytes),
                     quantity(stream.bytes_per_s, reports::Unit::bytes_per_second)});
    }
  }
  bandwidth.write(std::cout);
}

// Nothing where no device has counters to check.
void write_counters(const std::vector<device::Ceilings>& ceilings, const Shell& shell) {
  TextTable table({"device", "dtype", "counter", "of known work", "use"}, TextTable::Align::right);
  bool any = false, refused = false;
  for (const device::Ceilings& c : ceilings) {
    if (!c.counters_missing.empty()) {
      shell.note(fmt::format("{} {}: counters were not checked: {}", c.device, c.dtype, c.counters_missing));
    }
    for (const gpu::CheckedCounter& counter : c.counters) {
      const gpu::Trust trust = gpu::trust_in(counter);
      any = true;
      refused = refused || trust == gpu::Trust::none;
      table.add({c.device, c.dtype, std::string(to_string(counter.kind)), fmt::format("{:.4f}", counter.ratio()),
                 trust == gpu::Trust::exact    ? "as it is"
                 : trust == gpu::Trust::scaled ? "divided by that"
                                               : "refused"});
    }
  }
  if (!any) return;
  std::cout << '\n';
  table.write(std::cout);
  if (refused) {
    shell.note(
        "Counters are off by more than 2 % of known work: what they count will be left out of records that use these "
        "ceilings.");
  }
}

ExitCode calibrate(const CalibrateOptions& options, const Shell& shell) {
  const double seconds = plan::parse_duration(options.time, "--time");
  const std::string device = device::canonical_device(options.device);
  std::vector<device::Ceilings> ceilings;
  if (device::cuda_ordinal(device)) {
    if (!options.threads.empty()) throw UsageError("--threads: a GPU has no number of threads to choose");
    for (const std::string_view dtype : device::dtypes_of(device)) {
      shell.note(fmt::format("measuring {} …", dtype));
      ceilings.push_back(device::measure_ceilings(device, std::string(dtype), 1, seconds));
    }
    // Behind all that is timed: CUPTI may leave something behind.
    shell.note("checking counters …");
    for (device::Ceilings& c : ceilings) device::check_counters(c.device, c.dtype, c);
  } else {
    if (device != "cpu") throw UsageError(fmt::format("--device: '{}' has no ceilings; cpu and cuda:N have", device));
    for (const int threads : thread_counts(options.threads)) {
      shell.note(fmt::format("measuring {} thread{} …", threads, threads == 1 ? "" : "s"));
      ceilings.push_back(device::measure_ceilings("cpu", "f32", threads, seconds));
    }
  }
  nlohmann::json document = {{"cpu", device::read_cpu().model}, {"ceilings", nlohmann::json::array()}};
  document.update(device::gpu_facts(backends::gpu::discover()));
  for (const device::Ceilings& c : ceilings) document["ceilings"].push_back(device::to_json(c));
  if (!options.output.empty()) {
    std::ofstream file(options.output, std::ios::trunc);
    file << document.dump(2) << '\n';
    file.close();
    if (!file) throw UsageError(fmt::format("{}: cannot be written", options.output));
  }
  if (options.json) {
    std::cout << document.dump(2) << '\n';
  } else {
    write_tables(ceilings);
    write_counters(ceilings, shell);
  }
  const double load = std::ranges::max(ceilings, {}, &device::Ceilings::load).load;
  if (load > 0.1) {
    shell.note(
        fmt::format("Other processes kept {:.1f} CPUs busy: the ceilings may be too low. Calibrate again on a "
                    "quiet machine.",
                    load));
  }
  return ExitCode::ok;
}

}  // namespace

void add_calibrate(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<CalibrateOptions>();
  CLI::App* sub = add_subcommand<CalibrateOptions>(
      app, shell, "calibrate", "measures the machine's ceilings: multiply-adds, matrix products, bandwidth", options,
      calibrate);
  sub->add_option("--device", options->device, "cpu or cuda:N [cpu]")->type_name("DEVICE");
  sub->add_option("--threads", options->threads, "thread counts, as 1,2,4 (default: 1, 2, 4, … all)")
      ->type_name("LIST");
  sub->add_option("--time", options->time, "spent on each figure [0.2s]")->type_name("TIME");
  sub->add_option("-o,--output", options->output, "JSON file; `run --ceilings FILE` takes it")->type_name("FILE");
  sub->add_flag("--json", options->json, "JSON on standard output");
}

}  // namespace attnscope::harness::cli
