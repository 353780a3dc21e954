#include "gui/model/metric.h"

#include <QCoreApplication>
#include <array>

namespace attnscope::gui::model {
namespace {

using plot::Quantity;
using plot::Scale;

constexpr std::array table{
    Metric{"time", QT_TRANSLATE_NOOP("Metric", "Time"), QT_TRANSLATE_NOOP("Metric", "wall time per call (median)"),
           "time_median_ns", "time_ci_lo_ns", "time_ci_hi_ns", "time_p05_ns", "time_p95_ns", Quantity::time_ns,
           Scale::log10},
    Metric{"memory", QT_TRANSLATE_NOOP("Metric", "Peak memory"), QT_TRANSLATE_NOOP("Metric", "peak memory (bytes)"),
           "peak_memory_bytes", "", "", "", "", Quantity::bytes, Scale::log2},
    Metric{"flops", QT_TRANSLATE_NOOP("Metric", "FLOPs"),
           QT_TRANSLATE_NOOP("Metric", "work per call (FLOP as implemented)"), "flops_model", "", "", "", "",
           Quantity::flop, Scale::log10},
    Metric{"bytes", QT_TRANSLATE_NOOP("Metric", "Memory traffic"),
           QT_TRANSLATE_NOOP("Metric", "memory traffic per call (bytes)"), "bytes_model", "", "", "", "",
           Quantity::bytes, Scale::log2},
    Metric{"tokens", QT_TRANSLATE_NOOP("Metric", "Throughput"), QT_TRANSLATE_NOOP("Metric", "throughput (tokens/s)"),
           "tokens_per_s", "", "", "", "", Quantity::per_second, Scale::log10},
};

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

}  // namespace attnscope::gui::model
