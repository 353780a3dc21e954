#include "gui/plot/scene.h"

#include <algorithm>
#include <limits>

namespace attnscope::gui::plot {
namespace {

class Extent {
 public:
  explicit Extent(Scale scale) : scale_(scale) {}
  void add(double value) {
    if (!is_drawable(scale_, value)) return;
    range_.lo = std::min(range_.lo, value);
    range_.hi = std::max(range_.hi, value);
  }
  Range with_margin(double fraction) const {
    if (range_.lo > range_.hi) return is_log(scale_) ? Range{1, 1024} : Range{0, 1};
    return padded(scale_, range_, fraction);
  }

 private:
  Scale scale_;
  Range range_{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
};

}  // namespace

bool is_drawable(const PlotScene& scene, const CurvePoint& point) {
  return is_drawable(scene.x.scale, point.x) && is_drawable(scene.y.scale, point.y);
}

std::size_t drawable_count(const PlotScene& scene) {
  std::size_t count = 0;
  for (const Curve& curve : scene.curves) {
    if (!curve.visible) continue;
    count += std::count_if(curve.points.begin(), curve.points.end(),
                           [&](const CurvePoint& point) { return is_drawable(scene, point); });
  }
  return count + std::count_if(scene.failed.begin(), scene.failed.end(), [&](const FailedMark& mark) {
           return mark.visible && is_drawable(scene.x.scale, mark.x);
         });
}

std::size_t undrawable_count(const PlotScene& scene) {
  std::size_t count = 0;
  for (const Curve& curve : scene.curves) {
    if (!curve.visible) continue;
    count += std::count_if(curve.points.begin(), curve.points.end(),
                           [&](const CurvePoint& point) { return !is_drawable(scene, point); });
  }
  return count;
}

void fit_axes(PlotScene& scene) {
  Extent x(scene.x.scale), y(scene.y.scale);
  for (const Curve& curve : scene.curves) {
    if (!curve.visible) continue;
    for (const CurvePoint& point : curve.points) {
      if (!is_drawable(scene, point)) continue;
      x.add(point.x);
      y.add(point.y);
      if (point.interval && scene.intervals != IntervalStyle::none) {
        y.add(point.interval->lo);
        y.add(point.interval->hi);
      }
    }
  }
  for (const FailedMark& mark : scene.failed) {
    if (mark.visible) x.add(mark.x);
  }
  scene.x.range = x.with_margin(0.04);
  scene.y.range = y.with_margin(0.05);
}

}  // namespace attnscope::gui::plot
