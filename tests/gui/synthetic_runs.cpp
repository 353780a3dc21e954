#include "tests/gui/synthetic_runs.h"

#include <cmath>

#include "reports/jsonl.h"

namespace attnscope::gui::testing {

std::vector<SyntheticVariant> six_variants() {
  return {{"softmax", 12, 2.0, 2.0}, {"flash", 5, 1.95, 1.0},       {"longformer", 900, 1.1, 1.0},
          {"linformer", 600, 1, 1},  {"performer", 1500, 1.0, 1.0}, {"linear_transformer", 400, 1.02, 1.0}};
}

reports::Record synthetic_record(const SyntheticVariant& variant, std::int64_t n, const std::string& mode) {
  const double length = static_cast<double>(n), cost = mode == "training" ? 3.2 : 1;
  reports::Record record;
  record.run_id = "00000000-0000-0000-0000-000000000000";
  record.variant = variant.name;
  record.mode = mode;
  record.scope = "core";
  record.dtype = "f32";
  record.device = "cpu";
  record.cache_state = "warm";
  record.input = "gaussian";
  record.impl = "synthetic";
  record.causal = 0;
  record.batch = 1;
  record.heads = 8;
  record.head_dim = 64;
  record.threads = 2;
  record.seq_q = record.seq_k = n;
  record.case_key = "synthetic;variant=" + variant.name + ";mode=" + mode + ";n=" + std::to_string(n);
  record.repro = "attnscope run -V " + variant.name + " -a n=" + std::to_string(n) + " -a mode=" + mode;
  record.validated = "full";
  record.time_median_ns = cost * variant.factor_ns * std::pow(length, variant.exponent);
  record.time_ci_lo_ns = *record.time_median_ns * 0.95;
  record.time_ci_hi_ns = *record.time_median_ns * 1.06;
  record.time_p05_ns = *record.time_median_ns * 0.8;
  record.time_p95_ns = *record.time_median_ns * 1.4;
  record.samples = 30;
  record.rel_noise = 0.03;
  record.flops_model = static_cast<std::int64_t>(cost * 4 * 8 * 64 * std::pow(length, variant.exponent));
  record.bytes_model = n * 8192;
  record.peak_memory_bytes =
      static_cast<std::int64_t>(cost * 32 * std::pow(length, variant.memory_exponent)) + n * 2048;
  record.tokens_per_s = length / *record.time_median_ns * 1e9;
  record.peak_memory_predicted_bytes = record.peak_memory_bytes;
  record.mem_peak_rss_bytes = *record.peak_memory_bytes * 2;
  record.flops_measured = *record.flops_model + 1000;
  record.bytes_measured = *record.bytes_model / 2;
  record.flop_per_s = static_cast<double>(*record.flops_model) / *record.time_median_ns * 1e9;
  record.arithmetic_intensity = static_cast<double>(*record.flops_model) / static_cast<double>(*record.bytes_model);
  record.roofline_frac = 0.25;
  record.approx_err_vs_exact = 0.01;
  record.power_mean_w = 65;
  return record;
}

// A case that ended before anything was measured.
void fail_for_memory(reports::Record& record) {
  for (const reports::Column& column : reports::columns()) {
    if (column.unit == reports::Unit::nanoseconds || column.unit == reports::Unit::bytes) {
      if (const auto* real = std::get_if<reports::OptionalNumber<double> reports::Record::*>(&column.member))
        record.*(*real) = {};
      if (const auto* whole = std::get_if<reports::OptionalNumber<std::int64_t> reports::Record::*>(&column.member))
        record.*(*whole) = {};
    }
  }
  record.samples = {};
  record.tokens_per_s = {};
  record.status = reports::Status::oom;
  record.status_reason = "needs 25.6 GiB of 16 GiB";
}

std::vector<reports::Record> synthetic_records(const std::vector<SyntheticVariant>& variants,
                                               const std::vector<std::string>& modes) {
  std::vector<reports::Record> records;
  for (const SyntheticVariant& variant : variants) {
    for (const std::string& mode : modes) {
      for (std::int64_t n = 256; n <= 16384; n *= 2) {
        reports::Record record = synthetic_record(variant, n, mode);
        if (variant.memory_exponent == 2 && mode == "training" && n == 16384) fail_for_memory(record);
        records.push_back(record);
      }
    }
  }
  return records;
}

void write_run(const QString& path, const std::vector<reports::Record>& records) {
  reports::JsonlWriter writer(path.toStdString(), reports::JsonlWriter::Open::create);
  reports::Environment environment;
  environment.env_id = "synthetic";
  environment.values["note"] = "invented numbers";
  writer.append(environment);
  for (reports::Record record : records) {
    record.env_id = environment.env_id;
    writer.append(record);
  }
}

}  // namespace attnscope::gui::testing
