#include "reports/google_benchmark_json.h"

#include "reports/benchmark_entry.h"

namespace attnscope::reports {

namespace {

using nlohmann::json;

json context_of(const Environment* environment) {
  json context = {{"json_schema_version", 1}, {"library_build_type", "release"}, {"caches", json::array()}};
  if (environment == nullptr) return context;
  const json& values = environment->values;
  const json cpu = values.value("cpu", json::object());
  if (values.value("build_type", "") == "Debug") context["library_build_type"] = "debug";
  context["date"] = values.value("date", "");
  context["host_name"] = values.value("host", "");
  context["executable"] = "attnscope";
  context["num_cpus"] = cpu.value("logical", 0);
  context["mhz_per_cpu"] = cpu.value("max_hz", std::int64_t{0}) / 1'000'000;
  context["cpu_scaling_enabled"] = cpu.value("governor", "") != "" && cpu.value("governor", "") != "performance";
  context["load_avg"] = values.value("load", json::array());
  for (const auto& cache : cpu.value("caches", json::array())) {
    context["caches"].push_back({{"type", cache.value("type", "")},
                                 {"level", cache.value("level", 0)},
                                 {"size", cache.value("bytes", std::int64_t{0})},
                                 {"num_sharing", 0}});
  }
  return context;
}

void set_times(json& entry, double real_ns, double cpu_ns) {
  entry["real_time"] = real_ns;
  entry["cpu_time"] = cpu_ns;
  entry["time_unit"] = "ns";
}

void add_counters(json& entry, const Record& record) {
  for (const Column& column : columns()) {
    if (column.better == Better::none || column.unit == Unit::nanoseconds) continue;
    if (const auto value = number(record, column)) entry[std::string(column.name)] = json_number(*value);
  }
}

// The entries of one case; family_index keeps them together where compare.py sorts.
class CaseEntries {
 public:
  CaseEntries(const Record& record, std::size_t family) : record_(record), family_(family) {}

  json summary() const {
    json entry = common(1);
    entry["run_type"] = "iteration";
    entry["repetition_index"] = 0;
    entry["iterations"] = record_.samples.value_or(1);
    set_times(entry, *record_.time_median_ns, record_.cpu_time_median_ns.value_or(*record_.time_median_ns));
    add_counters(entry, record_);
    return entry;
  }

  void append_samples(json& benchmarks) const {
    for (std::size_t i = 0; i < record_.samples_ns.size(); ++i) {
      json entry = common(record_.samples_ns.size());
      entry["run_type"] = "iteration";
      entry["repetition_index"] = i;
      entry["iterations"] = record_.inner_iterations.value_or(1);
      set_times(entry, record_.samples_ns[i], record_.samples_ns[i]);
      benchmarks.push_back(std::move(entry));
    }
    append_aggregate(benchmarks, "mean", record_.time_mean_ns);
    append_aggregate(benchmarks, "median", record_.time_median_ns);
    add_counters(benchmarks.back(), record_);
    append_aggregate(benchmarks, "stddev", record_.time_stdev_ns);
    if (record_.time_stdev_ns && record_.time_mean_ns.value_or(0) > 0) {
      append_aggregate(benchmarks, "cv", *record_.time_stdev_ns / *record_.time_mean_ns);
      benchmarks.back()["aggregate_unit"] = "percentage";
    }
  }

 private:
  json common(std::size_t repetitions) const {
    const std::string name = benchmark_name(record_);
    return {{"name", name},
            {"run_name", name},
            {"family_index", family_},
            {"per_family_instance_index", 0},
            {"repetitions", repetitions},
            {"threads", record_.threads.value_or(1)}};
  }

  void append_aggregate(json& benchmarks, const std::string& aggregate, const std::optional<double>& value) const {
    if (!value) return;
    json entry = common(record_.samples_ns.size());
    entry["name"] = benchmark_name(record_) + "_" + aggregate;
    entry["run_type"] = "aggregate";
    entry["aggregate_name"] = aggregate;
    entry["aggregate_unit"] = "time";
    entry["iterations"] = record_.samples_ns.size();
    set_times(entry, *value, *value);
    benchmarks.push_back(std::move(entry));
  }

  const Record& record_;
  std::size_t family_;
};

}  // namespace

json to_google_benchmark(const Environment* environment, std::span<const Record> records, Repetitions repetitions) {
  json benchmarks = json::array(), not_measured = json::array();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    const CaseEntries entries(record, i);
    if (!has_measurement(record.status) || !record.time_median_ns) {
      not_measured.push_back({{"name", benchmark_name(record)}, {"status", status_line(record)}});
    } else if (repetitions == Repetitions::samples && !record.samples_ns.empty()) {
      entries.append_samples(benchmarks);
    } else {
      benchmarks.push_back(entries.summary());
    }
  }
  json context = context_of(environment);
  context["not_measured"] = std::move(not_measured);
  return {{"context", std::move(context)}, {"benchmarks", std::move(benchmarks)}};
}

}  // namespace attnscope::reports
