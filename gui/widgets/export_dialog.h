// How a figure is written: size, resolution, theme, what stands around the plot; with a preview. The file's name is
// asked for afterwards.
#pragma once

#include <QDialog>
#include <vector>

#include "gui/plot/exporter.h"

class QCheckBox;
class QComboBox;
class QSpinBox;

namespace attnscope::gui::widgets {

class ExportDialog : public QDialog {
  Q_OBJECT

 public:
  // `footer` says where the figure comes from.
  ExportDialog(std::vector<plot::PlotScene> panels, QString footer, plot::Theme screen_theme,
               QWidget* parent = nullptr);

  // The panels as they are to be drawn.
  std::vector<plot::PlotScene> figure() const;
  // What is chosen about texts and legend, for another figure.
  std::vector<plot::PlotScene> dressed(std::vector<plot::PlotScene> panels) const;
  plot::ExportOptions options() const;
  bool wants_all_views() const;

 private:
  void apply_preset(int index);
  void show_preview();

  std::vector<plot::PlotScene> panels_;
  QString footer_text_;
  plot::Theme screen_theme_;
  QComboBox* preset_;
  QSpinBox *width_, *height_, *scale_;
  QComboBox* theme_;
  QCheckBox *title_, *caption_, *legend_, *transparent_, *footer_, *all_views_;
  class Preview;
  Preview* preview_;
};

}  // namespace attnscope::gui::widgets
