#include "gui/widgets/variant_chooser.h"

#include <QHeaderView>
#include <QSignalBlocker>

namespace attnscope::gui::widgets {
namespace {

enum Columns { name_column, remark_column };

QString refusal_of(const model::RunCatalogue::Variant& variant, const QMap<QString, QStringList>& by_axis) {
  for (auto axis = by_axis.begin(); axis != by_axis.end(); ++axis) {
    const QString reason = model::why_refused(variant, axis.key(), axis.value());
    if (!reason.isEmpty()) return reason;
  }
  return {};
}

}  // namespace

VariantChooser::VariantChooser(QWidget* parent) : QTreeWidget(parent) {
  setObjectName(QStringLiteral("variantChooser"));
  setAccessibleName(tr("Variants to measure"));
  setHeaderLabels({tr("Variant"), tr("Complexity, or why not")});
  setUniformRowHeights(true);
  connect(this, &QTreeWidget::itemChanged, this, &VariantChooser::edited);
}

void VariantChooser::set_catalogue(const model::RunCatalogue& catalogue) {
  const QSignalBlocker quiet(this);
  catalogue_ = catalogue;
  clear();
  QMap<QString, QTreeWidgetItem*> families;
  for (const model::RunCatalogue::Variant& variant : catalogue.variants) {
    QTreeWidgetItem*& family = families[variant.family];
    if (!family) {
      family = new QTreeWidgetItem(this, {variant.family});
      family->setFlags(family->flags() | Qt::ItemIsUserCheckable | Qt::ItemIsAutoTristate);
      family->setCheckState(name_column, Qt::Unchecked);
    }
    auto* item = new QTreeWidgetItem(family, {variant.name, variant.complexity});
    item->setFlags(item->flags() | Qt::ItemIsUserCheckable);
    item->setCheckState(name_column, Qt::Unchecked);
    item->setToolTip(name_column, variant.title);
  }
  expandAll();
  header()->setSectionResizeMode(name_column, QHeaderView::ResizeToContents);
}

void VariantChooser::for_each_variant(const std::function<void(QTreeWidgetItem&)>& visit) const {
  for (int family = 0; family < topLevelItemCount(); ++family) {
    for (int i = 0; i < topLevelItem(family)->childCount(); ++i) visit(*topLevelItem(family)->child(i));
  }
}

void VariantChooser::set_chosen_values(const QMap<QString, QStringList>& by_axis) {
  const QSignalBlocker quiet(this);
  for_each_variant([&](QTreeWidgetItem& item) {
    const model::RunCatalogue::Variant* variant = catalogue_.find_variant(item.text(name_column));
    const QString reason = refusal_of(*variant, by_axis);
    item.setDisabled(!reason.isEmpty());
    item.setText(remark_column, reason.isEmpty() ? variant->complexity : reason);
    item.setToolTip(remark_column, item.text(remark_column));
  });
}

QStringList VariantChooser::chosen() const {
  QStringList names;
  for_each_variant([&](const QTreeWidgetItem& item) {
    if (item.checkState(name_column) == Qt::Checked && !item.isDisabled()) names << item.text(name_column);
  });
  return names;
}

void VariantChooser::set_chosen(const QStringList& variants) {
  {
    const QSignalBlocker quiet(this);
    for_each_variant([&](QTreeWidgetItem& item) {
      item.setCheckState(name_column, variants.contains(item.text(name_column)) ? Qt::Checked : Qt::Unchecked);
    });
  }
  viewport()->update();
  emit edited();
}

}  // namespace attnscope::gui::widgets
