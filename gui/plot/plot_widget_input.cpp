// The part of PlotWidget that turns gestures and keys into views and selections.
#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "gui/plot/plot_accessible.h"
#include "gui/plot/plot_widget.h"

namespace attnscope::gui::plot {

bool PlotWidget::event(QEvent* event) {
  // These keys belong to the plot while it has the focus, whatever shortcut the window gives them.
  if (event->type() == QEvent::ShortcutOverride) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Backspace || key == Qt::Key_Escape || key == Qt::Key_Return || key == Qt::Key_Enter) {
      event->accept();
      return true;
    }
  }
  if (event->type() == QEvent::NativeGesture) {
    // Two fingers on a touchpad; each event tells the growth since the one before.
    const auto* gesture = static_cast<QNativeGestureEvent*>(event);
    refresh_geometry();
    if (gesture->gestureType() == Qt::ZoomNativeGesture && layout_.area.contains(gesture->position()) &&
        gesture->value() > -1) {
      zoom_at(gesture->position(), 1 / (1 + gesture->value()), true, true);
      return true;
    }
  }
  return QWidget::event(event);
}

bool PlotWidget::focusNextPrevChild(bool next) {
  if (overlapping_.size() < 2) return QWidget::focusNextPrevChild(next);
  const std::size_t count = overlapping_.size();
  overlapping_at_ = (overlapping_at_ + (next ? 1 : count - 1)) % count;
  set_hovered(overlapping_[overlapping_at_]);
  return true;
}

void PlotWidget::leaveEvent(QEvent*) { end_hover(); }

void PlotWidget::mouseMoveEvent(QMouseEvent* event) {
  const QPointF at = event->position();
  whole_column_ = event->modifiers().testFlag(Qt::ShiftModifier);
  if (drag_ == Drag::pressed && (at - drag_from_).manhattanLength() >= QApplication::startDragDistance()) {
    drag_ = Drag::rectangle;
  }
  if (drag_ == Drag::rectangle) {
    drag_to_ = at;
    update();
  } else if (drag_ == Drag::pan) {
    pan_to(at);
  } else if (drag_ == Drag::none) {
    hover(at);
  }
}

void PlotWidget::mousePressEvent(QMouseEvent* event) {
  refresh_geometry();
  const bool in_area = layout_.area.contains(event->position());
  drag_from_ = drag_to_ = event->position();
  if (event->button() == Qt::MiddleButton && in_area) {
    drag_ = Drag::pan;
    drag_view_ = view();
    history_->push(drag_view_);
    setCursor(Qt::ClosedHandCursor);
  } else if (event->button() == Qt::MiddleButton) {
    const auto row = legend_row_at(layout_, event->position());
    if (row && row->visible) emit legend_clicked(*row, false);
  } else if (event->button() == Qt::LeftButton) {
    if (const auto row = legend_row_at(layout_, event->position())) {
      emit legend_clicked(*row, false);
    } else {
      drag_ = Drag::pressed;
    }
  }
}

void PlotWidget::mouseReleaseEvent(QMouseEvent* event) {
  const Drag finished = std::exchange(drag_, Drag::none);
  if (finished == Drag::rectangle) {
    zoom_to_rectangle();
  } else if (finished == Drag::pan) {
    setCursor(Qt::ArrowCursor);
  } else if (finished == Drag::pressed && event->button() == Qt::LeftButton) {
    // After Tab the chosen one of several overlapping points is meant, not the nearest.
    const bool same_place = cursor_ && (*cursor_ - event->position()).manhattanLength() < 2;
    if (!same_place || !hovered_) hover(event->position());
    activate(event->modifiers().testFlag(Qt::ControlModifier));
  }
  update();
}

void PlotWidget::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  if (const auto row = legend_row_at(layout_, event->position())) {
    emit legend_clicked(*row, true);
  } else if (layout_.area.contains(event->position())) {
    fit();
  }
}

void PlotWidget::wheelEvent(QWheelEvent* event) {
  refresh_geometry();
  const QPointF at = event->position();
  if (!layout_.area.contains(at)) return event->ignore();
  // Some systems turn Shift or Alt into a horizontal wheel.
  const double turned = event->angleDelta().y() != 0 ? event->angleDelta().y() : event->angleDelta().x();
  if (turned == 0) return event->ignore();
  zoom_at(at, std::pow(1.0015, -turned), !event->modifiers().testFlag(Qt::ShiftModifier),
          !event->modifiers().testFlag(Qt::ControlModifier));
  event->accept();
}

void PlotWidget::zoom_at(QPointF at, double factor, bool along_x, bool along_y) {
  // One turn of the wheel is one step of the history.
  constexpr qint64 same_gesture_ms = 400;
  if (!since_wheel_.isValid() || since_wheel_.elapsed() > same_gesture_ms) history_->push(view());
  since_wheel_.start();
  const QPointF anchor = Projection(scene_, layout_).value(at);
  View zoomed_view = view();
  if (along_x) zoomed_view.x = zoomed(scene_.x.scale, zoomed_view.x, anchor.x(), factor);
  if (along_y) zoomed_view.y = zoomed(scene_.y.scale, zoomed_view.y, anchor.y(), factor);
  hovered_.reset();
  show_view(zoomed_view);
}

void PlotWidget::activate(bool mark) {
  if (!hovered_ || !is_selectable(scene_, *hovered_)) return;
  if (mark) {
    emit point_marked(key_of(scene_, *hovered_));
  } else {
    emit point_activated(key_of(scene_, *hovered_));
  }
}

QRectF PlotWidget::drag_rectangle() const {
  return QRectF(drag_from_, drag_to_).normalized().intersected(layout_.area);
}

void PlotWidget::zoom_to_rectangle() {
  constexpr double smallest = 6;
  const QRectF rectangle = drag_rectangle();
  if (rectangle.width() < smallest || rectangle.height() < smallest) return;
  const Projection projection(scene_, layout_);
  const QPointF low = projection.value(rectangle.bottomLeft()), high = projection.value(rectangle.topRight());
  history_->push(view());
  show_view({{low.x(), high.x()}, {low.y(), high.y()}});
}

void PlotWidget::pan_to(QPointF at) {
  const QPointF moved = at - drag_from_;
  show_view({shifted(scene_.x.scale, drag_view_.x, -moved.x() / layout_.area.width()),
             shifted(scene_.y.scale, drag_view_.y, moved.y() / layout_.area.height())});
}

void PlotWidget::walk(Direction direction) {
  std::optional<Hit> from = hovered_;
  if (!from && selected_) from = find_key(scene_, *selected_);
  const std::optional<Hit> hit = from ? next_stop(scene_, *from, direction) : first_stop(scene_);
  if (!hit) return;
  overlapping_.clear();
  set_hovered(hit);
  announce(*this, *hit);
}

void PlotWidget::keyPressEvent(QKeyEvent* event) {
  const bool alt = event->modifiers().testFlag(Qt::AltModifier);
  switch (event->key()) {
    case Qt::Key_Backspace:
      view_back();
      return;
    case Qt::Key_Left:
      alt ? view_back() : walk(Direction::left);
      return;
    case Qt::Key_Right:
      alt ? view_forward() : walk(Direction::right);
      return;
    case Qt::Key_Up:
      walk(Direction::up);
      return;
    case Qt::Key_Down:
      walk(Direction::down);
      return;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      activate(event->modifiers().testFlag(Qt::ControlModifier));
      return;
    case Qt::Key_Escape:
      if (drag_ != Drag::none) {
        if (drag_ == Drag::pan) show_view(drag_view_);
        drag_ = Drag::none;
        update();
      } else {
        end_hover();
        emit selection_cleared();
      }
      return;
    default:
      QWidget::keyPressEvent(event);
  }
}

}  // namespace attnscope::gui::plot
