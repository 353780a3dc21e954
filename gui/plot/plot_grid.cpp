#include "gui/plot/plot_grid.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

namespace attnscope::gui::plot {
namespace {

// The point of the same group in another panel, at the x that is nearest.
std::optional<Hit> counterpart(const PlotScene& scene, const QString& group, double x) {
  std::optional<Hit> best;
  double least = 0;
  for (std::size_t c = 0; c < scene.curves.size(); ++c) {
    const Curve& curve = scene.curves[c];
    if (!curve.visible || curve.group != group) continue;
    for (std::size_t i = 0; i < curve.points.size(); ++i) {
      const double distance = std::abs(to_position(scene.x.scale, curve.points[i].x) - to_position(scene.x.scale, x));
      if (!is_drawable(scene, curve.points[i]) || (best && distance >= least)) continue;
      best = Hit{Hit::Kind::point, c, i};
      least = distance;
    }
  }
  return best;
}

}  // namespace

PlotGrid::PlotGrid(QWidget* parent) : QWidget(parent), scenes_(1), theme_(Theme::light()) {
  setAttribute(Qt::WA_OpaquePaintEvent);
  add_panel();
  setFocusProxy(panels_.front());
}

void PlotGrid::add_panel() {
  auto* panel = new PlotWidget(this);
  const std::size_t index = panels_.size();
  panel->setObjectName(index == 0 ? QStringLiteral("plot") : QStringLiteral("plot%1").arg(index + 1));
  panel->set_theme(theme_);
  panel->share_history(history_);
  panel->set_chosen(chosen_);
  panels_.push_back(panel);
  connect(panel, &PlotWidget::point_hovered, this, [this, index](std::uint64_t key) {
    active_ = index;
    emit point_hovered(key);
  });
  connect(panel, &PlotWidget::hover_ended, this, &PlotGrid::hover_ended);
  connect(panel, &PlotWidget::point_activated, this, &PlotGrid::point_activated);
  connect(panel, &PlotWidget::point_marked, this, &PlotGrid::point_marked);
  connect(panel, &PlotWidget::selection_cleared, this, &PlotGrid::selection_cleared);
  connect(panel, &PlotWidget::legend_clicked, this, &PlotGrid::legend_clicked);
  connect(panel, &PlotWidget::view_changed, this, [this, panel] { follow_view(*panel); });
}

void PlotGrid::set_scenes(std::vector<PlotScene> scenes) {
  scenes_ = std::move(scenes);
  if (scenes_.empty()) scenes_.emplace_back();
  while (panels_.size() < scenes_.size()) add_panel();
  if (active_ >= scenes_.size()) active_ = 0;
  arrange();
}

void PlotGrid::arrange() {
  figure_ = compute_figure_layout(scenes_, QRectF(rect()), theme_);
  place_panels();
  std::vector<PlotScene> drawn = panels_of(scenes_, figure_.columns);
  for (std::size_t i = 0; i < panels_.size(); ++i) {
    const bool used = i < drawn.size();
    panels_[i]->setVisible(used);
    if (!used) continue;
    panels_[i]->setAccessibleName(drawn.size() == 1 ? accessibleName()
                                                    : QStringLiteral("%1, %2").arg(accessibleName(), drawn[i].title));
    panels_[i]->set_scene(std::move(drawn[i]));
  }
  update();
}

void PlotGrid::place_panels() {
  for (std::size_t i = 0; i < figure_.panels.size(); ++i) panels_[i]->setGeometry(figure_.panels[i].toRect());
}

std::vector<PlotScene> PlotGrid::scenes() const {
  std::vector<PlotScene> shown = scenes_;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    shown[i].x.range = panels_[i]->scene().x.range;
    shown[i].y.range = panels_[i]->scene().y.range;
  }
  return shown;
}

void PlotGrid::set_theme(const Theme& theme) {
  theme_ = theme;
  for (PlotWidget* panel : panels_) panel->set_theme(theme);
  arrange();
}

void PlotGrid::set_selected(std::optional<std::uint64_t> key) {
  for (PlotWidget* panel : panels_) panel->set_selected(key);
}

void PlotGrid::set_highlighted(std::optional<std::uint64_t> key) {
  std::optional<Hit> source;
  std::size_t from = 0;
  for (std::size_t i = 0; key && i < scenes_.size() && !source; ++i) {
    source = find_key(scenes_[i], *key);
    from = i;
  }
  for (std::size_t i = 0; i < scenes_.size(); ++i) {
    std::optional<std::uint64_t> here = key;
    if (source && i != from && source->kind == Hit::Kind::point && !find_key(scenes_[i], *key)) {
      const Curve& curve = scenes_[from].curves[source->item];
      const auto hit = counterpart(scenes_[i], curve.group, curve.points[source->point].x);
      if (hit) here = key_of(scenes_[i], *hit);
    }
    panels_[i]->set_highlighted(here);
  }
}

void PlotGrid::set_chosen(const std::vector<std::uint64_t>& keys) {
  chosen_ = keys;
  for (PlotWidget* panel : panels_) panel->set_chosen(keys);
}

void PlotGrid::set_marked(const std::vector<std::uint64_t>& keys) {
  for (PlotWidget* panel : panels_) panel->set_marked(keys);
}

void PlotGrid::set_crosshair(bool shown) {
  for (PlotWidget* panel : panels_) panel->set_crosshair(shown);
}

void PlotGrid::fit() {
  for (std::size_t i = 0; i < scenes_.size(); ++i) panels_[i]->fit();
}

void PlotGrid::follow_view(const PlotWidget& leader) {
  if (is_following_) return;
  is_following_ = true;
  for (std::size_t i = 0; i < scenes_.size(); ++i) {
    if (panels_[i] != &leader) panels_[i]->follow(leader);
  }
  is_following_ = false;
  emit view_changed();
}

void PlotGrid::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), theme_.background);
  if (scenes_.size() > 1)
    PlotRenderer(figure_.legend, figure_.legend_layout, theme_, Target::screen).paint_surroundings(painter);
}

void PlotGrid::resizeEvent(QResizeEvent*) {
  const int columns = figure_.columns;
  figure_ = compute_figure_layout(scenes_, QRectF(rect()), theme_);
  // Which panels carry titles depends on the columns.
  if (figure_.columns != columns) arrange();
  place_panels();
}

void PlotGrid::mousePressEvent(QMouseEvent* event) {
  const auto row = legend_row_at(figure_.legend_layout, event->position());
  const bool hides = event->button() == Qt::MiddleButton && row && row->visible;
  if (row && (event->button() == Qt::LeftButton || hides)) emit legend_clicked(*row, false);
}

void PlotGrid::mouseDoubleClickEvent(QMouseEvent* event) {
  if (const auto row = legend_row_at(figure_.legend_layout, event->position())) emit legend_clicked(*row, true);
}

}  // namespace attnscope::gui::plot
