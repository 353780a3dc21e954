// Shows a scene. The picture is cached; while the pointer moves only an overlay is painted.
//
// Wheel zooms around the cursor (Ctrl: x only, Shift: y only), dragging zooms to a rectangle, the middle button pans,
// double click fits, Backspace and Alt+Left/Right walk the history of views, Esc clears. Arrow keys walk along curves,
// Enter selects, Tab cycles through points that overlap; Ctrl+click and Ctrl+Enter mark points for comparing.
#pragma once

#include <QElapsedTimer>
#include <QImage>
#include <QTimer>
#include <QWidget>
#include <memory>
#include <optional>

#include "gui/plot/hit_index.h"
#include "gui/plot/layout.h"
#include "gui/plot/scene.h"
#include "gui/plot/theme.h"
#include "gui/plot/view_history.h"
#include "gui/plot/walk.h"

namespace attnscope::gui::plot {

class PlotRenderer;

class PlotWidget : public QWidget {
  Q_OBJECT

 public:
  explicit PlotWidget(QWidget* parent = nullptr);

  // Keeps the zoom when the scene has the identity of the one before.
  void set_scene(PlotScene scene);
  // The scene with the visible ranges in its axes: what an export of the view draws.
  const PlotScene& scene() const { return scene_; }
  void set_theme(const Theme& theme);
  const Theme& theme() const { return theme_; }
  const PlotLayout& current_layout();
  std::optional<QPointF> position_of(std::uint64_t key);
  std::optional<QPointF> position_of(const Hit& hit);
  // Grows with every new scene, but not with its zoom.
  std::uint64_t scene_revision() const { return revision_; }

  // Keys of points: the selected one is ringed, the highlighted one's curve stands out (hovered in another view).
  void set_selected(std::optional<std::uint64_t> key);
  void set_highlighted(std::optional<std::uint64_t> key);
  // What has one of these keys, which ascend, stands out while nothing is hovered.
  void set_chosen(const std::vector<std::uint64_t>& keys);
  // Points picked for comparing, numbered in this order.
  void set_marked(const std::vector<std::uint64_t>& keys);
  std::optional<Hit> hovered() const { return hovered_; }
  void set_crosshair(bool shown);

  // Ranges of the axes; undoable as any zoom.
  void set_view(const View& view);
  bool is_fitted() const { return view() == fitted_; }
  void fit();
  void view_back();
  void view_forward();
  // Takes over the leader's ranges of those axes whose fitted ranges are equal. Announces nothing.
  void follow(const PlotWidget& leader);
  // Several plots walk through one history of views.
  void share_history(std::shared_ptr<ViewHistory> history) { history_ = std::move(history); }

  QSize sizeHint() const override { return {720, 480}; }
  QSize minimumSizeHint() const override { return {240, 180}; }

 signals:
  void point_hovered(std::uint64_t key);
  void hover_ended();
  void point_activated(std::uint64_t key);
  void point_marked(std::uint64_t key);
  void selection_cleared();
  void view_changed();
  // A click in the legend; `isolate` for a double click. The middle button only ever hides.
  void legend_clicked(const attnscope::gui::plot::LegendRow& row, bool isolate);

 protected:
  bool event(QEvent* event) override;
  bool focusNextPrevChild(bool next) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  enum class Drag { none, pressed, rectangle, pan };

  View view() const { return {scene_.x.range, scene_.y.range}; }
  void show_view(const View& view);
  void refresh_geometry();
  void invalidate(bool gesture = false);
  void paint_overlay(QPainter& painter);
  void paint_marks(QPainter& painter, const PlotRenderer& renderer);
  void paint_readout(QPainter& painter, const QStringList& lines);
  QStringList readout_lines() const;
  void hover(QPointF at);
  void end_hover();
  void set_hovered(std::optional<Hit> hit);
  void walk(Direction direction);
  void activate(bool mark);
  void zoom_at(QPointF at, double factor, bool along_x, bool along_y);
  QRectF drag_rectangle() const;
  void zoom_to_rectangle();
  void pan_to(QPointF at);

  PlotScene scene_;
  std::uint64_t revision_ = 1;
  Theme theme_;
  View fitted_;
  std::shared_ptr<ViewHistory> history_ = std::make_shared<ViewHistory>();
  QElapsedTimer since_wheel_;

  QImage picture_;
  PlotLayout layout_;
  HitIndex index_;
  bool picture_is_stale_ = true, geometry_is_stale_ = true;
  bool in_gesture_ = false;
  QTimer gesture_end_;  // the full picture follows once the hand rests

  std::optional<QPointF> cursor_;
  std::optional<Hit> hovered_;
  std::vector<Hit> overlapping_;  // under the cursor, for Tab
  std::size_t overlapping_at_ = 0;
  bool whole_column_ = false;  // Shift: the read-out lists all series at the hovered x
  bool crosshair_ = true;
  std::optional<std::uint64_t> selected_, highlighted_;
  std::vector<std::uint64_t> chosen_;
  std::vector<std::uint64_t> marked_;

  Drag drag_ = Drag::none;
  QPointF drag_from_, drag_to_;
  View drag_view_;
};

}  // namespace attnscope::gui::plot
