#include "tests/gui/sample_scenes.h"

#include <array>
#include <cmath>

namespace attnscope::gui::testing {
namespace {

using namespace plot;

constexpr std::array names{"reference", "flash",        "sliding window", "longformer",         "big bird",
                           "linformer", "performer",    "reformer",       "linear transformer", "nystromformer",
                           "routing",   "sinkhorn",     "synthesizer",    "image transformer",  "memory compressed",
                           "axial",     "block sparse", "luna",           "cosformer"};

QString name_of(int i) {
  const auto count = static_cast<int>(names.size());
  const QString name = QLatin1String(names[static_cast<std::size_t>(i % count)]);
  return i < count ? name : name + QStringLiteral(" %1").arg(i / count + 1);
}

Marker marker_of(int i) { return static_cast<Marker>(1 + i % 8); }

Axis lengths() { return {Scale::log2, {}, "sequence length N (tokens)", Quantity::count}; }
Axis times() { return {Scale::log10, {}, "wall time (median)", Quantity::time_ns}; }

PlotScene fitted(PlotScene scene) {
  fit_axes(scene);
  return scene;
}

PlotScene scatter() {
  PlotScene scene;
  scene.title = "Samples";
  scene.x = {Scale::linear, {}, "run order", Quantity::plain};
  scene.y = {Scale::linear, {}, "wall time", Quantity::time_ns};
  Curve cloud;
  cloud.name = cloud.group = "samples";
  cloud.dash = Dash::none;
  for (int i = 0; i < 200; ++i)
    cloud.points.push_back({1.0 * i, 1e6 * (1 + 0.3 * std::sin(i * 12.9898) * std::cos(i))});
  scene.curves = {cloud};
  scene.reference_lines = {{ReferenceLine::Kind::horizontal, {0, 1e6}, {}, "median"}};
  return fitted(scene);
}

PlotScene pareto() {
  PlotScene scene;
  scene.title = "Accuracy against time at N = 4k";
  scene.x = {Scale::log10, {}, "wall time", Quantity::time_ns};
  scene.y = {Scale::linear, {}, "average accuracy (%)", Quantity::plain};
  for (int i = 0; i < 10; ++i) {
    Curve curve;
    curve.name = curve.group = name_of(i);
    curve.slot = i;
    curve.marker = Marker::disc;
    CurvePoint point{1e6 * std::exp2(i * 0.7), 40 + 3.0 * ((i * 7) % 10)};
    point.size = 1 + (i * 5) % 9;
    point.hollow = i % 3 == 1;
    point.label = curve.name;
    curve.points = {point};
    scene.curves.push_back(curve);
  }
  Curve front;
  front.name = front.group = "front";
  front.slot = neutral_slot;
  front.marker = Marker::none;
  front.dash = Dash::dashed;
  front.step = true;
  front.points = {{1e6, 45}, {4e6, 58}, {3e7, 67}, {8e7, 67}};
  scene.curves.push_back(front);
  scene.legend = false;
  return fitted(scene);
}

PlotScene roofline() {
  PlotScene scene;
  scene.title = "Roofline";
  scene.x = {Scale::log2, {}, "arithmetic intensity (FLOP/byte)", Quantity::plain};
  scene.y = {Scale::log10, {}, "FLOP/s", Quantity::per_second};
  Curve path;
  path.name = path.group = "flash";
  path.points = {{2, 1e10}, {8, 4e10}, {32, 9e10}};
  scene.curves = {path};
  scene.reference_lines = {{ReferenceLine::Kind::segment, {0.5, 5e9}, {20, 2e11}, "memory 10 GB/s", Dash::solid},
                           {ReferenceLine::Kind::segment, {20, 2e11}, {256, 2e11}, "peak 200 GFLOP/s", Dash::solid},
                           {ReferenceLine::Kind::vertical, {20, 0}, {}, "ridge", Dash::dotted},
                           {ReferenceLine::Kind::segment, {8, 1.2e10}, {8, 4e10}, "", Dash::dashed, 1, true}};
  scene.notes = {{{32, 3e10}, "2.3× below the roof", QPointF(32, 9e10)}};
  return fitted(scene);
}

PlotScene compare() {
  PlotScene scene;
  scene.title = "Ratio to the baseline";
  scene.x = {Scale::log2, {}, "ratio to baseline", Quantity::ratio};
  scene.y = {Scale::category, {}, "", Quantity::plain};
  scene.regions = {{{0.97, 1.03}, {-unbounded, unbounded}, neutral_slot, "no difference"}};
  scene.reference_lines = {{ReferenceLine::Kind::vertical, {1, 0}, {}, ""}};
  for (const int slot : {0, 1}) {
    Curve curve;
    curve.name = curve.group = slot == 0 ? "faster" : "slower";
    curve.slot = slot;
    curve.dash = Dash::none;
    curve.marker = slot == 0 ? Marker::triangle_down : Marker::triangle_up;
    for (int i = slot; i < 12; i += 2) curve.points.push_back({std::exp2((slot - 0.5) * 0.2 * i), 1.0 * i});
    scene.curves.push_back(curve);
  }
  for (int i = 0; i < 12; ++i) scene.y.categories << name_of(i);
  return fitted(scene);
}

PlotScene profile() {
  PlotScene scene;
  scene.title = "Pool over time";
  scene.x = {Scale::linear, {}, "time", Quantity::time_ns};
  scene.y = {Scale::linear, {}, "pool in use", Quantity::bytes};
  Curve pool;
  pool.name = pool.group = "pool";
  pool.step = true;
  pool.marker = Marker::none;
  for (int i = 0; i < 12; ++i) pool.points.push_back({i * 1e5, 1048576.0 * ((i * 5) % 7)});
  scene.curves = {pool};
  scene.regions = {{{2e5, 5e5}, {-unbounded, unbounded}, 2, "matmul"}, {{5e5, 9e5}, {}, 5, "softmax"}};
  scene.regions[1].y = {-unbounded, unbounded};
  return fitted(scene);
}

PlotScene taxonomy() {
  PlotScene scene;
  scene.title = "Classes of attention";
  scene.grid = false;
  scene.x = {Scale::linear, {}, "", Quantity::plain};
  scene.y = {Scale::category, {}, "", Quantity::plain};
  scene.y.categories = {"fixed patterns", "low rank", "recurrence"};
  for (int i = 0; i < 12; ++i) {
    Cell cell;
    cell.area = QRectF(i / 3, i % 3 - 0.5, 1, 1);
    cell.text = name_of(i);
    cell.name = cell.text + "\nN log N";
    cell.slot = i % 3;
    cell.group = scene.y.categories[i % 3];
    cell.key = static_cast<std::uint64_t>(i);
    scene.cells.push_back(cell);
  }
  return fitted(scene);
}

PlotScene with_names() {
  PlotScene scene = many_curves(9);
  scene.end_labels = true;
  for (Curve& curve : scene.curves) curve.end_label = curve.name;
  return scene;
}

PlotScene with_notes() {
  PlotScene scene = many_curves(3);
  scene.notes = {{{1024, 3e6}, "crossover"}, {{1200, 3.2e6}, "another"}, {{1300, 2.9e6}, "and one more"}};
  scene.intervals = IntervalStyle::bars;
  scene.caption = "2 cases are left out: they have no value here.";
  return scene;
}

PlotScene zoomed_in() {
  PlotScene scene = many_curves(6);
  scene.x.range = {900, 1500};
  scene.y.range = {1e6, 4e6};
  return scene;
}

PlotScene nothing() {
  PlotScene scene;
  scene.x = lengths();
  scene.y = times();
  scene.empty_message = "No case matches the filter.";
  return fitted(scene);
}

}  // namespace

PlotScene many_curves(int count) {
  PlotScene scene;
  scene.title = "Wall time over sequence length";
  scene.identity = "many";
  scene.x = lengths();
  scene.y = times();
  for (int c = 0; c < count; ++c) {
    Curve curve;
    curve.name = curve.group = name_of(c);
    curve.slot = c;
    curve.marker = marker_of(c);
    curve.note = QStringLiteral("n^%1").arg(1 + (c % 5) * 0.25, 0, 'f', 2);
    const bool fails = c % 4 == 3;
    for (double n = 256; n <= (fails ? 8192 : 32768); n *= 2) {
      const double y = (1e3 + 130 * c) * 200 * std::pow(n / 256, 1 + (c % 5) * 0.25);
      curve.points.push_back({n, y, Range{y * 0.85, y * 1.2}, false, static_cast<std::uint64_t>(c * 100000 + n)});
    }
    if (fails) {
      scene.failed.push_back(
          {16384, curve.name, curve.group, "oom: needs 34 GiB of 24 GiB", c, true, static_cast<std::uint64_t>(c)});
    }
    scene.curves.push_back(curve);
  }
  return fitted(scene);
}

PlotScene matrix(int rows, int columns, bool diverging) {
  PlotScene scene;
  scene.title = diverging ? "From which N is the row cheaper?" : "Wall time, variants × N";
  scene.x = {Scale::category, {}, "", Quantity::plain};
  scene.y = {Scale::category, {}, "", Quantity::plain};
  scene.diverging = diverging;
  scene.shade_key = diverging ? ShadeKey{"ratio", {"¼×", "1×", "4×"}} : ShadeKey{"time", {"1 µs", "1 ms", "1 s"}};
  for (int column = 0; column < columns; ++column)
    scene.x.categories << (diverging ? name_of(column) : format_quantity(Quantity::count, std::exp2(8 + column)));
  for (int row = 0; row < rows; ++row) {
    scene.y.categories << name_of(row);
    for (int column = 0; column < columns; ++column) {
      Cell cell;
      cell.area = unit_cell(column, row);
      const int value = row * 7 + column * 11;
      if (value % 13 != 0) cell.shade = value % 29 / 28.0;
      cell.text = value % 13 == 0 ? QStringLiteral("M") : QString::number(value % 29);
      cell.name = QStringLiteral("%1 at %2\n%3").arg(name_of(row), scene.x.categories[column], cell.text);
      cell.key = static_cast<std::uint64_t>(row * 100 + column);
      cell.selectable = value % 13 != 0;
      scene.cells.push_back(cell);
    }
  }
  return fitted(scene);
}

std::vector<SampleScene> sample_scenes() {
  return {{"bands", many_curves(4)},
          {"bars-notes", with_notes()},
          {"names", with_names()},
          {"thirty", many_curves(30)},
          {"zoomed", zoomed_in()},
          {"scatter", scatter()},
          {"pareto", pareto()},
          {"roofline", roofline()},
          {"compare", compare()},
          {"profile", profile()},
          {"matrix", matrix(12, 7, false)},
          {"crossover", matrix(14, 14, true)},
          {"taxonomy", taxonomy()},
          {"empty", nothing()}};
}

}  // namespace attnscope::gui::testing
