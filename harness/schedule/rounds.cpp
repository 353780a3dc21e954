#include "harness/schedule/rounds.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "harness/measure/verdict.h"
#include "reports/median_estimate.h"
#include "reports/statistics.h"
#include "reports/time_columns.h"

namespace attnscope::harness::schedule {

namespace {

namespace fs = std::filesystem;
using reports::Record;
using reports::Status;
using Number = reports::OptionalNumber<double> Record::*;

std::vector<double> available(const std::vector<Record>& processes, Number column) {
  std::vector<double> values;
  for (const Record& process : processes) {
    if (process.*column) values.push_back(*(process.*column));
  }
  return values;
}

std::optional<double> median_of(const std::vector<Record>& processes, Number column) {
  std::vector<double> values = available(processes, column);
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  return reports::quantile_sorted(values, 0.5);
}

// Each process counts by its samples.
std::optional<double> mean_of(const std::vector<Record>& processes, Number column) {
  double sum = 0, weight = 0;
  for (const Record& process : processes) {
    if (!(process.*column)) continue;
    const auto samples = static_cast<double>(process.samples_ns.size());
    sum += samples * *(process.*column);
    weight += samples;
  }
  if (weight == 0) return std::nullopt;
  return sum / weight;
}

void merge_conditions(const std::vector<Record>& processes, Record& merged) {
  merged.clock_mean_hz = mean_of(processes, &Record::clock_mean_hz);
  merged.load_mean = mean_of(processes, &Record::load_mean);
  const std::vector<double> lowest_clocks = available(processes, &Record::clock_min_hz);
  if (!lowest_clocks.empty()) merged.clock_min_hz = std::ranges::min(lowest_clocks);
  merged.cycles_median = median_of(processes, &Record::cycles_median);
  merged.timer_overhead_ns = median_of(processes, &Record::timer_overhead_ns);
  merged.setup_time_ns = median_of(processes, &Record::setup_time_ns);
  merged.gpu_time_median_ns = median_of(processes, &Record::gpu_time_median_ns);
  merged.wall_time_median_ns = median_of(processes, &Record::wall_time_median_ns);
  const auto longest = std::ranges::max_element(processes, {}, &Record::warmup_runs);
  merged.warmup_runs = longest->warmup_runs;
  merged.warmup_end = longest->warmup_end;
  merged.mem_peak_rss_bytes = std::ranges::max_element(processes, {}, &Record::mem_peak_rss_bytes)->mem_peak_rss_bytes;
}

// All processes are throttled, or leaving those out that are moves the median by more than the asked precision.
std::optional<std::string> why_throttled(const std::vector<Record>& processes, const Record& merged,
                                         const measure::Settings& settings) {
  std::vector<double> fast;
  const Record* slow = nullptr;
  for (const Record& process : processes) {
    if (process.status == Status::throttled) {
      slow = &process;
    } else {
      fast.push_back(*process.time_median_ns);
    }
  }
  if (slow == nullptr) return std::nullopt;
  if (!fast.empty()) {
    std::ranges::sort(fast);
    const double shift = std::abs(reports::quantile_sorted(fast, 0.5) - *merged.time_median_ns);
    if (shift <= settings.precision * *merged.time_median_ns) return std::nullopt;
  }
  return fmt::format("{} of {} processes: {}", processes.size() - fast.size(), processes.size(), slow->status_reason);
}

}  // namespace

PartialCases::PartialCases(const fs::path& output, bool keep_earlier) : path_(output.string() + ".rounds") {
  std::error_code error;
  if (!keep_earlier) fs::remove(path_, error);
  if (!fs::exists(path_, error) || fs::file_size(path_, error) == 0) return;
  for (Record& record : reports::load_jsonl(path_).run.records) {
    by_key_[record.case_key].push_back(std::move(record));
  }
}

const std::vector<Record>& PartialCases::of(const std::string& case_key) const {
  static const std::vector<Record> none;
  const auto found = by_key_.find(case_key);
  return found == by_key_.end() ? none : found->second;
}

void PartialCases::add(const Record& record) {
  if (!writer_) writer_ = std::make_unique<reports::JsonlWriter>(path_, reports::JsonlWriter::Open::append);
  writer_->append(record);
  by_key_[record.case_key].push_back(record);
}

void PartialCases::finish(const std::string& case_key) {
  if (by_key_.erase(case_key) == 0 || !by_key_.empty()) return;
  writer_.reset();
  std::error_code error;
  fs::remove(path_, error);
}

Record merge_processes(const std::vector<Record>& processes, const measure::Settings& settings) {
  Record merged = processes.front();
  merged.samples_ns.clear();
  merged.samples_per_process.clear();
  for (const Record& process : processes) {
    merged.samples_ns.insert(merged.samples_ns.end(), process.samples_ns.begin(), process.samples_ns.end());
    merged.samples_per_process.push_back(static_cast<std::int64_t>(process.samples_ns.size()));
  }
  reports::fill_times(merged, settings.confidence);
  merge_conditions(processes, merged);
  const measure::Verdict verdict = measure::judge_precision(merged, settings);
  merged.status = verdict.status;
  merged.status_reason = verdict.reason;
  if (const auto reason = why_throttled(processes, merged, settings)) {
    merged.status = Status::throttled;
    merged.status_reason = *reason;
  }
  return merged;
}

measure::Settings settings_of_one_process(measure::Settings settings, int rounds, bool first) {
  // As many samples altogether as one process would take: the width falls with the square root of their number.
  settings.precision *= std::sqrt(rounds);
  settings.validate = settings.validate && first;
  settings.profile = settings.profile && first;
  return settings;
}

}  // namespace attnscope::harness::schedule
