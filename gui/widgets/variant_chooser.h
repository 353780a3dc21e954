// The variants to measure, by family; those that cannot do what is asked are disabled and say why.
#pragma once

#include <QMap>
#include <QTreeWidget>
#include <functional>

#include "gui/model/run_catalogue.h"

namespace attnscope::gui::widgets {

class VariantChooser : public QTreeWidget {
  Q_OBJECT

 public:
  explicit VariantChooser(QWidget* parent = nullptr);

  void set_catalogue(const model::RunCatalogue& catalogue);
  // Values chosen per axis: a variant that refuses all of an axis is disabled.
  void set_chosen_values(const QMap<QString, QStringList>& by_axis);
  QStringList chosen() const;
  void set_chosen(const QStringList& variants);

 signals:
  void edited();

 private:
  void for_each_variant(const std::function<void(QTreeWidgetItem&)>& visit) const;

  model::RunCatalogue catalogue_;
};

}  // namespace attnscope::gui::widgets
