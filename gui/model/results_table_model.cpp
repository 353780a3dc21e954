#include "gui/model/results_table_model.h"

#include <QCoreApplication>
#include <QFont>
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "gui/model/series.h"
#include "gui/plot/quantity.h"

namespace attnscope::gui::model {
namespace {

struct ColumnSpec {
  const char* header;
  std::string_view record_column;  // its meaning is the header's tooltip
  plot::Quantity quantity;         // of numbers
  bool is_number;
};

// In the order of ResultsTableModel::Column.
constexpr std::array<ColumnSpec, ResultsTableModel::column_count> specs{{
    {QT_TRANSLATE_NOOP("Results", "Variant"), "variant", plot::Quantity::plain, false},
    {QT_TRANSLATE_NOOP("Results", "Parameters"), "params", plot::Quantity::plain, false},
    {QT_TRANSLATE_NOOP("Results", "Mode"), "mode", plot::Quantity::plain, false},
    {QT_TRANSLATE_NOOP("Results", "Device"), "device", plot::Quantity::plain, false},
    {QT_TRANSLATE_NOOP("Results", "Type"), "dtype", plot::Quantity::plain, false},
    {QT_TRANSLATE_NOOP("Results", "N"), "seq_q", plot::Quantity::count, true},
    {QT_TRANSLATE_NOOP("Results", "Time"), "time_median_ns", plot::Quantity::time_ns, true},
    {QT_TRANSLATE_NOOP("Results", "95 % from"), "time_ci_lo_ns", plot::Quantity::time_ns, true},
    {QT_TRANSLATE_NOOP("Results", "to"), "time_ci_hi_ns", plot::Quantity::time_ns, true},
    {QT_TRANSLATE_NOOP("Results", "Peak memory"), "peak_memory_bytes", plot::Quantity::bytes, true},
    {QT_TRANSLATE_NOOP("Results", "FLOPs"), "flops_model", plot::Quantity::flop, true},
    {QT_TRANSLATE_NOOP("Results", "Status"), "status", plot::Quantity::plain, false},
    {QT_TRANSLATE_NOOP("Results", "Run"), "", plot::Quantity::plain, false},
}};

const ColumnSpec& spec_of(int column) { return specs[static_cast<std::size_t>(column)]; }

std::optional<double> number_in(const reports::Record& record, int column) {
  if (column == ResultsTableModel::length) return sequence_length(record);
  const reports::Column* found = reports::find_column(spec_of(column).record_column);
  return found ? reports::number(record, *found) : std::nullopt;
}

QString text_in(const reports::Record& record, const LoadedRun& run, int column) {
  if (column == ResultsTableModel::run) return run.name;
  const reports::Column* found = reports::find_column(spec_of(column).record_column);
  return found ? QString::fromStdString(reports::format_value(record, *found)) : QString();
}

}  // namespace

ResultsTableModel::ResultsTableModel(const RunStore& store, QObject* parent)
    : QAbstractTableModel(parent), store_(store) {
  connect(&store, &RunStore::runs_changed, this, &ResultsTableModel::reload);
  reload();
}

void ResultsTableModel::reload() {
  beginResetModel();
  keys_.clear();
  for (const LoadedRun& run : store_.runs()) {
    for (std::size_t i = 0; i < run.run.records.size(); ++i) keys_.push_back({run.id, static_cast<int>(i)});
  }
  endResetModel();
}

int ResultsTableModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(keys_.size());
}

int ResultsTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : column_count; }

QVariant ResultsTableModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const PointKey key = key_at(index.row());
  if (role == key_role) return QVariant::fromValue<qulonglong>(key.packed());
  const reports::Record* record = store_.find_record(key);
  const LoadedRun* run = store_.find_run(key.run);
  if (!record || !run) return {};
  const ColumnSpec& spec = spec_of(index.column());
  switch (role) {
    case Qt::DisplayRole: {
      if (!spec.is_number) return text_in(*record, *run, index.column());
      const auto number = number_in(*record, index.column());
      return number ? plot::format_quantity(spec.quantity, *number) : QString();
    }
    case sort_role: {
      if (!spec.is_number) return text_in(*record, *run, index.column());
      // Cases without a value sort before all others, as one block.
      return number_in(*record, index.column()).value_or(-1);
    }
    case Qt::ToolTipRole:
      if (index.column() == params) return QString::fromStdString(record->params);
      return index.column() == status && !record->status_reason.empty() ? QString::fromStdString(record->status_reason)
                                                                        : QVariant();
    case Qt::FontRole: {
      if (key != highlighted_ && record->variant != highlighted_variant_) return {};
      QFont font;
      font.setBold(true);
      return font;
    }
    case Qt::TextAlignmentRole:
      return spec.is_number ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant();
    default:
      return {};
  }
}

QVariant ResultsTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || section < 0 || section >= column_count) return {};
  const ColumnSpec& spec = spec_of(section);
  if (role == Qt::DisplayRole) return QCoreApplication::translate("Results", spec.header);
  if (role == Qt::ToolTipRole && !spec.record_column.empty()) {
    const reports::Column* column = reports::find_column(spec.record_column);
    if (column) return QString::fromUtf8(column->meaning.data(), static_cast<qsizetype>(column->meaning.size()));
  }
  return {};
}

void ResultsTableModel::set_highlighted(std::optional<PointKey> key) {
  if (key == highlighted_) return;
  const auto before = std::exchange(highlighted_, key);
  for (const auto& changed : {before, key}) {
    const int row = changed ? row_of(*changed) : -1;
    if (row >= 0) emit dataChanged(index(row, 0), index(row, column_count - 1), {Qt::FontRole});
  }
}

void ResultsTableModel::set_highlighted_variant(const QString& variant) {
  if (variant.toStdString() == highlighted_variant_) return;
  highlighted_variant_ = variant.toStdString();
  if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, column_count - 1), {Qt::FontRole});
}

int ResultsTableModel::row_of(PointKey key) const {
  const auto found = std::lower_bound(keys_.begin(), keys_.end(), key);
  return found != keys_.end() && *found == key ? static_cast<int>(found - keys_.begin()) : -1;
}

ResultsProxyModel::ResultsProxyModel(const RunStore& store, const FilterState& filter, QObject* parent)
    : QSortFilterProxyModel(parent), store_(store), filter_(filter) {
  setSortRole(ResultsTableModel::sort_role);
  connect(&filter, &FilterState::changed, this, [this] { invalidateRowsFilter(); });
}

// The order that is shown first, without making texts for every comparison.
bool ResultsProxyModel::lessThan(const QModelIndex& left, const QModelIndex& right) const {
  if (left.column() != ResultsTableModel::variant) return QSortFilterProxyModel::lessThan(left, right);
  const auto* rows = static_cast<const ResultsTableModel*>(sourceModel());
  const reports::Record* first = store_.find_record(rows->key_at(left.row()));
  const reports::Record* second = store_.find_record(rows->key_at(right.row()));
  return first && second && first->variant < second->variant;
}

bool ResultsProxyModel::filterAcceptsRow(int source_row, const QModelIndex&) const {
  const PointKey key = static_cast<const ResultsTableModel*>(sourceModel())->key_at(source_row);
  const LoadedRun* run = store_.find_run(key.run);
  const reports::Record* record = store_.find_record(key);
  return run && record && filter_.visibility().shows(*run, *record);
}

}  // namespace attnscope::gui::model
