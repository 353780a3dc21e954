// Where labels go so that they never cover each other.
#pragma once

#include <QRectF>
#include <QSizeF>
#include <optional>
#include <span>
#include <vector>

namespace attnscope::gui::plot {

struct LabelRequest {
  double anchor;  // where its centre would like to be
  double height;
  double priority = 0;  // when there is no room for all, the lowest goes first
};

// Centres along one line, each as near to its anchor as the others allow (least squares), all within [lo, hi] and none
// overlapping; nullopt for labels that had to be left out. In the order of the requests.
std::vector<std::optional<double>> place_along_line(std::span<const LabelRequest> requests, double lo, double hi);

struct NoteRequest {
  QPointF anchor;
  QSizeF size;
  double reach = 0;  // radius around the anchor that its own marker takes
};

// A rectangle beside each anchor, inside `bounds`, overlapping neither an obstacle nor an earlier label; nullopt when
// no place near the anchor is free.
std::vector<std::optional<QRectF>> place_beside(std::span<const NoteRequest> requests,
                                                std::span<const QRectF> obstacles, const QRectF& bounds);

}  // namespace attnscope::gui::plot
