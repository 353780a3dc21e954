#include "gui/plot/label_placer.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace attnscope::gui::plot {
namespace {

// Labels that touch move as one block, whose best position is the mean of what its members want.
struct Block {
  double wish;    // sum over members of (anchor - offset inside the block)
  double height;  // of all members
  std::size_t first, count;
  double top(double lo, double hi) const {
    return std::clamp(wish / static_cast<double>(count), lo, std::max(lo, hi - height));
  }
};

}  // namespace

std::vector<std::optional<double>> place_along_line(std::span<const LabelRequest> requests, double lo, double hi) {
  std::vector<std::optional<double>> centres(requests.size());
  std::vector<std::size_t> kept(requests.size());
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  double total = 0;
  for (const LabelRequest& request : requests) total += request.height;

  std::stable_sort(kept.begin(), kept.end(),
                   [&](std::size_t a, std::size_t b) { return requests[a].priority > requests[b].priority; });
  while (!kept.empty() && total > hi - lo) {
    total -= requests[kept.back()].height;
    kept.pop_back();
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [&](std::size_t a, std::size_t b) { return requests[a].anchor < requests[b].anchor; });

  std::vector<Block> blocks;
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const LabelRequest& request = requests[kept[k]];
    blocks.push_back({request.anchor - request.height / 2, request.height, k, 1});
    while (blocks.size() > 1) {
      Block& before = blocks[blocks.size() - 2];
      const Block& last = blocks.back();
      if (before.top(lo, hi) + before.height <= last.top(lo, hi)) break;
      before.wish += last.wish - static_cast<double>(last.count) * before.height;
      before.height += last.height;
      before.count += last.count;
      blocks.pop_back();
    }
  }
  for (const Block& block : blocks) {
    double top = block.top(lo, hi);
    for (std::size_t k = block.first; k < block.first + block.count; ++k) {
      const double height = requests[kept[k]].height;
      centres[kept[k]] = top + height / 2;
      top += height;
    }
  }
  return centres;
}

std::vector<std::optional<QRectF>> place_beside(std::span<const NoteRequest> requests,
                                                std::span<const QRectF> obstacles, const QRectF& bounds) {
  constexpr double gap = 9;
  std::vector<QRectF> taken(obstacles.begin(), obstacles.end());
  std::vector<std::optional<QRectF>> places;
  for (const auto& [anchor, size, reach] : requests) {
    std::optional<QRectF> place;
    // Rings of growing distance; on each ring the places readers prefer first: right and above.
    for (int ring = 1; ring <= 4 && !place; ++ring) {
      const double d = gap * ring + reach, w = size.width(), h = size.height();
      const std::array<QPointF, 8> corners{{{d, -h - d / 2},
                                            {-w - d, -h - d / 2},
                                            {d, d / 2},
                                            {-w - d, d / 2},
                                            {-w / 2, -h - d},
                                            {-w / 2, d},
                                            {d, -h / 2},
                                            {-w - d, -h / 2}}};
      for (const QPointF& corner : corners) {
        const QRectF candidate(anchor + corner, size);
        const bool free = bounds.contains(candidate) && std::none_of(taken.begin(), taken.end(), [&](const QRectF& r) {
                            return r.intersects(candidate);
                          });
        if (free) {
          place = candidate;
          break;
        }
      }
    }
    if (place) taken.push_back(*place);
    places.push_back(place);
  }
  return places;
}

}  // namespace attnscope::gui::plot
