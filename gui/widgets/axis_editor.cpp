#include "gui/widgets/axis_editor.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/plot/quantity.h"

namespace attnscope::gui::widgets {
namespace {

// Exponents of two that the sliders reach; the text takes any length.
constexpr int least_exponent = 4, most_exponent = 20;

QString length_text(int exponent) {
  return plot::format_tick(plot::Quantity::count, static_cast<double>(1 << exponent)).toLower();
}

// The exponent of a length such as 4k; -1 for anything else.
int exponent_of(const QString& text) {
  for (int exponent = least_exponent; exponent <= most_exponent; ++exponent) {
    if (text == length_text(exponent) || text == QString::number(1 << exponent)) return exponent;
  }
  return -1;
}

}  // namespace

AxisEditor::AxisEditor(const model::RunCatalogue::Axis& axis, bool has_range, QWidget* parent)
    : QWidget(parent), axis_(axis) {
  using Kind = model::RunCatalogue::Axis::Kind;
  setObjectName(QStringLiteral("axis_") + axis.name);
  setToolTip(axis.meaning);
  auto* layout = has_range ? static_cast<QBoxLayout*>(new QVBoxLayout(this)) : new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  if (axis.kind != Kind::count) {
    create_words(*layout);
    return;
  }
  text_ = new QLineEdit(this);
  text_->setObjectName(QStringLiteral("values_") + axis.name);
  text_->setAccessibleName(axis.meaning);
  text_->setPlaceholderText(axis.default_value);
  text_->setToolTip(axis.meaning + QLatin1Char('\n') + tr("a list 1,2 or a range 256:16k:x2, 256:1k:+256"));
  layout->addWidget(text_);
  connect(text_, &QLineEdit::textChanged, this, &AxisEditor::edited);
  if (has_range) create_range(*layout);
}

void AxisEditor::create_words(QBoxLayout& layout) {
  for (const QString& word : axis_.values) {
    auto* box = new QCheckBox(word, this);
    box->setObjectName(QStringLiteral("%1_%2").arg(axis_.name, word));
    box->setAccessibleName(QStringLiteral("%1 %2").arg(axis_.name, word));
    box->setAccessibleDescription(axis_.meaning);
    box->setToolTip(axis_.meaning);
    box->setChecked(word == axis_.default_value);
    connect(box, &QCheckBox::toggled, this, &AxisEditor::edited);
    layout.addWidget(box);
    boxes_ << box;
  }
  layout.addStretch();
}

void AxisEditor::create_range(QBoxLayout& layout) {
  const auto add = [&](const QString& name) {
    auto* slider = new QSlider(Qt::Horizontal, this);
    slider->setObjectName(name);
    slider->setRange(least_exponent, most_exponent);
    slider->setTickPosition(QSlider::TicksBelow);
    slider->setPageStep(1);
    slider->setValue(exponent_of(axis_.default_value));
    connect(slider, &QSlider::valueChanged, this, &AxisEditor::write_range);
    layout.addWidget(slider);
    return slider;
  };
  from_ = add(QStringLiteral("shortest"));
  from_->setAccessibleName(tr("Shortest length"));
  from_->setToolTip(tr("Shortest length"));
  to_ = add(QStringLiteral("longest"));
  to_->setAccessibleName(tr("Longest length"));
  to_->setToolTip(tr("Longest length"));
  connect(text_, &QLineEdit::textChanged, this, &AxisEditor::read_range);
}

void AxisEditor::write_range() {
  const QSignalBlocker quiet_from(from_), quiet_to(to_);
  if (from_->value() > to_->value())
    (sender() == from_ ? to_ : from_)->setValue(static_cast<QSlider*>(sender())->value());
  const QString from = length_text(from_->value()), to = length_text(to_->value());
  text_->setText(from == to ? from : QStringLiteral("%1:%2:x2").arg(from, to));
}

void AxisEditor::read_range() {
  const QStringList ends = text_->text().trimmed().split(QLatin1Char(':'));
  const int from = exponent_of(ends.first()), to = exponent_of(ends.size() > 1 ? ends.at(1) : ends.first());
  if (from < 0 || to < from) return;  // a list, or not yet a range
  const QSignalBlocker quiet_from(from_), quiet_to(to_);
  from_->setValue(from);
  to_->setValue(to);
}

QString AxisEditor::values() const {
  if (text_) return text_->text().trimmed();
  const QStringList words = chosen();
  return words == QStringList{axis_.default_value} ? QString() : words.join(QLatin1Char(','));
}

QStringList AxisEditor::chosen() const {
  if (text_) return {};
  QStringList words;
  for (const QCheckBox* box : boxes_) {
    if (box->isChecked() && box->isEnabled()) words << box->text();
  }
  return words.isEmpty() ? QStringList{axis_.default_value} : words;
}

void AxisEditor::set_values(const QString& values) {
  if (text_) return text_->setText(values);
  const QStringList words = values.isEmpty() ? QStringList{axis_.default_value} : values.split(QLatin1Char(','));
  for (QCheckBox* box : boxes_) box->setChecked(words.contains(box->text()));
}

void AxisEditor::set_problem(const QString& word, const QString& reason) {
  for (QCheckBox* box : boxes_) {
    if (box->text() != word) continue;
    box->setEnabled(reason.isEmpty());
    box->setToolTip(reason.isEmpty() ? axis_.meaning : reason);
    box->setAccessibleDescription(box->toolTip());
  }
}

}  // namespace attnscope::gui::widgets
