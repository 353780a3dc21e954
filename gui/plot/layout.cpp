#include "gui/plot/layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace attnscope::gui::plot {
namespace {

constexpr double margin = 10;
constexpr double tick_length = 6;
constexpr int most_lane_rows = 3;
constexpr double lane_gap = 5;   // for the upper half of a tick label at the top of the frame
constexpr double keys_gap = 14;  // between the plot and the legend beside it

QFont sized(const Theme& theme, int delta) {
  QFont font = theme.font;
  font.setPixelSize(std::max(6, theme.font.pixelSize() + delta));
  return font;
}

QFont with_size(const Theme& theme, int pixels) {
  QFont font = theme.font;
  font.setPixelSize(pixels);
  return font;
}

// The theme's size, or the largest at which the lines of all categories fit one under another along `length`.
int label_size(const Axis& axis, double length, const Theme& theme) {
  constexpr int smallest = 7;
  int size = theme.font.pixelSize();
  if (!axis.is_category()) return size;
  const double slot = length / std::max(1.0, axis.range.hi - axis.range.lo);
  const auto pitch = [&] { return QFontMetricsF(with_size(theme, size)).height() * crowded_share + crowded_gap; };
  while (size > smallest && pitch() > slot) --size;
  return size;
}

TickSpace tick_space_x(double pixels, const QFontMetricsF& metrics, bool turned) {
  if (turned) return {pixels, 1, [metrics](const QString&) { return metrics.ascent() + metrics.descent() * 0.5; }};
  return {pixels, metrics.averageCharWidth() * 2,
          [metrics](const QString& text) { return metrics.horizontalAdvance(text); }};
}

// Rows with names may stand closer than numbers: leaving every other one out would leave it without a name.
TickSpace tick_space_y(const Axis& axis, double pixels, const QFontMetricsF& metrics) {
  const double gap = axis.scale == Scale::category ? 0 : metrics.height() * 0.6;
  return {pixels, gap, [metrics](const QString&) { return metrics.height(); }};
}

// Marks that fit side by side between two neighbouring x of failed cases, and the rows that this takes.
struct LaneGrid {
  int per_row = 1, rows = 0;
};

LaneGrid lane_grid(const std::vector<double>& pixel_x) {
  std::map<double, int> count;  // by pixel
  for (double x : pixel_x) ++count[x];
  if (count.empty()) return {};
  double spacing = 1e9;
  int most = 0;
  const std::pair<const double, int>* previous = nullptr;
  for (const auto& entry : count) {
    if (previous) spacing = std::min(spacing, entry.first - previous->first);
    previous = &entry;
    most = std::max(most, entry.second);
  }
  LaneGrid grid;
  grid.per_row = std::clamp(static_cast<int>(spacing / failed_mark_pitch), 1, 6);
  grid.rows = std::clamp((most + grid.per_row - 1) / grid.per_row, 1, most_lane_rows);
  return grid;
}

std::vector<double> failed_pixels(const PlotScene& scene, double left, double right) {
  std::vector<double> pixels;
  for (const FailedMark& mark : scene.failed) {
    if (!mark.visible || !is_drawable(scene.x.scale, mark.x) || !scene.x.range.contains(mark.x)) continue;
    pixels.push_back(scene.x.to_pixel(mark.x, left, right));
  }
  return pixels;
}

double end_label_width(const PlotScene& scene, const QFontMetricsF& metrics) {
  double width = 0;
  for (const Curve& curve : scene.curves) {
    if (curve.visible && !curve.end_label.isEmpty())
      width = std::max(width, metrics.horizontalAdvance(curve.end_label));
  }
  return width == 0 ? 0 : width + 16;
}

double widest_label(const std::vector<Tick>& ticks, const QFontMetricsF& metrics) {
  double width = 0;
  for (const Tick& tick : ticks) width = std::max(width, metrics.horizontalAdvance(tick.label));
  return width;
}

QSizeF shade_key_size(const PlotScene& scene, const QFontMetricsF& metrics, double widest) {
  if (!scene.shade_key) return {};
  double width = metrics.horizontalAdvance(scene.shade_key->title), labels = 0;
  for (const QString& label : scene.shade_key->labels) labels += metrics.horizontalAdvance(label) + 10;
  width = std::max({width, labels, shade_key_narrowest});
  const double lines = scene.shade_key->title.isEmpty() ? 1 : 2;
  return {std::ceil(std::min(width, widest)), std::ceil(lines * metrics.height() + shade_key_ramp_height + 8)};
}

struct KeysPlace {
  LegendArrangement arrangement;
  bool beside = false;
};

// Beside the plot in one column or, where that is not enough, in two; without notes rather than without rows; else in
// lines below. The first that shows every row, or the one that leaves out the fewest.
KeysPlace choose_arrangement(std::vector<LegendRow>& rows, const QFontMetricsF& metrics, QSizeF inner, QSizeF key,
                             double above) {
  constexpr double widest_share = 0.4, highest_lines = 0.35, highest_with_notes = 0.2;
  const QSizeF room(inner.width(), inner.height() - above);
  std::vector<LegendRow> bare = rows;
  for (LegendRow& row : bare) row.note.clear();
  std::optional<KeysPlace> best;
  const auto consider = [&](const std::vector<LegendRow>& with, KeysPlace place) {
    if (best && best->arrangement.left_out <= place.arrangement.left_out) return;
    best = std::move(place);
    rows = with;
  };
  const std::vector<LegendRow> full = rows;
  for (const int columns : {1, 2}) {
    for (const auto& with : std::array{full, bare}) {
      KeysPlace place{arrange_in_columns(with, metrics, room, columns), true};
      if (std::max(place.arrangement.size.width(), key.width()) + keys_gap <= inner.width() * widest_share)
        consider(with, std::move(place));
    }
  }
  const QSizeF lines(inner.width(), inner.height() * highest_lines);
  KeysPlace below{arrange_in_lines(full, metrics, lines)};
  // A narrow figure (one column of a paper) has no room for the notes.
  const bool is_high = below.arrangement.size.height() > inner.height() * highest_with_notes;
  consider(is_high ? bare : full, is_high ? KeysPlace{arrange_in_lines(bare, metrics, lines)} : std::move(below));
  return *best;
}

// Whether names of categories of the x axis have no room side by side.
bool needs_turned_labels(const Axis& axis, double width, const QFontMetricsF& metrics) {
  if (!axis.is_category()) return false;
  const double slot = width / std::max(1.0, axis.range.hi - axis.range.lo);
  return std::any_of(axis.categories.begin(), axis.categories.end(), [&](const QString& name) {
    return metrics.horizontalAdvance(name) + metrics.averageCharWidth() > slot;
  });
}

}  // namespace

void place_keys(const PlotScene& scene, const Theme& theme, PlotLayout& layout, QRectF& inner) {
  constexpr double gap_below = 8;
  const QFontMetricsF metrics(theme.font);
  const QSizeF key = shade_key_size(scene, metrics, inner.width());
  if (layout.legend_entries.empty() && key.isEmpty()) return;
  const double above = key.isEmpty() ? 0 : key.height() + gap_below;
  const auto [arrangement, beside] = choose_arrangement(layout.legend_entries, metrics, inner.size(), key, above);
  QPointF at;
  if (beside) {
    const double width = std::max(arrangement.size.width(), key.width());
    inner.setRight(inner.right() - width - keys_gap);
    at = QPointF(inner.right() + keys_gap, inner.top() + above);
    if (!key.isEmpty()) layout.shade_key = QRectF(QPointF(at.x(), inner.top()), key);
  } else {
    if (!key.isEmpty()) {
      layout.shade_key = QRectF(QPointF(inner.left(), inner.bottom() - key.height()), key);
      inner.setBottom(layout.shade_key.top() - gap_below);
    }
    if (!layout.legend_entries.empty()) inner.setBottom(inner.bottom() - arrangement.size.height() - gap_below);
    at = QPointF(inner.left(), inner.bottom() + gap_below);
  }
  if (layout.legend_entries.empty()) return;
  layout.legend = QRectF(at, arrangement.size);
  for (const QRectF& row : arrangement.rows) layout.legend_rows.push_back(row.isNull() ? row : row.translated(at));
  layout.legend_left_out = arrangement.left_out;
  layout.legend_left_out_row = arrangement.left_out_row.translated(at);
}

std::optional<LegendRow> legend_row_at(const PlotLayout& layout, QPointF at) {
  const auto found = std::find_if(layout.legend_rows.begin(), layout.legend_rows.end(),
                                  [&](const QRectF& row) { return row.contains(at); });
  if (found == layout.legend_rows.end()) return std::nullopt;
  return layout.legend_entries[static_cast<std::size_t>(found - layout.legend_rows.begin())];
}

QRectF place_caption(const QString& caption, const Theme& theme, QRectF& inner) {
  if (caption.isEmpty()) return {};
  constexpr int most_lines = 3;
  const QFontMetricsF small(sized(theme, -1));
  const double wrapped = small.boundingRect(QRectF(0, 0, inner.width(), 1e4), Qt::TextWordWrap, caption).height();
  const double height = std::ceil(std::min(wrapped, most_lines * small.lineSpacing()));
  const QRectF place(inner.left(), inner.bottom() - height, inner.width(), height);
  inner.setBottom(place.top() - 4);
  return place;
}

PlotLayout compute_layout(const PlotScene& scene, const QRectF& outer, const Theme& theme) {
  const QFontMetricsF metrics(theme.font), large(sized(theme, 1));
  PlotLayout layout;
  layout.outer = outer;
  QRectF inner = outer.adjusted(margin, margin, -margin, -margin);

  if (!scene.title.isEmpty()) {
    layout.title = QRectF(inner.left(), inner.top(), inner.width(), std::ceil(large.height()));
    inner.setTop(layout.title.bottom() + 6);
  }
  layout.caption = place_caption(scene.caption, theme, inner);

  // Names at the curves replace the legend's rows, but not where they would take the room of the curves themselves.
  double names = scene.end_labels ? end_label_width(scene, metrics) : 0;
  if (names > inner.width() * 0.36) names = 0;
  if (scene.legend) {
    layout.legend_entries = build_legend(scene);
    if (names > 0) {
      std::erase_if(layout.legend_entries,
                    [](const LegendRow& row) { return row.kind == LegendRow::Kind::group && row.visible; });
    }
    place_keys(scene, theme, layout, inner);
  }
  if (names > 0) {
    layout.end_labels = QRectF(inner.right() - names, inner.top(), names, 0);
    inner.setRight(layout.end_labels.left());
  } else {
    inner.setRight(inner.right() - metrics.averageCharWidth() * 2);  // half of the last tick label
  }

  const double text = std::ceil(metrics.height());
  const double x_title = scene.x.title.isEmpty() ? 0 : text + 4;
  const double y_title = scene.y.title.isEmpty() ? 0 : text + 6;
  // Names of categories may be long; a share of the plot is all they get, and the renderer elides the rest.
  constexpr double widest_names = 0.35, highest_names = 0.3;
  double x_label_height = text;
  // The width of the frame is not known yet, but nearly.
  layout.x_labels_turned = needs_turned_labels(scene.x, inner.width() * 0.85 - y_title, metrics);
  layout.x_label_size = layout.y_label_size = theme.font.pixelSize();
  if (layout.x_labels_turned) {
    layout.x_label_size = label_size(scene.x, inner.width() * 0.85 - y_title, theme);
    const QFontMetricsF upright(with_size(theme, layout.x_label_size));
    for (const QString& name : scene.x.categories)
      x_label_height = std::max(x_label_height, std::ceil(upright.horizontalAdvance(name)));
    x_label_height = std::min(x_label_height, inner.height() * highest_names);
  }
  double bottom = inner.bottom() - x_title - x_label_height - tick_length - 4;
  layout.y_label_size = label_size(scene.y, bottom - inner.top() - 2, theme);
  const QFontMetricsF y_metrics(with_size(theme, layout.y_label_size));
  const double y_label_width =
      std::min(inner.width() * widest_names,
               widest_label(make_ticks(scene.y, tick_space_y(scene.y, bottom - inner.top(), y_metrics)), y_metrics));
  const double left = inner.left() + y_title + std::ceil(y_label_width) + tick_length + 4;

  double top = inner.top() + 2;
  if (std::any_of(scene.failed.begin(), scene.failed.end(), [](const FailedMark& mark) { return mark.visible; })) {
    const LaneGrid grid = lane_grid(failed_pixels(scene, left, inner.right()));
    layout.lane =
        QRectF(left, top, std::max(1.0, inner.right() - left), std::max(1, grid.rows) * failed_mark_pitch + 4);
    top = layout.lane.bottom() + lane_gap;
  }
  layout.area = QRectF(QPointF(left, top), QPointF(std::max(left + 1, inner.right()), std::max(top + 1, bottom)));
  layout.x_labels =
      QRectF(layout.area.left(), layout.area.bottom() + tick_length + 2, layout.area.width(), x_label_height);
  layout.x_title = QRectF(layout.area.left(), layout.x_labels.bottom() + 2, layout.area.width(), x_title);
  layout.y_labels = QRectF(inner.left() + y_title, layout.area.top(),
                           layout.area.left() - tick_length - 3 - inner.left() - y_title, layout.area.height());
  // Longer than the frame, the title may use the height of the tick labels as well.
  layout.y_title = QRectF(inner.left(), layout.area.top(), y_title, inner.bottom() - layout.area.top());
  if (layout.end_labels.width() > 0) {
    layout.end_labels.setTop(layout.area.top());
    layout.end_labels.setBottom(layout.area.bottom());
  }
  return layout;
}

std::vector<Tick> x_ticks(const PlotScene& scene, const PlotLayout& layout, const Theme& theme) {
  return make_ticks(scene.x, tick_space_x(layout.area.width(), QFontMetricsF(with_size(theme, layout.x_label_size)),
                                          layout.x_labels_turned));
}

std::vector<Tick> y_ticks(const PlotScene& scene, const PlotLayout& layout, const Theme& theme) {
  return make_ticks(scene.y,
                    tick_space_y(scene.y, layout.area.height(), QFontMetricsF(with_size(theme, layout.y_label_size))));
}

std::vector<std::optional<QPointF>> failed_positions(const PlotScene& scene, const PlotLayout& layout) {
  const LaneGrid grid = lane_grid(failed_pixels(scene, layout.area.left(), layout.area.right()));
  std::map<double, int> total, placed;
  for (double x : failed_pixels(scene, layout.area.left(), layout.area.right())) ++total[x];

  std::vector<std::optional<QPointF>> positions;
  for (const FailedMark& mark : scene.failed) {
    if (!mark.visible || !is_drawable(scene.x.scale, mark.x) || !scene.x.range.contains(mark.x)) {
      positions.emplace_back();
      continue;
    }
    const double x = scene.x.to_pixel(mark.x, layout.area.left(), layout.area.right());
    const int index = placed[x]++;
    // The rows fill from the frame upwards, each centred on its x; what exceeds the last row shares its last place.
    const int row = std::min(index / grid.per_row, grid.rows - 1);
    const int column = std::min(index - row * grid.per_row, grid.per_row - 1);
    const int in_row = std::min(total[x] - row * grid.per_row, grid.per_row);
    // Near an edge the whole row moves inwards, so that no mark leaves the lane.
    const double half_row = (in_row - 1) / 2.0 * failed_mark_pitch;
    const double room = std::max(0.0, (layout.area.width() - failed_mark_pitch) / 2);
    const double centre = std::clamp(x, layout.area.center().x() - std::max(0.0, room - half_row),
                                     layout.area.center().x() + std::max(0.0, room - half_row));
    positions.emplace_back(QPointF(centre - half_row + column * failed_mark_pitch,
                                   layout.area.top() - lane_gap - 2 - (row + 0.5) * failed_mark_pitch));
  }
  return positions;
}

}  // namespace attnscope::gui::plot
