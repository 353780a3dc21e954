#include "gui/plot/scene_labels.h"

#include <QFontMetricsF>
#include <QTransform>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "gui/plot/clip_geometry.h"
#include "gui/plot/label_placer.h"
#include "gui/plot/scene_geometry.h"

namespace attnscope::gui::plot {
namespace {

// Small boxes along a line, for labels to keep clear of.
void add_boxes_along(const QLineF& line, std::vector<QRectF>& boxes) {
  constexpr double step = 8, half = 4;
  const int pieces = std::max(1, static_cast<int>(line.length() / step));
  for (int k = 0; k <= pieces; ++k)
    boxes.emplace_back(line.pointAt(1.0 * k / pieces) - QPointF(half, half), QSizeF(2 * half, 2 * half));
}

class Placer {
 public:
  Placer(const PlotScene& scene, const PlotLayout& layout, const Theme& theme)
      : scene_(scene),
        layout_(layout),
        theme_(theme),
        to_(scene, layout),
        metrics_(theme.font),
        inside_(layout.area.adjusted(2, 2, -2, -2)) {}

  std::vector<PlacedLabel> place() {
    place_reference_lines();
    place_regions();
    collect_curves();
    place_notes();
    place_ends();
    place_points();
    return std::move(labels_);
  }

 private:
  void keep(PlacedLabel label) {
    texts_.push_back(label.box);
    labels_.push_back(std::move(label));
  }
  bool is_free(const QRectF& box) const {
    return inside_.contains(box) &&
           std::none_of(texts_.begin(), texts_.end(), [&](const QRectF& text) { return text.intersects(box); });
  }
  QSizeF size_of(const QString& text) const { return {metrics_.horizontalAdvance(text), metrics_.height()}; }
  // Places beside the anchors, clear of all texts so far and of `more`.
  std::vector<std::optional<QRectF>> beside(const std::vector<NoteRequest>& requests, std::vector<QRectF> more) const {
    more.insert(more.end(), texts_.begin(), texts_.end());
    return place_beside(requests, more, inside_);
  }

  // Along the line, upright, near the end where it leaves the frame; above it, or below where there is no room above.
  void place_reference_lines() {
    for (const ReferenceLine& line : scene_.reference_lines) {
      const auto part = visible_part(scene_, layout_, line);
      if (!part) continue;
      add_boxes_along(*part, lines_);
      const QSizeF size = size_of(line.label);
      if (line.label.isEmpty() || part->length() < size.width() + 16) continue;
      const QLineF along = part->dx() < 0 ? QLineF(part->p2(), part->p1()) : *part;
      const double angle = std::atan2(along.dy(), along.dx());
      const QPointF direction(std::cos(angle), std::sin(angle)), up(std::sin(angle), -std::cos(angle));
      const double from_end = size.width() / 2 + 8, off = size.height() / 2 + 1;
      const std::array places{along.length() - from_end, from_end, along.length() / 2};
      for (std::size_t i = 0; i < 2 * places.size(); ++i) {
        const QPointF centre = along.p1() + direction * places[i / 2] + up * (i % 2 == 0 ? off : -off);
        const QRectF box = QTransform()
                               .translate(centre.x(), centre.y())
                               .rotateRadians(angle)
                               .mapRect(QRectF(QPointF(-size.width() / 2, -size.height() / 2), size));
        if (!is_free(box)) continue;
        keep({PlacedLabel::Kind::line, line.label, box, line.slot, angle * 180 / std::numbers::pi, {}});
        break;
      }
    }
  }

  // In a corner.
  void place_regions() {
    for (const Region& region : scene_.regions) {
      const QRectF part = visible_part(scene_, layout_, region).adjusted(5, 3, -5, -3);
      const QSizeF size = size_of(region.label);
      if (region.label.isEmpty() || size.width() > part.width() || size.height() > part.height()) continue;
      const QPointF far(part.right() - size.width(), part.bottom() - size.height());
      for (const QPointF& corner : {part.topLeft(), QPointF(far.x(), part.top()), QPointF(part.left(), far.y()), far}) {
        const QRectF box(corner, size);
        if (!is_free(box)) continue;
        keep({PlacedLabel::Kind::region, region.label, box, region.slot, 0, {}});
        break;
      }
    }
  }

  void collect_curves() {
    const bool wants_labels = std::any_of(scene_.curves.begin(), scene_.curves.end(), [](const Curve& curve) {
      return !curve.end_label.isEmpty() ||
             std::any_of(curve.points.begin(), curve.points.end(), [](auto& point) { return !point.label.isEmpty(); });
    });
    if (!wants_labels && scene_.notes.empty()) return;
    for (const Curve& curve : scene_.curves) {
      if (!curve.visible) continue;
      if (curve.dash != Dash::none) {
        for (const QPolygonF& run : polylines(scene_, to_, curve)) {
          for (const QPolygonF& part : clip_polyline(layout_.area, run)) {
            for (qsizetype i = 1; i < part.size(); ++i) add_boxes_along(QLineF(part[i - 1], part[i]), lines_);
          }
        }
      }
      if (curve.marker == Marker::none) continue;
      for (const CurvePoint& point : curve.points) {
        if (!is_drawable(scene_, point)) continue;
        const double half = marker_half(point, theme_);
        const QRectF marker(to_.pixel(point.x, point.y) - QPointF(half, half), QSizeF(2 * half, 2 * half));
        if (marker.intersects(layout_.area)) markers_.push_back(marker);
      }
    }
  }

  void place_notes() {
    std::vector<NoteRequest> requests;
    std::vector<const Note*> notes;
    std::vector<QRectF> anchors;
    for (const Note& note : scene_.notes) {
      if (!is_drawable(scene_, {note.at.x(), note.at.y(), {}})) continue;
      const QPointF at = to_.pixel(note.at.x(), note.at.y());
      if (!layout_.area.contains(at)) continue;
      requests.push_back({at, size_of(note.text) + QSizeF(10, 4)});
      notes.push_back(&note);
      anchors.emplace_back(at - QPointF(6, 6), QSizeF(12, 12));
    }
    // Rather over a curve than nowhere: somebody wrote the text to be read.
    std::vector<QRectF> curves = anchors;
    curves.insert(curves.end(), lines_.begin(), lines_.end());
    curves.insert(curves.end(), markers_.begin(), markers_.end());
    for (std::size_t i = 0; i < notes.size(); ++i) {
      auto place = beside({requests[i]}, curves).front();
      if (!place) place = beside({requests[i]}, anchors).front();
      if (!place) continue;
      keep({PlacedLabel::Kind::note, notes[i]->text, *place, neutral_slot, 0, leader_of(*notes[i], *place)});
    }
  }

  std::optional<QLineF> leader_of(const Note& note, const QRectF& box) const {
    const QPointF target = note.anchor.value_or(note.at);
    if (!note.anchor || !is_drawable(scene_, {target.x(), target.y(), {}})) return std::nullopt;
    return clip_segment(layout_.area, QLineF(box.center(), to_.pixel(target.x(), target.y())));
  }

  void place_ends() {
    if (layout_.end_labels.width() <= 0) return;
    constexpr double near_edge = 70;
    struct End {
      const Curve* curve;
      QPointF at;
    };
    std::vector<End> in_gutter;
    for (const Curve& curve : scene_.curves) {
      if (!curve.visible || curve.end_label.isEmpty()) continue;
      const auto is_shown = [&](const CurvePoint& point) {
        return is_drawable(scene_, point) && layout_.area.contains(to_.pixel(point.x, point.y));
      };
      const auto last = std::find_if(curve.points.rbegin(), curve.points.rend(), is_shown);
      if (last == curve.points.rend()) continue;
      const QPointF at = to_.pixel(last->x, last->y);
      // A curve that ends early, for want of memory say, keeps its name where it ends, if there is room.
      std::optional<QRectF> place;
      if (layout_.area.right() - at.x() >= near_edge) place = beside({{at, size_of(curve.end_label)}}, lines_).front();
      if (place) {
        keep({PlacedLabel::Kind::end, curve.end_label, *place, curve.slot, 0, {}});
      } else {
        in_gutter.push_back({&curve, at});
      }
    }
    std::vector<LabelRequest> requests;
    for (const End& end : in_gutter) requests.push_back({end.at.y(), metrics_.height() * 0.98});
    const auto centres = place_along_line(requests, layout_.area.top(), layout_.area.bottom());
    for (std::size_t i = 0; i < in_gutter.size(); ++i) {
      if (!centres[i]) continue;
      const auto& [curve, at] = in_gutter[i];
      const double x = layout_.end_labels.left() + 12;
      const bool is_far = layout_.area.right() - at.x() >= near_edge;
      std::optional<QLineF> leader;
      if (is_far || std::abs(*centres[i] - at.y()) > metrics_.height() * 0.6) {
        const double from = is_far ? at.x() + theme_.marker_size + 2 : layout_.area.right() + 1;
        leader = QLineF(from, at.y(), x - 2, *centres[i]);
      }
      // Not kept among the texts: the gutter lies outside the frame, where no other label goes.
      const double height = metrics_.height() * 0.98;
      labels_.push_back({PlacedLabel::Kind::end, curve->end_label,
                         QRectF(x, *centres[i] - height / 2, metrics_.horizontalAdvance(curve->end_label), height),
                         curve->slot, 0, leader});
    }
  }

  void place_points() {
    std::vector<NoteRequest> requests;
    std::vector<std::pair<const QString*, int>> texts;  // with the slot
    for (const Curve& curve : scene_.curves) {
      if (!curve.visible) continue;
      for (const CurvePoint& point : curve.points) {
        if (point.label.isEmpty() || !is_drawable(scene_, point)) continue;
        const QPointF at = to_.pixel(point.x, point.y);
        if (!layout_.area.contains(at)) continue;
        const double reach = std::max(0.0, marker_half(point, theme_) - theme_.marker_size) * 0.7;
        requests.push_back({at, size_of(point.label), reach});
        texts.emplace_back(&point.label, curve.slot);
      }
    }
    std::vector<QRectF> more = lines_;
    more.insert(more.end(), markers_.begin(), markers_.end());
    const auto places = beside(requests, std::move(more));
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i]) keep({PlacedLabel::Kind::point, *texts[i].first, *places[i], texts[i].second, 0, {}});
    }
  }

  const PlotScene& scene_;
  const PlotLayout& layout_;
  const Theme& theme_;
  const Projection to_;
  const QFontMetricsF metrics_;
  const QRectF inside_;
  std::vector<QRectF> texts_, lines_, markers_;
  std::vector<PlacedLabel> labels_;
};

}  // namespace

std::vector<PlacedLabel> place_labels(const PlotScene& scene, const PlotLayout& layout, const Theme& theme) {
  return Placer(scene, layout, theme).place();
}

}  // namespace attnscope::gui::plot
