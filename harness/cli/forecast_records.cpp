#include "harness/cli/forecast_records.h"

#include <fmt/format.h>

#include "harness/cli/text_table.h"
#include "harness/measure/memory.h"
#include "harness/measure/subject.h"
#include "harness/measure/work.h"
#include "reports/markdown.h"

namespace attnscope::harness::cli {

using reports::Record;
using reports::Status;
using reports::Unit;

namespace {

void forecast(const plan::Case& c, std::int64_t memory_limit_bytes, Record& record) {
  const measure::Subject subject = measure::make_subject(c);
  record.impl = subject.backend->implementation();
  record.family = subject.variant->info().family;
  measure::fill_work(c.problem, subject.prediction, tensor::size_of(subject.backend->dtype()), record);
  measure::predict_memory(subject.prediction, record);
  const auto reason = measure::why_too_large(subject, memory_limit_bytes);
  if (!reason) return;
  record.status = Status::oom_predicted;
  record.status_reason = *reason;
}

}  // namespace

std::vector<Record> forecast_records(std::span<const plan::PlannedCase> cases, std::int64_t memory_limit_bytes) {
  std::vector<Record> records;
  for (const plan::PlannedCase& planned : cases) {
    Record record = plan::planned_record(planned.c);
    if (planned.status) {
      record.status = *planned.status;
      record.status_reason = planned.reason;
    } else {
      try {
        forecast(planned.c, memory_limit_bytes, record);
      } catch (const ops::Unsupported& error) {
        record.status = Status::unsupported;
        record.status_reason = error.what();
      }
    }
    records.push_back(std::move(record));
  }
  return records;
}

void write_forecast_table(std::ostream& out, std::span<const Record> records) {
  const auto quantity = [](const std::optional<std::int64_t>& value, Unit unit) {
    return value ? reports::format_quantity(static_cast<double>(*value), unit) : std::string{};
  };
  TextTable table({"variant", "params", "scope", "mode", "causal", "batch", "heads", "head_dim", "n", "FLOPs",
                   "dense FLOPs", "bytes", "peak memory", "status"});
  for (const Record& r : records) {
    std::string status(to_string(r.status));
    if (!r.status_reason.empty()) status += ": " + r.status_reason;
    table.add({r.variant, r.params, r.scope, r.mode, fmt::to_string(*r.causal), fmt::to_string(*r.batch),
               fmt::to_string(*r.heads), fmt::to_string(*r.head_dim), fmt::to_string(*r.seq_q),
               quantity(r.flops_model, Unit::flop), quantity(r.flops_dense, Unit::flop),
               quantity(r.bytes_model, Unit::bytes), quantity(r.peak_memory_predicted_bytes, Unit::bytes), status});
  }
  table.write(out);
}

}  // namespace attnscope::harness::cli
