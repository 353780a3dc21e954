// The values of one axis of a sweep: check boxes for words and flags, a text for counts, and for lengths a range too.
#pragma once

#include <QWidget>

#include "gui/model/run_catalogue.h"

class QBoxLayout;
class QCheckBox;
class QLineEdit;
class QSlider;

namespace attnscope::gui::widgets {

class AxisEditor : public QWidget {
  Q_OBJECT

 public:
  // `has_range`: with two sliders for powers of two beside the text.
  AxisEditor(const model::RunCatalogue::Axis& axis, bool has_range, QWidget* parent = nullptr);

  const QString& axis() const { return axis_.name; }
  // As after `-a AXIS=`; "" when it is the default.
  QString values() const;
  // The words in force, the default where none is chosen; none for counts.
  QStringList chosen() const;
  void set_values(const QString& values);
  // Disables a word and says why; "" enables it again.
  void set_problem(const QString& word, const QString& reason);

 signals:
  void edited();

 private:
  void create_words(QBoxLayout& layout);
  void create_range(QBoxLayout& layout);
  void write_range();
  void read_range();

  model::RunCatalogue::Axis axis_;
  QList<QCheckBox*> boxes_;
  QLineEdit* text_ = nullptr;
  QSlider *from_ = nullptr, *to_ = nullptr;
};

}  // namespace attnscope::gui::widgets
