#include "gui/model/case_axis.h"

#include <QCoreApplication>
#include <QStringList>
#include <array>
#include <map>
#include <set>

namespace attnscope::gui::model {
namespace {

using reports::Record;

const QString parameter_prefix = QStringLiteral("params.");

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::CaseAxis)
};

// The columns that describe a case rather than what was measured of it. Lengths are left out: they are the first axis.
constexpr std::array<std::string_view, 6> case_columns{"batch",    "heads",     "kv_heads",
                                                       "head_dim", "value_dim", "threads"};

plot::Quantity quantity_of(reports::Unit unit) {
  using plot::Quantity;
  using reports::Unit;
  switch (unit) {
    case Unit::count:
      return Quantity::count;
    case Unit::nanoseconds:
      return Quantity::time_ns;
    case Unit::bytes:
      return Quantity::bytes;
    case Unit::flop:
      return Quantity::flop;
    case Unit::hertz:
    case Unit::flop_per_second:
    case Unit::bytes_per_second:
    case Unit::tokens_per_second:
      return Quantity::per_second;
    default:
      return Quantity::plain;
  }
}

}  // namespace

std::optional<double> sequence_length(const Record& record) {
  const auto& length = record.mode == "decode" && record.seq_k ? record.seq_k : record.seq_q;
  return length ? std::optional(static_cast<double>(*length)) : std::nullopt;
}

std::optional<CaseAxis> CaseAxis::find(const QString& name) {
  CaseAxis axis;
  const std::string spelled = name.toStdString();
  if (name.isEmpty() || reports::canonical_axis(spelled) == "seq_q") return axis;
  try {
    axis.field_ = reports::filtering::Field::resolve(spelled, 0);
  } catch (const reports::FilterError&) {
    return std::nullopt;
  }
  return axis.field_->may_be_number() ? std::optional(axis) : std::nullopt;
}

QString CaseAxis::id() const { return field_ ? QString::fromStdString(field_->name()) : QStringLiteral("n"); }

QString CaseAxis::parameter() const {
  return id().startsWith(parameter_prefix) ? id().mid(parameter_prefix.size()) : QString();
}

QString CaseAxis::name() const {
  if (is_length()) return Words::tr("sequence length");
  const QString name = parameter().isEmpty() ? id() : parameter();
  return QString(name).replace(QLatin1Char('_'), QLatin1Char(' '));
}

QString CaseAxis::title() const { return is_length() ? Words::tr("sequence length N (tokens)") : name(); }

plot::Quantity CaseAxis::quantity() const {
  const reports::Column* column = field_ ? reports::find_column(field_->name()) : nullptr;
  return column ? quantity_of(column->unit) : plot::Quantity::count;
}

std::optional<double> CaseAxis::value(const Record& record) const {
  if (is_length()) return sequence_length(record);
  const auto number = field_->number(record);
  return number ? std::optional(number->real) : std::nullopt;
}

QString CaseAxis::text(const Record& record) const {
  const auto number = value(record);
  if (!number) return {};
  return (is_length() ? QStringLiteral("N") : name()) + QLatin1Char(' ') + plot::format_tick(quantity(), *number);
}

std::vector<CaseAxis> varying_axes(std::span<const LoadedRun> runs, const Visibility& visibility) {
  std::map<std::string, std::vector<const Record*>> by_variant;
  for (const LoadedRun& run : runs) {
    for (const Record& record : run.run.records) {
      if (visibility.accepts(run, record)) by_variant[record.variant].push_back(&record);
    }
  }
  std::set<QString> parameters;
  for (const auto& [variant, records] : by_variant) {
    std::set<std::string> seen;  // most records of a variant share their parameters
    for (const Record* record : records) {
      if (!seen.insert(record->params).second) continue;
      for (const QString& entry : QString::fromStdString(record->params).split(QLatin1Char(';'), Qt::SkipEmptyParts)) {
        parameters.insert(parameter_prefix + entry.section(QLatin1Char('='), 0, 0));
      }
    }
  }
  QStringList names;
  for (const std::string_view column : case_columns) names << QString::fromLatin1(column.data(), column.size());
  for (const QString& parameter : parameters) names << parameter;

  std::vector<CaseAxis> axes{CaseAxis()};
  for (const QString& name : names) {
    const auto axis = CaseAxis::find(name);
    const bool varies = axis && std::any_of(by_variant.begin(), by_variant.end(), [&](const auto& variant) {
                          std::optional<double> first;
                          return std::any_of(variant.second.begin(), variant.second.end(), [&](const Record* record) {
                            const auto value = axis->value(*record);
                            if (!first) first = value;
                            return value && *value != *first;
                          });
                        });
    if (varies) axes.push_back(*axis);
  }
  return axes;
}

}  // namespace attnscope::gui::model
