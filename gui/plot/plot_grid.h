// Shows a figure: one plot, or several panels with a common legend. Panels that share the range of an axis share its
// zoom; what is hovered in one stands out in all.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "gui/plot/figure.h"
#include "gui/plot/legend.h"
#include "gui/plot/plot_widget.h"

namespace attnscope::gui::plot {

class PlotGrid : public QWidget {
  Q_OBJECT

 public:
  explicit PlotGrid(QWidget* parent = nullptr);

  // Never empty afterwards: without scenes an empty one is shown. Zooms as PlotWidget::set_scene().
  void set_scenes(std::vector<PlotScene> scenes);
  // With the visible ranges in their axes: what an export draws.
  std::vector<PlotScene> scenes() const;
  void set_theme(const Theme& theme);

  std::size_t panel_count() const { return scenes_.size(); }
  PlotWidget& panel(std::size_t index) { return *panels_[index]; }
  // The panel that the pointer or the keyboard was in last.
  PlotWidget& active() { return *panels_[active_]; }
  const FigureLayout& current_layout() const { return figure_; }

  void set_selected(std::optional<std::uint64_t> key);
  void set_highlighted(std::optional<std::uint64_t> key);
  void set_chosen(const std::vector<std::uint64_t>& keys);
  void set_marked(const std::vector<std::uint64_t>& keys);
  void set_crosshair(bool shown);
  void fit();

  QSize sizeHint() const override { return panels_.front()->sizeHint(); }
  QSize minimumSizeHint() const override { return panels_.front()->minimumSizeHint(); }

 signals:
  // As of PlotWidget, from whichever panel.
  void point_hovered(std::uint64_t key);
  void hover_ended();
  void point_activated(std::uint64_t key);
  void point_marked(std::uint64_t key);
  void selection_cleared();
  void view_changed();
  void legend_clicked(const attnscope::gui::plot::LegendRow& row, bool isolate);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;

 private:
  void add_panel();
  void arrange();
  void place_panels();
  void follow_view(const PlotWidget& leader);

  std::vector<PlotScene> scenes_;    // as given
  std::vector<PlotWidget*> panels_;  // at least one; those beyond the scenes are hidden
  std::shared_ptr<ViewHistory> history_ = std::make_shared<ViewHistory>();
  std::vector<std::uint64_t> chosen_;
  FigureLayout figure_;
  Theme theme_;
  std::size_t active_ = 0;
  bool is_following_ = false;
};

}  // namespace attnscope::gui::plot
