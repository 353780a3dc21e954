#include "gui/bench/large_run.h"

#include <QFile>
#include <QSaveFile>
#include <cmath>
#include <stdexcept>

#include "reports/jsonl.h"

namespace attnscope::gui::bench {
namespace {

reports::Record invented_record(int variant, std::int64_t n, int samples) {
  reports::Record record;
  record.run_id = "00000000-0000-0000-0000-000000000000";
  record.case_id = "0123456789abcdef";
  record.env_id = "invented";
  record.variant = "variant_" + std::to_string(variant);
  record.mode = "forward";
  record.scope = "core";
  record.dtype = record.acc_dtype = "f32";
  record.device = "cpu";
  record.cache_state = "warm";
  record.input = "gaussian";
  record.family = "invented";
  record.impl = "invented, 2 threads";
  record.params = "bias=false;norm=pre";
  record.causal = 0;
  record.batch = 1;
  record.heads = record.kv_heads = 8;
  record.head_dim = record.value_dim = 64;
  record.threads = 2;
  record.seq_q = record.seq_k = n;
  record.case_key =
      "variant=" + record.variant +
      ";params.bias=false;params.norm=pre;scope=core;mode=forward;causal=0;dtype=f32;device=cpu;threads=2;"
      "batch=1;heads=8;head_dim=64;n=" +
      std::to_string(n) + ";input=gaussian;cache=warm";
  record.repro = "attnscope run -V " + record.variant +
                 " -a scope=core -a mode=forward -a causal=0 -a dtype=f32 -a n=" + std::to_string(n) +
                 " -a heads=8 -a head_dim=64 --input gaussian --seed 1";
  record.validated = "full";
  const double exponent = 1 + variant % 3 * 0.5,
               time = (100 + 37 * variant) * std::pow(static_cast<double>(n), exponent);
  const auto spread = [&](double factor) { return time * factor; };
  record.time_median_ns = time;
  record.time_ci_lo_ns = spread(0.98);
  record.time_ci_hi_ns = spread(1.03);
  record.time_mean_ns = spread(1.01);
  record.time_stdev_ns = spread(0.02);
  record.time_min_ns = spread(0.95);
  record.time_p05_ns = spread(0.96);
  record.time_p25_ns = spread(0.99);
  record.time_p75_ns = spread(1.02);
  record.time_p95_ns = spread(1.05);
  record.time_max_ns = spread(1.2);
  record.samples = samples;
  record.rel_noise = 0.02;
  record.flops_model = static_cast<std::int64_t>(time * 10);
  record.bytes_model = n * 8192;
  record.peak_memory_bytes = record.peak_memory_predicted_bytes = n * 4096;
  record.tokens_per_s = static_cast<double>(n) / time * 1e9;
  record.arithmetic_intensity = 12.5;
  record.flop_per_s = 1e10;
  for (int i = 0; i < samples; ++i) record.samples_ns.push_back(std::round(spread(0.95 + 0.1 * (i * 7 % 31) / 31)));
  return record;
}

}  // namespace

void write_large_run(const QString& path, int cases, int samples, int variants) {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly))
    throw std::runtime_error(path.toStdString() + ": cannot be written (" + file.errorString().toStdString() + ")");
  const auto write = [&](const std::string& line) { file.write((line + '\n').c_str()); };
  write(to_json_line(reports::Environment{"invented", {{"note", "invented numbers"}}}));
  for (int i = 0; i < cases; ++i) write(to_json_line(invented_record(i % variants, 64 * (1 + i / variants), samples)));
  if (!file.commit())
    throw std::runtime_error(path.toStdString() + ": cannot be written (" + file.errorString().toStdString() + ")");
}

}  // namespace attnscope::gui::bench
