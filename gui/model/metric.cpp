#include "gui/model/metric.h"

#include <QCoreApplication>
#include <array>
#include <utility>

#include "reports/metric.h"

namespace attnscope::gui::model {
namespace {

using plot::Quantity;
using plot::Scale;

constexpr std::array table{
    Metric{"time", QT_TRANSLATE_NOOP("Metric", "Time"), QT_TRANSLATE_NOOP("Metric", "wall time per call (median)"),
           "time_median_ns", Quantity::time_ns, Scale::log10, 0, true},
    Metric{"memory", QT_TRANSLATE_NOOP("Metric", "Peak memory"), QT_TRANSLATE_NOOP("Metric", "peak memory (bytes)"),
           "peak_memory_bytes", Quantity::bytes, Scale::log2},
    Metric{"predicted_memory", QT_TRANSLATE_NOOP("Metric", "Predicted memory"),
           QT_TRANSLATE_NOOP("Metric", "predicted peak memory (bytes)"), "peak_memory_predicted_bytes", Quantity::bytes,
           Scale::log2},
    Metric{"resident_memory", QT_TRANSLATE_NOOP("Metric", "Resident memory"),
           QT_TRANSLATE_NOOP("Metric", "growth of resident memory (bytes)"), "mem_peak_rss_bytes", Quantity::bytes,
           Scale::log2},
    Metric{"flops", QT_TRANSLATE_NOOP("Metric", "FLOPs"),
           QT_TRANSLATE_NOOP("Metric", "work per call (FLOP as implemented)"), "flops_model", Quantity::flop,
           Scale::log10, 0, true},
    Metric{"measured_flops", QT_TRANSLATE_NOOP("Metric", "Measured FLOPs"),
           QT_TRANSLATE_NOOP("Metric", "work per call (FLOP counted by hardware)"), "flops_measured", Quantity::flop,
           Scale::log10, 0, true},
    Metric{"bytes", QT_TRANSLATE_NOOP("Metric", "Memory traffic"),
           QT_TRANSLATE_NOOP("Metric", "memory traffic per call (bytes)"), "bytes_model", Quantity::bytes, Scale::log2},
    Metric{"measured_bytes", QT_TRANSLATE_NOOP("Metric", "Measured traffic"),
           QT_TRANSLATE_NOOP("Metric", "memory traffic per call (bytes counted by hardware)"), "bytes_measured",
           Quantity::bytes, Scale::log2},
    Metric{"tokens", QT_TRANSLATE_NOOP("Metric", "Throughput"), QT_TRANSLATE_NOOP("Metric", "throughput (tokens/s)"),
           "tokens_per_s", Quantity::per_second, Scale::log10},
    Metric{"time_per_token", QT_TRANSLATE_NOOP("Metric", "Time per token"),
           QT_TRANSLATE_NOOP("Metric", "wall time per token (median)"), "tokens_per_s", Quantity::time_ns, Scale::log10,
           1e9, false, QT_TRANSLATE_NOOP("Metric", "1 / tokens_per_s: the median time over the tokens of one call.")},
    Metric{"flop_rate", QT_TRANSLATE_NOOP("Metric", "FLOP rate"), QT_TRANSLATE_NOOP("Metric", "rate (FLOP/s)"),
           "flop_per_s", Quantity::per_second, Scale::log10},
    Metric{"intensity", QT_TRANSLATE_NOOP("Metric", "Arithmetic intensity"),
           QT_TRANSLATE_NOOP("Metric", "arithmetic intensity (FLOP/byte)"), "arithmetic_intensity", Quantity::plain,
           Scale::log2},
    Metric{"roofline", QT_TRANSLATE_NOOP("Metric", "Share of roofline"),
           QT_TRANSLATE_NOOP("Metric", "share of the attainable rate"), "roofline_frac", Quantity::plain, Scale::log2},
    Metric{"error", QT_TRANSLATE_NOOP("Metric", "Error against exact"),
           QT_TRANSLATE_NOOP("Metric", "error against exact attention"), "approx_err_vs_exact", Quantity::plain,
           Scale::log10},
    Metric{"power", QT_TRANSLATE_NOOP("Metric", "Power"), QT_TRANSLATE_NOOP("Metric", "mean power (W)"), "power_mean_w",
           Quantity::plain, Scale::linear},
};

// Looked up once: charts ask for every value of every case.
const reports::Column& column_of(const Metric& metric) {
  static const auto columns = [] {
    std::array<const reports::Column*, table.size()> found{};
    for (std::size_t i = 0; i < table.size(); ++i) found[i] = reports::find_column(table[i].column);
    return found;
  }();
  return *columns[static_cast<std::size_t>(&metric - table.data())];
}

}  // namespace

std::span<const Metric> metrics() { return table; }

const Metric* find_metric(const QString& id) {
  for (const Metric& metric : table) {
    if (id == QLatin1String(metric.id)) return &metric;
  }
  return nullptr;
}

QStringList metric_ids() {
  QStringList ids;
  for (const Metric& metric : table) ids << QLatin1String(metric.id);
  return ids;
}

QString metric_formula(const Metric& metric) {
  if (metric.formula) return QCoreApplication::translate("Metric", metric.formula);
  const std::string_view meaning = column_of(metric).meaning;
  return QString::fromUtf8(meaning.data(), static_cast<qsizetype>(meaning.size()));
}

bool high_is_better(const Metric& metric) {
  return (column_of(metric).better == reports::Better::higher) != (metric.reciprocal_of != 0);
}

std::optional<double> metric_value(const Metric& metric, const reports::Record& record) {
  const auto value = reports::number(record, column_of(metric));
  if (!value || metric.reciprocal_of == 0) return value;
  return *value > 0 ? std::optional(metric.reciprocal_of / *value) : std::nullopt;
}

std::optional<plot::Range> metric_interval(const Metric& metric, const reports::Record& record, IntervalSource source) {
  using reports::Repeatability;
  const bool spread = source == IntervalSource::spread;
  const auto& lo = spread ? record.time_p05_ns : record.time_ci_lo_ns;
  const auto& hi = spread ? record.time_p95_ns : record.time_ci_hi_ns;
  const auto value = metric_value(metric, record);
  const auto& time = record.time_median_ns;
  const Repeatability repeats = reports::repeatability(column_of(metric));
  if (!lo || !hi || !value || !time || *lo <= 0 || *time <= 0) return std::nullopt;
  if (repeats != Repeatability::timed && repeats != Repeatability::inverse_timed) return std::nullopt;
  const bool grows_with_time = (repeats == Repeatability::timed) == (metric.reciprocal_of == 0);
  return grows_with_time ? plot::Range{*value * (*lo / *time), *value * (*hi / *time)}
                         : plot::Range{*value * (*time / *hi), *value * (*time / *lo)};
}

std::span<const double> metric_samples(const Metric& metric, const reports::Record& record) {
  if (reports::repeatability(column_of(metric)) != reports::Repeatability::timed) return {};
  return record.samples_ns;
}

}  // namespace attnscope::gui::model
