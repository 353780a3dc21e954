// How a figure is written: size, resolution, theme, what stands around the plot; with a preview. The file's name is
// asked for afterwards.
#pragma once

#include <QDialog>

#include "gui/plot/exporter.h"
#include "gui/plot/scene.h"

class QCheckBox;
class QComboBox;
class QSpinBox;

namespace attnscope::gui::widgets {

class ExportDialog : public QDialog {
  Q_OBJECT

 public:
  ExportDialog(plot::PlotScene scene, plot::Theme screen_theme, QWidget* parent = nullptr);

  plot::PlotScene figure() const;
  plot::ExportOptions options() const;

 private:
  void apply_preset(int index);
  void show_preview();

  plot::PlotScene scene_;
  plot::Theme screen_theme_;
  QComboBox* preset_;
  QSpinBox *width_, *height_, *scale_;
  QComboBox* theme_;
  QCheckBox *title_, *caption_, *legend_, *transparent_;
  class Preview;
  Preview* preview_;
};

}  // namespace attnscope::gui::widgets
