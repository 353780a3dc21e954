#include "gui/model/facet_model.h"

#include <QFont>
#include <QPainter>
#include <QPixmap>
#include <algorithm>
#include <map>

#include "gui/plot/marker.h"

namespace attnscope::gui::model {
namespace {

// A group's index carries this id, a value's index the row of its group.
constexpr quintptr group_id = ~quintptr{0};

QPixmap chip(const QColor& color, plot::Marker marker, const QColor& rim) {
  constexpr int size = 14;
  constexpr double ratio = 2;  // sharp on high-density screens
  QPixmap pixmap(QSize(size, size) * ratio);
  pixmap.setDevicePixelRatio(ratio);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(color, 2));
  painter.drawLine(QLineF(0, size / 2.0, size, size / 2.0));
  painter.setPen(QPen(rim, 0.6));
  painter.setBrush(color);
  painter.drawPath(plot::marker_path(marker, QPointF(size / 2.0, size / 2.0), 4));
  return pixmap;
}

}  // namespace

FacetModel::FacetModel(const RunStore& store, FilterState& filter, const StyleBook& styles, QObject* parent)
    : QAbstractItemModel(parent), store_(store), filter_(filter), styles_(styles), theme_(plot::Theme::light()) {
  connect(&filter, &FilterState::changed, this, &FacetModel::announce_checks);
  connect(&store, &RunStore::runs_changed, this, &FacetModel::reload);
  reload();
}

void FacetModel::set_theme(const plot::Theme& theme) {
  theme_ = theme;
  announce_checks();
}

void FacetModel::reload() {
  beginResetModel();
  groups_.clear();
  for (const Facet facet : all_facets) {
    std::map<QString, int> counts;
    for (const LoadedRun& run : store_.runs()) {
      for (const reports::Record& record : run.run.records) ++counts[facet_value(run, record, facet)];
    }
    // A single device needs no switch; the variants are always listed, for their colours.
    if (counts.size() < (facet == Facet::variant ? 1u : 2u)) continue;
    Group group{facet, {}};
    for (const auto& [text, count] : counts) group.values.push_back({text, count});
    groups_.push_back(std::move(group));
  }
  endResetModel();
}

const FacetModel::Group* FacetModel::group_of(const QModelIndex& index) const {
  return index.isValid() && index.internalId() != group_id ? &groups_[index.internalId()] : nullptr;
}

QStringList FacetModel::values_of(Facet facet) const {
  QStringList values;
  for (const Group& group : groups_) {
    if (group.facet != facet) continue;
    for (const Value& value : group.values) values << value.text;
  }
  return values;
}

void FacetModel::isolate(const QModelIndex& index) {
  if (const Group* group = group_of(index))
    isolate(group->facet, group->values[static_cast<std::size_t>(index.row())].text);
}

void FacetModel::isolate(Facet facet, const QString& value) { filter_.isolate(facet, value, values_of(facet)); }

void FacetModel::set_highlighted(const QString& variant) {
  if (variant == highlighted_) return;
  const QModelIndex before = index_of(Facet::variant, highlighted_);
  highlighted_ = variant;
  for (const QModelIndex& changed : {before, index_of(Facet::variant, variant)}) {
    if (changed.isValid()) emit dataChanged(changed, changed, {Qt::FontRole});
  }
}

QString FacetModel::variant_at(const QModelIndex& index) const {
  const Group* group = group_of(index);
  return group && group->facet == Facet::variant ? group->values[static_cast<std::size_t>(index.row())].text
                                                 : QString();
}

QModelIndex FacetModel::index_of(Facet facet, const QString& value) const {
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    if (groups_[g].facet != facet) continue;
    for (std::size_t v = 0; v < groups_[g].values.size(); ++v) {
      if (groups_[g].values[v].text == value) return createIndex(static_cast<int>(v), 0, static_cast<quintptr>(g));
    }
  }
  return {};
}

QModelIndex FacetModel::index(int row, int column, const QModelIndex& parent) const {
  if (!hasIndex(row, column, parent)) return {};
  return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) : group_id);
}

QModelIndex FacetModel::parent(const QModelIndex& index) const {
  if (!index.isValid() || index.internalId() == group_id) return {};
  return createIndex(static_cast<int>(index.internalId()), 0, group_id);
}

int FacetModel::rowCount(const QModelIndex& parent) const {
  if (!parent.isValid()) return static_cast<int>(groups_.size());
  if (parent.internalId() != group_id || parent.column() != 0) return 0;
  return static_cast<int>(groups_[static_cast<std::size_t>(parent.row())].values.size());
}

int FacetModel::columnCount(const QModelIndex&) const { return 1; }

QVariant FacetModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  if (const Group* group = group_of(index)) {
    return value_data(*group, group->values[static_cast<std::size_t>(index.row())], role);
  }
  if (role != Qt::DisplayRole) return {};
  switch (groups_[static_cast<std::size_t>(index.row())].facet) {
    case Facet::variant:
      return tr("Variants");
    case Facet::mode:
      return tr("Modes");
    case Facet::device:
      return tr("Devices");
    case Facet::dtype:
      return tr("Data types");
    case Facet::run:
      return tr("Runs");
  }
  return {};
}

QVariant FacetModel::value_data(const Group& group, const Value& value, int role) const {
  switch (role) {
    case Qt::DisplayRole:
      return value.text;
    case Qt::ToolTipRole:
      return tr("%1: %2 cases. Double click shows it alone.").arg(value.text).arg(value.count);
    case Qt::CheckStateRole:
      return filter_.is_hidden(group.facet, value.text) ? Qt::Unchecked : Qt::Checked;
    case Qt::FontRole: {
      QFont font;
      font.setBold(group.facet == Facet::variant && !value.text.isEmpty() && value.text == highlighted_);
      return font.bold() ? QVariant(font) : QVariant();
    }
    case Qt::DecorationRole:
      if (group.facet != Facet::variant) return {};
      return chip(theme_.series_color(styles_.slot(value.text)), styles_.marker(value.text, {}), theme_.background);
    default:
      return {};
  }
}

bool FacetModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const Group* group = group_of(index);
  if (!group || role != Qt::CheckStateRole) return false;
  filter_.set_hidden(group->facet, group->values[static_cast<std::size_t>(index.row())].text,
                     value.toInt() == Qt::Unchecked);
  return true;
}

Qt::ItemFlags FacetModel::flags(const QModelIndex& index) const {
  if (!index.isValid()) return Qt::NoItemFlags;
  if (!group_of(index)) return Qt::ItemIsEnabled;
  return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemNeverHasChildren;
}

void FacetModel::announce_checks() {
  for (int row = 0; row < rowCount(); ++row) {
    const QModelIndex parent = index(row, 0);
    const int last = rowCount(parent) - 1;
    if (last >= 0)
      emit dataChanged(index(0, 0, parent), index(last, 0, parent), {Qt::CheckStateRole, Qt::DecorationRole});
  }
}

}  // namespace attnscope::gui::model
