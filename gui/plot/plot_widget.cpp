#include "gui/plot/plot_widget.h"

#include <QEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "gui/plot/plot_accessible.h"
#include "gui/plot/readout.h"
#include "gui/plot/renderer.h"

namespace attnscope::gui::plot {

PlotWidget::PlotWidget(QWidget* parent) : QWidget(parent), theme_(Theme::light()) {
  install_plot_accessibility();  // before anything asks for the widget's interface
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setAccessibleName(tr("Plot"));
  gesture_end_.setSingleShot(true);
  gesture_end_.setInterval(150);
  connect(&gesture_end_, &QTimer::timeout, this, [this] {
    in_gesture_ = false;
    picture_is_stale_ = true;
    update();
  });
}

void PlotWidget::set_scene(PlotScene scene) {
  const bool keeps_view = !scene.identity.isEmpty() && scene.identity == scene_.identity && !is_fitted();
  const View shown = view();
  scene_ = std::move(scene);
  ++revision_;
  if (!keeps_view) {
    fitted_ = view();
    history_->clear();
  } else {
    fitted_ = view();
    scene_.x.range = shown.x;
    scene_.y.range = shown.y;
  }
  hovered_.reset();
  overlapping_.clear();
  setAccessibleDescription(text_summary(scene_));
  invalidate();
}

void PlotWidget::set_theme(const Theme& theme) {
  theme_ = theme;
  invalidate();
}

const PlotLayout& PlotWidget::current_layout() {
  refresh_geometry();
  return layout_;
}

std::optional<QPointF> PlotWidget::position_of(std::uint64_t key) {
  const auto hit = find_key(scene_, key);
  return hit ? position_of(*hit) : std::nullopt;
}

std::optional<QPointF> PlotWidget::position_of(const Hit& hit) {
  refresh_geometry();
  return PlotRenderer(scene_, layout_, theme_, Target::screen).position(hit);
}

void PlotWidget::set_selected(std::optional<std::uint64_t> key) {
  if (selected_ == key) return;
  selected_ = key;
  update();
}

void PlotWidget::set_highlighted(std::optional<std::uint64_t> key) {
  if (highlighted_ == key) return;
  highlighted_ = key;
  update();
}

void PlotWidget::set_chosen(const std::vector<std::uint64_t>& keys) {
  if (chosen_ == keys) return;
  chosen_ = keys;
  update();
}

void PlotWidget::set_marked(const std::vector<std::uint64_t>& keys) {
  if (marked_ == keys) return;
  marked_ = keys;
  update();
}

void PlotWidget::set_crosshair(bool shown) {
  crosshair_ = shown;
  update();
}

void PlotWidget::set_view(const View& view) {
  if (view == this->view()) return;
  history_->push(this->view());
  show_view(view);
}

void PlotWidget::fit() {
  if (is_fitted()) return;
  history_->push(view());
  show_view(fitted_);
}

void PlotWidget::view_back() {
  if (const auto view = history_->back(this->view())) show_view(*view);
}

void PlotWidget::view_forward() {
  if (const auto view = history_->forward(this->view())) show_view(*view);
}

void PlotWidget::follow(const PlotWidget& leader) {
  View followed = view();
  if (fitted_.x == leader.fitted_.x) followed.x = leader.view().x;
  if (fitted_.y == leader.fitted_.y) followed.y = leader.view().y;
  if (followed == view()) return;
  scene_.x.range = followed.x;
  scene_.y.range = followed.y;
  invalidate(true);
}

void PlotWidget::show_view(const View& view) {
  scene_.x.range = view.x;
  scene_.y.range = view.y;
  invalidate(true);
  emit view_changed();
}

void PlotWidget::invalidate(bool gesture) {
  geometry_is_stale_ = true;
  picture_is_stale_ = true;
  in_gesture_ = gesture;
  if (gesture) gesture_end_.start();
  update();
}

void PlotWidget::refresh_geometry() {
  if (!geometry_is_stale_) return;
  layout_ = compute_layout(scene_, QRectF(rect()), theme_);
  index_ = HitIndex(scene_, layout_);
  geometry_is_stale_ = false;
}

void PlotWidget::paintEvent(QPaintEvent*) {
  refresh_geometry();
  const double ratio = devicePixelRatioF();
  const QSize pixels = (QSizeF(size()) * ratio).toSize();
  if (picture_.size() != pixels || picture_.devicePixelRatio() != ratio) {
    picture_ = QImage(pixels, QImage::Format_RGB32);
    picture_.setDevicePixelRatio(ratio);
    picture_is_stale_ = true;
  }
  if (picture_is_stale_) {
    QPainter painter(&picture_);
    PlotRenderer(scene_, layout_, theme_, in_gesture_ ? Target::draft : Target::screen).paint(painter);
    picture_is_stale_ = false;
  }
  QPainter painter(this);
  painter.drawImage(QPointF(), picture_);
  paint_overlay(painter);
}

void PlotWidget::paint_overlay(QPainter& painter) {
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(theme_.font);
  const PlotRenderer renderer(scene_, layout_, theme_, Target::screen);
  std::optional<Hit> focus = hovered_;
  if (!focus && highlighted_) focus = find_key(scene_, *highlighted_);
  if (focus && drag_ == Drag::none) {
    renderer.paint_focus(painter, {&*focus, 1});
  } else if (!focus) {
    renderer.paint_focus(painter, find_keys(scene_, chosen_));
  }
  if (selected_) {
    if (const auto hit = find_key(scene_, *selected_)) renderer.paint_ring(painter, *hit, 8);
  }
  paint_marks(painter, renderer);
  if (drag_ == Drag::rectangle) {
    QColor fill = theme_.text;
    fill.setAlphaF(0.08F);
    painter.setPen(QPen(theme_.muted_text, 1, Qt::DashLine));
    painter.setBrush(fill);
    painter.drawRect(drag_rectangle());
    return;
  }
  if (cursor_ && crosshair_ && layout_.area.contains(*cursor_)) {
    painter.setPen(QPen(theme_.muted_text, 1, Qt::DotLine));
    painter.drawLine(QLineF(cursor_->x(), layout_.area.top(), cursor_->x(), layout_.area.bottom()));
    painter.drawLine(QLineF(layout_.area.left(), cursor_->y(), layout_.area.right(), cursor_->y()));
  }
  if (focus && !(is_selectable(scene_, *focus) && key_of(scene_, *focus) == selected_))
    renderer.paint_ring(painter, *focus, 6);
  const QStringList lines = readout_lines();
  if (!lines.isEmpty()) paint_readout(painter, lines);
}

void PlotWidget::paint_marks(QPainter& painter, const PlotRenderer& renderer) {
  constexpr double radius = 10, tag = 14;
  for (std::size_t i = 0; i < marked_.size(); ++i) {
    const auto hit = find_key(scene_, marked_[i]);
    const auto at = hit ? renderer.position(*hit) : std::nullopt;
    if (!at) continue;
    renderer.paint_ring(painter, *hit, radius);
    const QRectF box(*at + QPointF(radius * 0.4, -radius - tag * 0.8), QSizeF(tag, tag));
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme_.text);
    painter.drawEllipse(box);
    painter.setPen(theme_.background);
    painter.drawText(box, Qt::AlignCenter, QString::number(i + 1));
  }
}

QStringList PlotWidget::readout_lines() const {
  if (drag_ != Drag::none) return {};
  if (hovered_) {
    if (!whole_column_ || hovered_->kind == Hit::Kind::cell) return readout(scene_, *hovered_);
    const double x = hovered_->kind == Hit::Kind::point ? scene_.curves[hovered_->item].points[hovered_->point].x
                                                        : scene_.failed[hovered_->item].x;
    return readout_column(scene_, x);
  }
  return {};
}

void PlotWidget::paint_readout(QPainter& painter, const QStringList& lines) {
  const QFontMetricsF metrics(theme_.font);
  QFont bold = theme_.font;
  bold.setBold(true);
  double width = QFontMetricsF(bold).horizontalAdvance(lines.front());
  for (const QString& line : lines) width = std::max(width, metrics.horizontalAdvance(line));
  const QPointF at = hovered_ ? PlotRenderer(scene_, layout_, theme_, Target::screen)
                                    .position(*hovered_)
                                    .value_or(cursor_.value_or(QPointF()))
                              : cursor_.value_or(QPointF());
  constexpr double offset = 14;
  QRectF box(at + QPointF(offset, offset),
             QSizeF(width + 16, static_cast<double>(lines.size()) * metrics.height() + 12));
  const QRectF bounds(rect());
  if (box.right() > bounds.right()) box.moveRight(at.x() - offset);
  if (box.bottom() > bounds.bottom()) box.moveBottom(at.y() - offset);
  box.moveLeft(std::max(box.left(), bounds.left()));
  box.moveTop(std::max(box.top(), bounds.top()));
  QColor paper = theme_.background;
  paper.setAlphaF(0.95F);
  painter.setPen(QPen(theme_.frame, 1));
  painter.setBrush(paper);
  painter.drawRoundedRect(box, 4, 4);
  painter.setPen(theme_.text);
  double y = box.top() + 6 + metrics.ascent();
  for (qsizetype i = 0; i < lines.size(); ++i, y += metrics.height()) {
    painter.setFont(i == 0 ? bold : theme_.font);
    painter.drawText(QPointF(box.left() + 8, y), lines[i]);
  }
  painter.setFont(theme_.font);
}

void PlotWidget::resizeEvent(QResizeEvent*) { invalidate(); }

void PlotWidget::changeEvent(QEvent* event) {
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) invalidate();
  QWidget::changeEvent(event);
}

void PlotWidget::set_hovered(std::optional<Hit> hit) {
  if (hovered_ == hit) return;
  hovered_ = hit;
  if (hit && is_selectable(scene_, *hit)) {
    emit point_hovered(key_of(scene_, *hit));
  } else {
    emit hover_ended();
  }
  update();
}

void PlotWidget::hover(QPointF at) {
  constexpr double reach = 24, overlap = 6;
  refresh_geometry();
  cursor_ = at;
  overlapping_ = index_.all_within(at, overlap);
  overlapping_at_ = 0;
  set_hovered(index_.nearest(at, reach));
  const bool on_legend = legend_row_at(layout_, at).has_value();
  setCursor(on_legend ? Qt::PointingHandCursor : Qt::ArrowCursor);
  update();
}

void PlotWidget::end_hover() {
  cursor_.reset();
  overlapping_.clear();
  set_hovered(std::nullopt);
  update();
}

}  // namespace attnscope::gui::plot
