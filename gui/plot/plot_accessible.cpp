#include "gui/plot/plot_accessible.h"

#include <QAccessibleWidget>
#include <map>

#include "gui/plot/plot_widget.h"
#include "gui/plot/readout.h"
#include "gui/plot/scene_table.h"

namespace attnscope::gui::plot {
namespace {

class PlotAccessible;

// One field of the table, headers not included: screen readers ask for those separately.
class PlotField : public QAccessibleInterface, public QAccessibleTableCellInterface {
 public:
  PlotField(PlotAccessible& table, int row, int column) : table_(table), row_(row), column_(column) {}

  bool isValid() const override { return true; }
  QObject* object() const override { return nullptr; }
  QAccessibleInterface* childAt(int, int) const override { return nullptr; }
  QAccessibleInterface* parent() const override;
  QAccessibleInterface* child(int) const override { return nullptr; }
  int childCount() const override { return 0; }
  int indexOfChild(const QAccessibleInterface*) const override { return -1; }
  QString text(QAccessible::Text kind) const override;
  void setText(QAccessible::Text, const QString&) override {}
  QRect rect() const override;
  QAccessible::Role role() const override { return QAccessible::Cell; }
  QAccessible::State state() const override { return {}; }
  void* interface_cast(QAccessible::InterfaceType type) override {
    return type == QAccessible::TableCellInterface ? static_cast<QAccessibleTableCellInterface*>(this) : nullptr;
  }

  int columnExtent() const override { return 1; }
  int rowExtent() const override { return 1; }
  QList<QAccessibleInterface*> columnHeaderCells() const override { return {}; }
  QList<QAccessibleInterface*> rowHeaderCells() const override;
  int columnIndex() const override { return column_; }
  int rowIndex() const override { return row_; }
  bool isSelected() const override { return false; }
  QAccessibleInterface* table() const override { return parent(); }

 private:
  PlotAccessible& table_;
  int row_, column_;
};

class PlotAccessible : public QAccessibleWidget, public QAccessibleTableInterface {
 public:
  explicit PlotAccessible(PlotWidget* plot) : QAccessibleWidget(plot, QAccessible::Table), plot_(*plot) {}
  ~PlotAccessible() override { forget_fields(); }

  const SceneTable& table() const {
    if (revision_ != plot_.scene_revision()) {
      forget_fields();
      table_ = scene_table(plot_.scene());
      revision_ = plot_.scene_revision();
    }
    return table_;
  }
  const SceneTable::Field& field(int row, int column) const {
    return table().rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
  }
  // On the screen; the whole plot for fields that are nowhere in it.
  QRect rect_of(const SceneTable::Field& field) const {
    constexpr int around = 16;
    const auto at = field.hit ? plot_.position_of(*field.hit) : std::nullopt;
    if (!at) return rect();
    const QPoint centre = plot_.mapToGlobal(at->toPoint());
    return QRect(centre - QPoint(around / 2, around / 2), QSize(around, around));
  }

  void* interface_cast(QAccessible::InterfaceType type) override {
    if (type == QAccessible::TableInterface) return static_cast<QAccessibleTableInterface*>(this);
    return QAccessibleWidget::interface_cast(type);
  }
  int childCount() const override { return rowCount() * columnCount(); }
  QAccessibleInterface* child(int index) const override {
    const int columns = columnCount();
    return columns == 0 ? nullptr : cellAt(index / columns, index % columns);
  }
  int indexOfChild(const QAccessibleInterface* child) const override {
    for (const auto& [index, id] : fields_) {
      if (QAccessible::accessibleInterface(id) == child) return index;
    }
    return -1;
  }

  QAccessibleInterface* caption() const override { return nullptr; }
  QAccessibleInterface* summary() const override { return nullptr; }
  QAccessibleInterface* cellAt(int row, int column) const override {
    if (row < 0 || column < 0 || row >= rowCount() || column >= columnCount()) return nullptr;
    const int index = row * columnCount() + column;
    if (const auto known = fields_.find(index); known != fields_.end())
      return QAccessible::accessibleInterface(known->second);
    auto* field = new PlotField(const_cast<PlotAccessible&>(*this), row, column);
    fields_[index] = QAccessible::registerAccessibleInterface(field);
    return field;
  }
  int rowCount() const override { return static_cast<int>(table().rows.size()); }
  int columnCount() const override { return static_cast<int>(table().headers.size()); }
  QString columnDescription(int column) const override { return table().headers.value(column); }
  QString rowDescription(int row) const override {
    return rowCount() > row && row >= 0 ? field(row, 0).text : QString();
  }

  // Nothing can be selected in the table; that happens in the plot.
  int selectedCellCount() const override { return 0; }
  int selectedColumnCount() const override { return 0; }
  int selectedRowCount() const override { return 0; }
  QList<QAccessibleInterface*> selectedCells() const override { return {}; }
  QList<int> selectedColumns() const override { return {}; }
  QList<int> selectedRows() const override { return {}; }
  bool isColumnSelected(int) const override { return false; }
  bool isRowSelected(int) const override { return false; }
  bool selectRow(int) override { return false; }
  bool selectColumn(int) override { return false; }
  bool unselectRow(int) override { return false; }
  bool unselectColumn(int) override { return false; }
  void modelChange(QAccessibleTableModelChangeEvent*) override {}

 private:
  void forget_fields() const {
    for (const auto& [index, id] : fields_) QAccessible::deleteAccessibleInterface(id);
    fields_.clear();
  }

  PlotWidget& plot_;
  mutable SceneTable table_;
  mutable std::uint64_t revision_ = 0;
  mutable std::map<int, QAccessible::Id> fields_;  // by row * columns + column; made when asked for
};

QAccessibleInterface* PlotField::parent() const { return &table_; }

QString PlotField::text(QAccessible::Text kind) const {
  if (kind == QAccessible::Name) return table_.field(row_, column_).text;
  if (kind == QAccessible::Description) return table_.columnDescription(column_);
  return {};
}

QRect PlotField::rect() const { return table_.rect_of(table_.field(row_, column_)); }

QList<QAccessibleInterface*> PlotField::rowHeaderCells() const { return {table_.cellAt(row_, 0)}; }

QAccessibleInterface* make_accessible(const QString& class_name, QObject* object) {
  if (class_name != QLatin1String(PlotWidget::staticMetaObject.className())) return nullptr;
  return new PlotAccessible(static_cast<PlotWidget*>(object));
}

}  // namespace

void install_plot_accessibility() { QAccessible::installFactory(make_accessible); }

std::optional<int> child_of(const PlotScene& scene, const Hit& hit) {
  const SceneTable table = scene_table(scene);
  const auto columns = static_cast<std::size_t>(table.headers.size());
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    for (std::size_t column = 1; column < columns; ++column) {
      if (table.rows[row][column].hit != hit) continue;
      // In a list of points the value is what matters, not the place.
      const bool is_list = hit.kind != Hit::Kind::cell;
      return static_cast<int>(row * columns + (is_list ? 2 : column));
    }
  }
  return std::nullopt;
}

void announce(PlotWidget& plot, const Hit& hit) {
  // Readers that know no tables read the description anew when told that it changed.
  plot.setAccessibleDescription(readout(plot.scene(), hit).join(QStringLiteral(", ")));
  if (!QAccessible::isActive()) return;
  const auto child = child_of(plot.scene(), hit);
  if (!child) return;
  QAccessibleEvent event(&plot, QAccessible::Focus);
  event.setChild(*child);
  QAccessible::updateAccessibility(&event);
}

}  // namespace attnscope::gui::plot
