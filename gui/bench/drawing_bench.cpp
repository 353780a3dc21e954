#include "gui/bench/drawing_bench.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QImage>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <QWindow>
#include <algorithm>
#include <cmath>
#include <vector>

#include "gui/plot/plot_widget.h"
#include "gui/plot/renderer.h"

namespace attnscope::gui::bench {
namespace {

constexpr QSize size(900, 600);

template <typename Work>
double median_ms(int repeat, Work work) {
  std::vector<double> times;
  for (int i = 0; i < repeat; ++i) {
    QElapsedTimer clock;
    clock.start();
    work(i);
    times.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

plot::PlotScene curves(int count, int points) {
  plot::PlotScene scene;
  scene.identity = QStringLiteral("curves");
  scene.x = {plot::Scale::log2, {}, QStringLiteral("N"), plot::Quantity::count};
  scene.y = {plot::Scale::log10, {}, QStringLiteral("time"), plot::Quantity::time_ns};
  for (int c = 0; c < count; ++c) {
    plot::Curve curve;
    curve.name = curve.group = QStringLiteral("curve %1").arg(c);
    curve.slot = c;
    curve.marker = static_cast<plot::Marker>(1 + c % 8);
    for (int i = 0; i < points; ++i) {
      const double n = std::exp2(6 + 0.5 * i), y = 1e4 * (1 + c) * std::pow(n / 64, 1 + c % 5 * 0.25);
      plot::CurvePoint point{n, y, plot::Range{y * 0.8, y * 1.25}};
      point.key = static_cast<std::uint64_t>(c * points + i);
      curve.points.push_back(point);
    }
    scene.curves.push_back(std::move(curve));
  }
  fit_axes(scene);
  return scene;
}

plot::PlotScene scatter(int points) {
  plot::PlotScene scene;
  scene.x = {plot::Scale::linear, {}, QStringLiteral("x"), plot::Quantity::plain};
  scene.y = {plot::Scale::linear, {}, QStringLiteral("y"), plot::Quantity::plain};
  plot::Curve cloud;
  cloud.name = cloud.group = QStringLiteral("cloud");
  cloud.dash = plot::Dash::none;
  for (int i = 0; i < points; ++i)
    cloud.points.push_back({std::sin(i * 12.9898) + std::cos(i * 78.233), std::sin(i * 37.719) + std::cos(i * 4.581)});
  scene.curves = {std::move(cloud)};
  fit_axes(scene);
  return scene;
}

double picture_ms(int repeat, const plot::PlotScene& scene, double ratio) {
  const plot::Theme theme = plot::Theme::light();
  QImage image(size * ratio, QImage::Format_RGB32);
  image.setDevicePixelRatio(ratio);
  return median_ms(repeat, [&](int) {
    QPainter painter(&image);
    const plot::PlotLayout layout = compute_layout(scene, QRectF(QPointF(), QSizeF(size)), theme);
    plot::PlotRenderer(scene, layout, theme, plot::Target::screen).paint(painter);
  });
}

}  // namespace

DrawingTimes measure_drawing(int repeat) {
  const plot::PlotScene many = curves(60, 20);
  plot::PlotWidget widget;
  widget.resize(size);
  widget.set_scene(many);
  widget.show();
  while (!widget.windowHandle() || !widget.windowHandle()->isExposed()) QApplication::processEvents();
  widget.repaint();

  DrawingTimes times;
  times.hover_ms = median_ms(20 * repeat, [&](int i) {
    const auto key = static_cast<std::uint64_t>(i * 137 % (60 * 20));
    const QPointF at = widget.position_of(key).value_or(QPointF(300, 300));
    QMouseEvent move(QEvent::MouseMove, at, widget.mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QApplication::sendEvent(&widget, &move);
    widget.repaint();
  });
  times.gesture_ms = median_ms(5 * repeat, [&](int i) {
    const QPointF at(400, 250);
    QWheelEvent wheel(at, widget.mapToGlobal(at), {}, QPoint(0, i % 2 == 0 ? 15 : -15), Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(&widget, &wheel);
    widget.repaint();
  });
  times.zoom_ms = picture_ms(3 * repeat, many, 1);
  times.sharp_ms = picture_ms(3 * repeat, many, 2);
  times.scatter_ms = picture_ms(3 * repeat, scatter(100'000), 1);
  return times;
}

}  // namespace attnscope::gui::bench
