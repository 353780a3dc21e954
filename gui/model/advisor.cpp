#include "gui/model/advisor.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <algorithm>
#include <cmath>
#include <map>

#include "gui/model/case_axis.h"
#include "gui/model/status_text.h"
#include "gui/plot/quantity.h"
#include "gui/plot/scene.h"
#include "reports/advice.h"
#include "reports/curve.h"
#include "reports/filter.h"

namespace attnscope::gui::model {
namespace {

using reports::Record;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::Advisor)
};

QString from_view(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

QString length_text(double n) { return plot::format_tick(plot::Quantity::count, n); }

bool concerns(const Record& record, const AdvisorQuestion& question) {
  return record.mode == question.mode.toStdString() && record.device == question.device.toStdString() &&
         record.dtype == question.dtype.toStdString() && record.causal.value_or(0) == (question.causal ? 1 : 0) &&
         model::sequence_length(record).has_value();
}

// Linear between the logarithms of the two neighbours; the nearest value beyond them.
double between(const std::map<double, double>& values, double n) {
  const auto above = values.lower_bound(n);
  if (above == values.end()) return values.rbegin()->second;
  if (above == values.begin() || above->first == n) return above->second;
  const auto below = std::prev(above);
  const double share = std::log(n / below->first) / std::log(above->first / below->first);
  return std::exp(std::lerp(std::log(std::max(1.0, below->second)), std::log(std::max(1.0, above->second)), share));
}

std::map<double, double> memory_at(const reports::Curve& curve, reports::OptionalNumber<std::int64_t> Record::*bytes) {
  std::map<double, double> values;
  for (const reports::CurvePoint& point : curve.points)
    values[point.n] = static_cast<double>((point.record->*bytes).value_or(0));
  return values;
}

// The case of this curve at the asked length, with no time of its own.
reports::Candidate candidate_of(const reports::Curve& curve, const AdvisorQuestion& question) {
  const Record& first = *curve.first;
  reports::Candidate candidate;
  Record& forecast = candidate.forecast;
  // What names the case is kept, what was measured of it is not.
  forecast = first;
  for (const reports::Column& column : reports::columns()) {
    if (column.better == reports::Better::none) continue;
    if (const auto* real = std::get_if<reports::OptionalNumber<double> Record::*>(&column.member))
      (forecast.*(*real)).reset();
    if (const auto* whole = std::get_if<reports::OptionalNumber<std::int64_t> Record::*>(&column.member))
      (forecast.*(*whole)).reset();
  }
  forecast.status = reports::Status::ok;
  forecast.seq_q = first.mode == "decode" ? first.seq_q : reports::OptionalNumber(question.length);
  forecast.seq_k = question.length;
  const auto n = static_cast<double>(question.length);
  forecast.peak_memory_predicted_bytes =
      static_cast<std::int64_t>(between(memory_at(curve, &Record::peak_memory_bytes), n));
  candidate.arguments_bytes = static_cast<std::int64_t>(between(memory_at(curve, &Record::mem_io_bytes), n));
  return candidate;
}

// Why the curve says nothing about the length; "" when it does.
QString refusal_of(const reports::Curve& curve, double n) {
  for (const Record* hole : curve.holes) {
    if (model::sequence_length(*hole) == n) return status_reason(*hole);
  }
  if (curve.points.empty()) return Words::tr("not measured at any length");
  const double from = curve.points.front().n, to = curve.points.back().n;
  if (n >= from && n <= to) return {};
  return Words::tr("measured from %1 to %2 only").arg(length_text(from), length_text(to));
}

std::optional<PointKey> nearest_case(std::span<const LoadedRun> runs, const AdvisorQuestion& question,
                                     const QString& variant, const QString& params) {
  std::optional<PointKey> nearest;
  double least = plot::unbounded;
  for (const LoadedRun& run : runs) {
    for (std::size_t i = 0; i < run.run.records.size(); ++i) {
      const Record& record = run.run.records[i];
      if (record.variant != variant.toStdString() || record.params != params.toStdString()) continue;
      if (!concerns(record, question) || !reports::has_measurement(record.status)) continue;
      const double distance =
          std::abs(std::log(*model::sequence_length(record) / static_cast<double>(question.length)));
      if (distance >= least) continue;
      least = distance;
      nearest = PointKey{run.id, static_cast<int>(i)};
    }
  }
  return nearest;
}

QString headline_of(const AdvisorAnswer& answer) {
  if (answer.ranked.empty()) return Words::tr("No variant fits the question.");
  const AdvisorEntry& best = answer.ranked.front();
  const QString memory = plot::format_quantity(plot::Quantity::bytes, static_cast<double>(best.memory_bytes));
  if (!best.time_ns) return Words::tr("%1: time unknown, %2").arg(best.variant, memory);
  return Words::tr("%1: %2 (%3), %4")
      .arg(best.variant, plot::format_quantity(plot::Quantity::time_ns, *best.time_ns), best.source, memory);
}

}  // namespace

std::optional<std::int64_t> parse_length(const QString& text) {
  const auto length = reports::parse_count(text.trimmed().toStdString());
  return length && *length > 0 ? length : std::nullopt;
}

std::optional<std::int64_t> parse_memory(const QString& text) {
  static const QRegularExpression pattern(QStringLiteral("^\\s*(\\d+(?:\\.\\d+)?)\\s*([kmgt]?)(?:i?b)?\\s*$"),
                                          QRegularExpression::CaseInsensitiveOption);
  const QRegularExpressionMatch match = pattern.match(text);
  if (!match.hasMatch()) return std::nullopt;
  const QString prefix = match.captured(2).toLower();
  const int power = prefix.isEmpty() ? 0 : 1 + static_cast<int>(QStringLiteral("kmgt").indexOf(prefix));
  const double bytes = match.captured(1).toDouble() * std::pow(1024.0, power);
  return bytes >= 1 && bytes < 9e18 ? std::optional(static_cast<std::int64_t>(bytes)) : std::nullopt;
}

AdvisorAnswer advise_from_runs(std::span<const LoadedRun> runs, const AdvisorQuestion& question) {
  std::vector<Record> records;
  for (const LoadedRun& run : runs) {
    for (const Record& record : run.run.records) {
      if (concerns(record, question)) records.push_back(record);
    }
  }
  AdvisorAnswer answer;
  answer.origin = Words::tr("From the loaded runs alone: variants outside their measured lengths are left out.");
  std::vector<reports::Candidate> candidates;
  const auto exclude = [&](const std::string& variant, const std::string& params, const QString& reason) {
    answer.excluded.push_back({QString::fromStdString(variant), QString::fromStdString(params), reason});
  };
  const auto n = static_cast<double>(question.length);
  for (const reports::Curve& curve : reports::make_curves(records, *reports::find_column("time_median_ns"))) {
    const QString refusal = refusal_of(curve, n);
    if (refusal.isEmpty()) {
      candidates.push_back(candidate_of(curve, question));
    } else {
      exclude(curve.first->variant, curve.first->params, refusal);
    }
  }
  const reports::Advice advice = reports::advise(candidates, records, question.memory_bytes);
  for (const reports::Recommendation& r : advice.ranked) {
    AdvisorEntry entry;
    entry.variant = QString::fromStdString(r.record.variant);
    entry.params = QString::fromStdString(r.record.params);
    entry.time_ns = r.time_ns;
    entry.is_lower_bound = reports::is_lower_bound(r.source);
    entry.source = from_view(reports::to_string(r.source));
    entry.basis = QString::fromStdString(r.basis);
    entry.memory_bytes = r.memory_bytes;
    entry.memory_source = r.memory_measured ? Words::tr("measured") : Words::tr("interpolated");
    entry.key = nearest_case(runs, question, entry.variant, entry.params);
    answer.ranked.push_back(std::move(entry));
  }
  for (const reports::Exclusion& exclusion : advice.excluded)
    exclude(exclusion.variant, exclusion.params, QString::fromStdString(exclusion.reason));
  answer.headline = headline_of(answer);
  return answer;
}

QStringList advise_arguments(std::span<const LoadedRun> runs, const AdvisorQuestion& question) {
  QStringList arguments{QStringLiteral("advise"),
                        QStringLiteral("--json"),
                        QStringLiteral("--quiet"),
                        QStringLiteral("--seq-len"),
                        QString::number(question.length),
                        QStringLiteral("--mode"),
                        question.mode,
                        QStringLiteral("--device"),
                        question.device,
                        QStringLiteral("--dtype"),
                        question.dtype};
  if (question.memory_bytes) arguments << QStringLiteral("--memory") << QString::number(*question.memory_bytes);
  if (question.causal) arguments << QStringLiteral("--causal");
  const Record* example = nullptr;
  for (const LoadedRun& run : runs) {
    for (const Record& record : run.run.records) {
      if (!example && concerns(record, question)) example = &record;
    }
  }
  if (example) {
    arguments << QStringLiteral("--scope") << QString::fromStdString(example->scope);
    const auto add = [&](const char* option, const std::optional<std::int64_t>& value) {
      if (value) arguments << QLatin1String(option) << QString::number(*value);
    };
    add("--heads", example->heads);
    add("--head-dim", example->head_dim);
    add("--batch", example->batch);
    add("--threads", example->threads);
  }
  arguments << QStringLiteral("--runs");
  for (const LoadedRun& run : runs) arguments << run.path;
  return arguments;
}

std::optional<AdvisorAnswer> advice_from_json(const QByteArray& output, std::span<const LoadedRun> runs,
                                              const AdvisorQuestion& question) {
  const QJsonObject object = QJsonDocument::fromJson(output).object();
  if (!object.value(QLatin1String("ranked")).isArray()) return std::nullopt;
  AdvisorAnswer answer;
  QStringList names;
  for (const QJsonValue& name : object.value(QLatin1String("runs")).toArray()) names << name.toString();
  answer.origin = Words::tr("%1. Times from %2; what was not measured is predicted by attnscope.")
                      .arg(object.value(QLatin1String("question")).toString(), names.join(QStringLiteral(", ")));
  const auto text = [](const QJsonObject& from, const char* key) { return from.value(QLatin1String(key)).toString(); };
  for (const QJsonValue& value : object.value(QLatin1String("ranked")).toArray()) {
    const QJsonObject ranked = value.toObject();
    AdvisorEntry entry;
    entry.variant = text(ranked, "variant");
    entry.params = text(ranked, "params");
    const QJsonValue time = ranked.value(QLatin1String("time_ns"));
    if (time.isDouble()) entry.time_ns = time.toDouble();
    entry.source = text(ranked, "time_source");
    entry.is_lower_bound = entry.source == from_view(reports::to_string(reports::TimeSource::ceiling));
    entry.basis = text(ranked, "time_basis");
    entry.memory_bytes = ranked.value(QLatin1String("memory_bytes")).toInteger();
    entry.memory_source = text(ranked, "memory_source");
    entry.key = nearest_case(runs, question, entry.variant, entry.params);
    answer.ranked.push_back(std::move(entry));
  }
  for (const QJsonValue& value : object.value(QLatin1String("excluded")).toArray()) {
    const QJsonObject excluded = value.toObject();
    answer.excluded.push_back({text(excluded, "variant"), text(excluded, "params"), text(excluded, "reason")});
  }
  answer.headline = headline_of(answer);
  return answer;
}

}  // namespace attnscope::gui::model
