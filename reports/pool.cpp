#include "reports/pool.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>

#include "reports/time_columns.h"

namespace attnscope::reports {

namespace {

// The time columns, and the rates: something exact over the median.
void fill_times_and_rates(Record& record) {
  const std::optional<double> before = record.time_median_ns;
  fill_times(record);
  if (!before) return;
  for (const auto rate : {&Record::flop_per_s, &Record::dense_flop_per_s, &Record::tokens_per_s, &Record::bytes_per_s,
                          &Record::mfu, &Record::roofline_frac}) {
    if (record.*rate) *(record.*rate) *= *before / *record.time_median_ns;
  }
}

// Mean and median of what is known.
std::optional<Summary> summary_of(std::span<const Record* const> records, OptionalNumber<double> Record::*member) {
  std::vector<double> values;
  for (const Record* record : records) {
    if (record->*member) values.push_back(*(record->*member));
  }
  if (values.empty()) return std::nullopt;
  return summarize(values);
}

}  // namespace

Record pool_processes(std::span<const Record> records) {
  if (records.empty()) throw std::invalid_argument("no records to pool; expected at least one");
  std::vector<const Record*> measured;
  for (const Record& record : records) {
    if (has_measurement(record.status)) measured.push_back(&record);
  }
  if (measured.empty()) return records.front();
  Record pooled = *measured.front();
  if (measured.size() == 1) return pooled;
  pooled.samples_ns.clear();
  pooled.samples_per_process.clear();
  for (const Record* record : measured) {
    for (const auto& samples : processes_of(*record)) {
      if (samples.empty()) continue;
      pooled.samples_ns.insert(pooled.samples_ns.end(), samples.begin(), samples.end());
      pooled.samples_per_process.push_back(static_cast<std::int64_t>(samples.size()));
    }
  }
  for (const auto member : {&Record::clock_mean_hz, &Record::load_mean, &Record::drift_frac}) {
    if (const auto summary = summary_of(measured, member)) pooled.*member = summary->mean;
  }
  // As the time is, so that their ratio is a clock: with one disturbed process the mean would tell of another one.
  if (const auto cycles = summary_of(measured, &Record::cycles_median)) pooled.cycles_median = cycles->median;
  if (pooled.samples_ns.empty()) return pooled;
  fill_times_and_rates(pooled);
  return pooled;
}

std::vector<Record> one_record_per_case(std::span<const Record> records) {
  std::map<std::string_view, std::size_t> position;
  std::vector<std::vector<Record>> groups;
  for (const Record& record : records) {
    const auto [at, is_new] = position.emplace(record.case_key, groups.size());
    if (is_new) groups.emplace_back();
    groups[at->second].push_back(record);
  }
  std::vector<Record> result;
  for (const auto& group : groups) result.push_back(pool_processes(group));
  return result;
}

Processes processes_of(const Record& record) {
  const auto& counts = record.samples_per_process;
  const bool splits = !counts.empty() && std::ranges::all_of(counts, [](auto count) { return count >= 0; }) &&
                      std::accumulate(counts.begin(), counts.end(), std::int64_t{0}) ==
                          static_cast<std::int64_t>(record.samples_ns.size());
  if (!splits) return {record.samples_ns};
  Processes processes;
  auto begin = record.samples_ns.begin();
  for (const std::int64_t count : counts) {
    processes.emplace_back(begin, begin + count);
    begin += count;
  }
  return processes;
}

std::vector<double> process_medians(const Record& record) {
  std::vector<double> medians;
  for (auto& samples : processes_of(record)) {
    if (samples.empty()) continue;
    std::ranges::sort(samples);
    medians.push_back(quantile_sorted(samples, 0.5));
  }
  return medians;
}

}  // namespace attnscope::reports
