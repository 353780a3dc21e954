#include "harness/cli/google_benchmark_json.h"

#include <fmt/format.h>

namespace attnscope::harness::cli {

namespace {

using reports::Record;

nlohmann::json context_of(const reports::Environment* environment) {
  nlohmann::json context = {
      {"json_schema_version", 1}, {"library_build_type", "release"}, {"caches", nlohmann::json::array()}};
  if (environment == nullptr) return context;
  const nlohmann::json& values = environment->values;
  const nlohmann::json cpu = values.value("cpu", nlohmann::json::object());
  context["date"] = values.value("date", "");
  context["host_name"] = values.value("host", "");
  context["executable"] = "attnscope";
  context["num_cpus"] = cpu.value("logical", 0);
  context["mhz_per_cpu"] = cpu.value("max_hz", std::int64_t{0}) / 1'000'000;
  context["cpu_scaling_enabled"] = cpu.value("governor", "") != "" && cpu.value("governor", "") != "performance";
  context["load_avg"] = values.value("load", nlohmann::json::array());
  for (const auto& cache : cpu.value("caches", nlohmann::json::array())) {
    context["caches"].push_back({{"type", cache.value("type", "")},
                                 {"level", cache.value("level", 0)},
                                 {"size", cache.value("bytes", std::int64_t{0})},
                                 {"num_sharing", 0}});
  }
  return context;
}

// "variant/scope/mode/…": blanks and slashes would confuse readers.
std::string name_of(const Record& record) {
  std::string name = record.case_key;
  for (char& c : name) {
    if (c == ';')
      c = '/';
    else if (c == '/' || c == ' ')
      c = '_';
  }
  return name;
}

void add_counter(nlohmann::json& entry, const Record& record, std::string_view column) {
  const reports::Column* found = reports::find_column(column);
  if (found == nullptr) return;
  if (const auto value = reports::number(record, *found)) entry[std::string(column)] = *value;
}

}  // namespace

nlohmann::json to_google_benchmark(const reports::Environment* environment, std::span<const Record> records) {
  nlohmann::json benchmarks = nlohmann::json::array();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    nlohmann::json entry = {{"name", name_of(record)},        {"run_name", name_of(record)},
                            {"run_type", "iteration"},        {"family_index", i},
                            {"per_family_instance_index", 0}, {"repetitions", 1},
                            {"repetition_index", 0},          {"threads", 1}};
    if (reports::has_measurement(record.status) && record.time_median_ns) {
      entry["iterations"] = record.samples.value_or(1);
      entry["real_time"] = *record.time_median_ns;
      entry["cpu_time"] = record.cpu_time_median_ns.value_or(*record.time_median_ns);
      entry["time_unit"] = "ns";
      for (const char* column :
           {"flops_model", "flops_dense", "bytes_model", "peak_memory_bytes", "flop_per_s", "tokens_per_s"}) {
        add_counter(entry, record, column);
      }
    } else {
      entry["error_occurred"] = true;
      entry["error_message"] = fmt::format("{}: {}", to_string(record.status), record.status_reason);
    }
    benchmarks.push_back(std::move(entry));
  }
  return {{"context", context_of(environment)}, {"benchmarks", benchmarks}};
}

}  // namespace attnscope::harness::cli
