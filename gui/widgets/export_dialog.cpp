#include "gui/widgets/export_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

#include "gui/model/figure_footer.h"

namespace attnscope::gui::widgets {
namespace {

// Sizes in pixels of 1/96 inch.
struct Preset {
  const char* label;
  int width, height;
};

constexpr std::array presets{
    Preset{QT_TRANSLATE_NOOP("ExportDialog", "Two columns (180 mm)"), 680, 440},
    Preset{QT_TRANSLATE_NOOP("ExportDialog", "One column (88 mm)"), 333, 300},
    Preset{QT_TRANSLATE_NOOP("ExportDialog", "Slide (16:9)"), 1280, 720},
    Preset{QT_TRANSLATE_NOOP("ExportDialog", "Screen"), 900, 600},
};

enum ThemeRow { light_theme, print_theme, screen_theme };

QSpinBox* spin_box(int lowest, int highest, int value, const QString& name, QWidget* parent) {
  auto* box = new QSpinBox(parent);
  box->setRange(lowest, highest);
  box->setValue(value);
  box->setAccessibleName(name);
  return box;
}

QCheckBox* check_box(const QString& text, bool checked, QWidget* parent) {
  auto* box = new QCheckBox(text, parent);
  box->setChecked(checked);
  return box;
}

}  // namespace

// Draws the figure as it will be, scaled to fit.
class ExportDialog::Preview : public QWidget {
 public:
  using QWidget::QWidget;
  void show_figure(std::vector<plot::PlotScene> figure, const plot::ExportOptions& options) {
    figure_ = std::move(figure);
    options_ = options;
    update();
  }
  QSize sizeHint() const override { return {520, 360}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    const double fit = std::min(1.0 * width() / options_.size.width(), 1.0 * height() / options_.size.height());
    const double scale = std::min(1.0, fit);
    QPainter painter(this);
    painter.translate((width() - options_.size.width() * scale) / 2, (height() - options_.size.height() * scale) / 2);
    painter.scale(scale, scale);
    plot::paint_figure(painter, figure_, options_);
  }

 private:
  std::vector<plot::PlotScene> figure_;
  plot::ExportOptions options_;
};

ExportDialog::ExportDialog(std::vector<plot::PlotScene> panels, QString footer, plot::Theme screen_theme,
                           QWidget* parent)
    : QDialog(parent),
      panels_(std::move(panels)),
      footer_text_(std::move(footer)),
      screen_theme_(std::move(screen_theme)),
      preset_(new QComboBox(this)),
      width_(spin_box(200, 8000, presets[0].width, tr("Width in pixels"), this)),
      height_(spin_box(150, 8000, presets[0].height, tr("Height in pixels"), this)),
      scale_(spin_box(1, 6, 3, tr("PNG scale"), this)),
      theme_(new QComboBox(this)),
      title_(check_box(tr("T&itle"), true, this)),
      caption_(check_box(tr("&Caption"), true, this)),
      legend_(check_box(tr("&Legend"), true, this)),
      transparent_(check_box(tr("T&ransparent background"), false, this)),
      footer_(check_box(tr("&Footer: runs, commits, days"), false, this)),
      all_views_(check_box(tr("&All views, a file each"), false, this)),
      preview_(new Preview(this)) {
  setObjectName(QStringLiteral("exportDialog"));
  setWindowTitle(tr("Export figure"));
  for (const Preset& preset : presets) preset_->addItem(QCoreApplication::translate("ExportDialog", preset.label));
  preset_->addItem(tr("Custom"));
  theme_->addItems({tr("Light"), tr("Print (black text, heavier lines)"), tr("As on the screen")});
  preview_->setMinimumSize(460, 320);
  preview_->setAccessibleName(tr("Preview"));

  auto* form = new QFormLayout;
  form->addRow(tr("&Size"), preset_);
  form->addRow(tr("&Width (px)"), width_);
  form->addRow(tr("&Height (px)"), height_);
  form->addRow(tr("&PNG scale"), scale_);
  form->addRow(tr("&Theme"), theme_);
  for (QCheckBox* box : {title_, caption_, legend_, transparent_, footer_, all_views_}) form->addRow(box);
  auto* top = new QHBoxLayout;
  top->addLayout(form);
  top->addWidget(preview_, 1);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
  buttons->button(QDialogButtonBox::Save)->setText(tr("Save as…"));
  connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(top);
  layout->addWidget(buttons);

  connect(preset_, &QComboBox::activated, this, &ExportDialog::apply_preset);
  for (QSpinBox* box : {width_, height_}) {
    connect(box, &QSpinBox::valueChanged, this, [this] {
      preset_->setCurrentIndex(static_cast<int>(presets.size()));
      show_preview();
    });
  }
  connect(theme_, &QComboBox::activated, this, &ExportDialog::show_preview);
  for (QCheckBox* box : {title_, caption_, legend_, transparent_, footer_}) {
    connect(box, &QCheckBox::toggled, this, &ExportDialog::show_preview);
  }
  show_preview();
}

void ExportDialog::apply_preset(int index) {
  if (index >= static_cast<int>(presets.size())) return;
  const Preset& preset = presets[static_cast<std::size_t>(index)];
  width_->setValue(preset.width);
  height_->setValue(preset.height);
  preset_->setCurrentIndex(index);  // setting the numbers made it "Custom"
}

std::vector<plot::PlotScene> ExportDialog::figure() const { return dressed(panels_); }

std::vector<plot::PlotScene> ExportDialog::dressed(std::vector<plot::PlotScene> figure) const {
  for (plot::PlotScene& panel : figure) {
    // Of several panels the title says which is which.
    if (!title_->isChecked() && figure.size() == 1) panel.title.clear();
    if (!caption_->isChecked()) {
      panel.caption.clear();
      panel.common_caption.clear();
    }
    panel.legend = legend_->isChecked();
  }
  if (footer_->isChecked()) model::add_footer(figure, footer_text_);
  return figure;
}

plot::ExportOptions ExportDialog::options() const {
  plot::ExportOptions options;
  options.size = QSize(width_->value(), height_->value());
  options.scale = scale_->value();
  options.transparent = transparent_->isChecked();
  switch (theme_->currentIndex()) {
    case print_theme:
      options.theme = plot::Theme::print(*screen_theme_.palette);
      break;
    case screen_theme:
      options.theme = screen_theme_;
      break;
    default:
      options.theme = plot::Theme::light(*screen_theme_.palette);
      break;
  }
  return options;
}

bool ExportDialog::wants_all_views() const { return all_views_->isChecked(); }

void ExportDialog::show_preview() { preview_->show_figure(figure(), options()); }

}  // namespace attnscope::gui::widgets
