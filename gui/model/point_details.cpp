#include "gui/model/point_details.h"

#include <QCoreApplication>
#include <algorithm>
#include <array>

#include "gui/model/series.h"
#include "gui/plot/quantity.h"
#include "reports/markdown.h"

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::PointDetails)
};

QString from_view(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

struct Row {
  const char* label;
  std::string_view column;
};

// Columns shown one by one, between status, time and the rest.
constexpr std::array before_time{
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Parameters"), "params"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Mode"), "mode"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Scope"), "scope"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Device"), "device"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Data type"), "dtype"},
};
constexpr std::array after_time{
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Samples"), "samples"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Noise (IQR/median)"), "rel_noise"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Peak memory"), "peak_memory_bytes"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Predicted peak"), "peak_memory_predicted_bytes"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Work"), "flops_model"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Traffic"), "bytes_model"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Rate"), "flop_per_s"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Throughput"), "tokens_per_s"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Share of ceiling"), "roofline_frac"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Validated"), "validated"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Error vs exact"), "approx_err_vs_exact"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Kernels"), "impl"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Batch"), "batch"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Heads"), "heads"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Head width"), "head_dim"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Threads"), "threads"},
    Row{QT_TRANSLATE_NOOP("model::PointDetails", "Measure again"), "repro"},
};

void add_column(std::vector<Detail>& details, const reports::Record& record, const Row& row) {
  const reports::Column* column = reports::find_column(row.column);
  if (!column) return;
  const auto number = reports::number(record, *column);
  const QString value = QString::fromStdString(number ? reports::format_quantity(*number, column->unit)
                                                      : reports::format_value(record, *column));
  if (!value.isEmpty()) details.push_back({Words::tr(row.label), value, from_view(column->meaning)});
}

QString time_text(double nanoseconds) { return plot::format_quantity(plot::Quantity::time_ns, nanoseconds); }

void add_time(std::vector<Detail>& details, const reports::Record& record) {
  if (record.time_median_ns) details.push_back({Words::tr("Median time"), time_text(*record.time_median_ns), {}});
  if (record.time_ci_lo_ns && record.time_ci_hi_ns) {
    details.push_back({Words::tr("95 % interval"),
                       time_text(*record.time_ci_lo_ns) + QStringLiteral(" – ") + time_text(*record.time_ci_hi_ns),
                       Words::tr("Interval of the median, without assuming a distribution.")});
  }
  if (record.time_p05_ns && record.time_p95_ns) {
    details.push_back({Words::tr("5th – 95th percentile"),
                       time_text(*record.time_p05_ns) + QStringLiteral(" – ") + time_text(*record.time_p95_ns),
                       Words::tr("Nine of ten samples lie between these.")});
  }
}

}  // namespace

QString details_title(const reports::Record& record) {
  const auto n = sequence_length(record);
  const QString variant = QString::fromStdString(record.variant);
  return n ? Words::tr("%1, N = %2").arg(variant, plot::format_quantity(plot::Quantity::count, *n)) : variant;
}

std::vector<Detail> point_details(const LoadedRun& run, const reports::Record& record) {
  std::vector<Detail> details;
  details.push_back({Words::tr("Status"), from_view(reports::to_string(record.status)), {}});
  if (!record.status_reason.empty())
    details.push_back({Words::tr("Reason"), QString::fromStdString(record.status_reason), {}});
  for (const Row& row : before_time) add_column(details, record, row);
  add_time(details, record);
  for (const Row& row : after_time) add_column(details, record, row);
  details.push_back({Words::tr("Run"), run.name, run.path});
  return details;
}

bool DetailRow::differs() const {
  return std::any_of(values.begin(), values.end(), [&](const QString& value) { return value != values.front(); });
}

std::vector<DetailRow> compared_details(std::span<const ComparedCaseKey> cases) {
  std::vector<DetailRow> rows;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto place = rows.begin();  // labels of a case follow each other in the same order everywhere
    for (const Detail& detail : point_details(*cases[i].run, *cases[i].record)) {
      auto row = std::find_if(rows.begin(), rows.end(), [&](const DetailRow& r) { return r.label == detail.label; });
      if (row == rows.end())
        row = rows.insert(place, {detail.label, detail.explanation, QStringList(static_cast<qsizetype>(cases.size()))});
      row->values[static_cast<qsizetype>(i)] = detail.value;
      place = row + 1;
    }
  }
  return rows;
}

QString card_text(const reports::ModelCard& card) {
  const auto plain = [](const std::string& text) { return QString::fromStdString(text).toHtmlEscaped(); };
  QString source = QStringLiteral("%1, %2").arg(plain(card.authors)).arg(card.year);
  if (!card.arxiv.empty()) {
    const QString number = plain(card.arxiv);
    source += QStringLiteral(", <a href=\"https://arxiv.org/abs/%1\">arXiv %1</a>").arg(number);
  }
  return QStringLiteral("<p><b>%1</b><br>%2</p><p>%3</p><p>%4</p>")
      .arg(plain(card.title), source,
           Words::tr("Class %1; claimed complexity %2").arg(plain(card.survey_class), plain(card.complexity)),
           plain(card.summary));
}

}  // namespace attnscope::gui::model
