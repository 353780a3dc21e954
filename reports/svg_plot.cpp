#include "reports/svg_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <numeric>

#include "reports/markdown.h"
#include "reports/markup.h"
#include "reports/svg_glyphs.h"

namespace attnscope::reports {

namespace {

constexpr double width = 860, frame_left = 78, frame_right = 610, label_x = 640, frame_height = 380;
constexpr double title_height = 34, mark_cell = 11, label_height = 15, axis_height = 46, key_height = 22;
constexpr std::size_t label_characters = 32;

// A logarithmic axis from data to pixels.
struct Scale {
  double low, high, pixel_low, pixel_high;
  double operator()(double value) const {
    return std::lerp(pixel_low, pixel_high, std::log(value / low) / std::log(high / low));
  }
};

// The range with a margin, so that no marker touches the frame; a single value gets a factor of two around it.
Scale make_scale(double low, double high, double pixel_low, double pixel_high) {
  const double margin = low == high ? 2 : std::pow(high / low, 0.04);
  return {low / margin, high * margin, pixel_low, pixel_high};
}

std::vector<double> steps_of_powers(double low, double high, double base, std::size_t most) {
  for (int stride = 1;; ++stride) {
    std::vector<double> ticks;
    const double step = std::log(base) * stride;
    for (double i = std::ceil(std::log(low) / step - 1e-9); i * step <= std::log(high) + 1e-9; ++i) {
      ticks.push_back(std::pow(base, i * stride));
    }
    if (ticks.size() <= most) return ticks;
  }
}

// Powers of two for lengths and bytes; decades, with 2 and 5 between them where there are few, for the rest.
std::vector<double> ticks_of(const Scale& scale, Unit unit) {
  constexpr std::size_t most = 10;
  if (unit == Unit::bytes || unit == Unit::count) return steps_of_powers(scale.low, scale.high, 2, most);
  std::vector<double> decades = steps_of_powers(scale.low / 10, scale.high, 10, most);
  if (decades.size() > 5) {
    std::erase_if(decades, [&](double tick) { return tick < scale.low; });
    return decades;
  }
  std::vector<double> ticks;
  for (const double decade : decades) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = decade * factor;
      if (tick >= scale.low && tick <= scale.high) ticks.push_back(tick);
    }
  }
  return ticks;
}

bool drawable(const SvgPoint& point) {
  return point.x > 0 && point.y > 0 && std::isfinite(point.x) && std::isfinite(point.y);
}

std::string shortened(const std::string& text) {
  std::size_t shown = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;  // inside a character
    if (++shown == label_characters && i + 1 < text.size()) return text.substr(0, i) + "…";
  }
  return text;
}

class Drawing {
 public:
  explicit Drawing(const SvgPlot& plot) : plot_(plot) {
    for (const SvgSeries& series : plot.series) {
      Line line{&series, {}};
      std::ranges::copy_if(series.points, std::back_inserter(line.points), drawable);
      lines_.push_back(std::move(line));
    }
  }

  std::string render() {
    measure();
    open();
    if (empty_) {
      text(frame_left, title_height + 24, "start", "muted", "No value to draw.");
    } else {
      draw_axes();
      for (const Line& line : lines_) draw_line(line);
      draw_marks();
    }
    draw_labels();
    draw_key();
    out_ += "</svg>\n";
    return std::move(out_);
  }

 private:
  struct Line {
    const SvgSeries* series;
    std::vector<SvgPoint> points;
  };

  // Ranges of both axes and the height of everything.
  void measure() {
    double x_low = INFINITY, x_high = 0, y_low = INFINITY, y_high = 0;
    for (const Line& line : lines_) {
      for (const SvgPoint& point : line.points) {
        x_low = std::min(x_low, point.x), x_high = std::max(x_high, point.x);
        const bool banded = point.interval && point.interval->lo > 0;
        y_low = std::min(y_low, banded ? point.interval->lo : point.y);
        y_high = std::max(y_high, banded ? point.interval->hi : point.y);
      }
    }
    empty_ = x_high == 0;
    for (const Line& line : lines_) {
      for (const SvgMark& mark : line.series->marks) {
        marks_[mark.x].push_back({line.series, &mark});
        if (mark.x > 0) x_low = std::min(x_low, mark.x), x_high = std::max(x_high, mark.x);
      }
    }
    std::size_t rows = 0;
    for (const auto& [x, marks] : marks_) rows = std::max(rows, (marks.size() + marks_in_row - 1) / marks_in_row);
    frame_top_ = title_height + mark_cell * static_cast<double>(rows) + 6;
    // Labels below one another must fit beside the frame.
    const double labels = label_height * static_cast<double>(lines_.size());
    frame_bottom_ = frame_top_ + std::max(frame_height, labels);
    height_ = frame_bottom_ + axis_height + (marks_.empty() ? 0 : key_height);
    if (empty_) return;
    x_ = make_scale(x_low, x_high, frame_left, frame_right);
    y_ = make_scale(y_low, y_high, frame_bottom_, frame_top_);
  }

  void open() {
    const std::string id = escape_markup(plot_.id);
    put(R"svg(<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {:.0f} {:.0f}" aria-labelledby="{}-title {}-desc">)svg",
        width, height_, id, id);
    put(R"svg(<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>)svg", id, escape_markup(plot_.title), id,
        escape_markup(plot_.description));
    put("<style>{}</style>", svg_style_sheet());
    put(R"svg(<rect width="{:.0f}" height="{:.0f}" fill="#ffffff"/>)svg", width, height_);
    text(frame_left, 18, "start", "title", plot_.title);
  }

  void draw_axes() {
    put(R"svg(<rect class="frame" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)svg", frame_left, frame_top_,
        frame_right - frame_left, frame_bottom_ - frame_top_);
    for (const double tick : ticks_of(x_, Unit::count)) {
      put(R"svg(<path class="grid" d="M{:.1f} {:.1f}V{:.1f}"/>)svg", x_(tick), frame_top_, frame_bottom_);
      text(x_(tick), frame_bottom_ + 16, "middle", "tick", format_quantity(tick, Unit::count));
    }
    for (const double tick : ticks_of(y_, plot_.y_unit)) {
      put(R"svg(<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>)svg", frame_left, y_(tick), frame_right);
      text(frame_left - 6, y_(tick) + 4, "end", "tick", format_quantity(tick, plot_.y_unit));
    }
    text((frame_left + frame_right) / 2, frame_bottom_ + 36, "middle", "muted", plot_.x_title);
    put(R"svg(<text class="muted" text-anchor="middle" transform="translate(14 {:.1f}) rotate(-90)">{}</text>)svg",
        (frame_top_ + frame_bottom_) / 2, escape_markup(plot_.y_title));
  }

  void draw_band(const Line& line, std::string_view color) {
    std::string upper, lower;
    for (const SvgPoint& point : line.points) {
      if (!point.interval || !(point.interval->lo > 0)) return;
      upper += fmt::format("{}{:.1f} {:.1f}", upper.empty() ? "M" : "L", x_(point.x), y_(point.interval->hi));
      lower = fmt::format("L{:.1f} {:.1f}", x_(point.x), y_(point.interval->lo)) + lower;
    }
    if (line.points.size() > 1) put(R"svg(<path fill="{}" fill-opacity="0.18" d="{}{}Z"/>)svg", color, upper, lower);
  }

  void draw_line(const Line& line) {
    if (line.points.empty()) return;
    const SvgStyle style = svg_style(line.series->style);
    draw_band(line, style.color);
    std::string path;
    for (const SvgPoint& point : line.points) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_(point.x), y_(point.y));
    }
    put(R"svg(<g stroke="{}" fill="{}"><path class="curve" stroke-dasharray="{}" d="{}"/>)svg", style.color,
        style.color, style.dashes, path);
    for (const SvgPoint& point : line.points) {
      put(R"svg(<path{} transform="translate({:.1f} {:.1f})" d="{}"><title>{}</title></path>)svg",
          point.uncertain ? R"svg( fill="#ffffff")svg" : "", x_(point.x), y_(point.y), style.marker,
          escape_markup(point.tooltip.empty() ? line.series->label : point.tooltip));
    }
    out_ += "</g>\n";
  }

  void draw_marks() {
    for (const auto& [x, marks] : marks_) {
      if (!(x > 0)) continue;
      const double in_row = static_cast<double>(std::min(marks.size(), marks_in_row));
      for (std::size_t i = 0; i < marks.size(); ++i) {
        const double column = static_cast<double>(i % marks_in_row) - (in_row - 1) / 2;
        const double row = static_cast<double>(i / marks_in_row);
        draw_mark(x_(x) + column * mark_cell, frame_top_ - 7 - row * mark_cell, *marks[i].mark,
                  svg_style(marks[i].series->style).color);
      }
    }
  }

  void draw_mark(double x, double y, const SvgMark& mark, std::string_view color) {
    put(R"svg(<path class="mark" stroke="{}" transform="translate({:.1f} {:.1f})" d="{}"><title>{}</title></path>)svg",
        color, x, y, svg_glyph(mark.kind), escape_markup(mark.tooltip));
  }

  void draw_labels() {
    // Curves by the height at which they end; those without a point below them.
    std::vector<const Line*> order;
    for (const Line& line : lines_) order.push_back(&line);
    const auto end_of = [&](const Line* line) {
      return line->points.empty() ? frame_bottom_ : y_(line->points.back().y);
    };
    std::ranges::stable_sort(order, {},
                             [&](const Line* line) { return std::pair(line->points.empty(), end_of(line)); });
    std::vector<double> wished;
    for (const Line* line : order) wished.push_back(end_of(line));
    std::vector<double> placed = spread(wished, label_height);
    keep_inside(placed);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const SvgSeries& series = *order[i]->series;
      const SvgStyle style = svg_style(series.style);
      if (!order[i]->points.empty()) {
        put(R"svg(<path class="leader" stroke="{}" d="M{:.1f} {:.1f}L{:.1f} {:.1f}H{:.1f}"/>)svg", style.color,
            x_(order[i]->points.back().x) + 5, wished[i], label_x - 24, placed[i], label_x - 16);
      }
      put(R"svg(<path fill="{}" stroke="{}" transform="translate({:.1f} {:.1f})" d="{}"/>)svg", style.color,
          style.color, label_x - 9, placed[i], style.marker);
      const std::string shown = shortened(series.label);
      put(R"svg(<g><title>{}</title><text class="label" x="{:.1f}" y="{:.1f}">{}</text></g>)svg",
          escape_markup(series.label), label_x, placed[i] + 4,
          escape_markup(order[i]->points.empty() ? shown + " (no value)" : shown));
    }
  }

  // Shifts the column of labels as a whole into the frame, which is tall enough for it.
  void keep_inside(std::vector<double>& placed) const {
    if (placed.empty()) return;
    const double half = label_height / 2;
    for (std::size_t i = 0; i < placed.size(); ++i) {
      placed[i] = std::max(placed[i], frame_top_ + half + label_height * static_cast<double>(i));
    }
    for (std::size_t i = placed.size(), below = 0; i-- > 0; ++below) {
      placed[i] = std::min(placed[i], frame_bottom_ - half - label_height * static_cast<double>(below));
    }
  }

  // What the marks above the frame mean; only the kinds that occur.
  void draw_key() {
    double x = frame_left + 6;
    const double y = height_ - 8;
    for (const SvgMark::Kind kind : svg_mark_kinds) {
      const bool occurs = std::ranges::any_of(lines_, [&](const Line& line) {
        return std::ranges::find(line.series->marks, kind, &SvgMark::kind) != line.series->marks.end();
      });
      if (!occurs) continue;
      draw_mark(x, y - 4, {0, kind, std::string(svg_meaning(kind))}, "#202327");
      text(x + 9, y, "start", "muted", svg_meaning(kind));
      x += 130;
    }
  }

  void text(double x, double y, std::string_view anchor, std::string_view kind, std::string_view content) {
    put(R"svg(<text class="{}" text-anchor="{}" x="{:.1f}" y="{:.1f}">{}</text>)svg", kind, anchor, x, y,
        escape_markup(content));
  }

  template <class... Arguments>
  void put(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Arguments>(arguments)...);
    out_ += '\n';
  }

  struct PlacedMark {
    const SvgSeries* series;
    const SvgMark* mark;
  };
  static constexpr std::size_t marks_in_row = 5;

  const SvgPlot& plot_;
  std::vector<Line> lines_;
  std::map<double, std::vector<PlacedMark>> marks_;  // by length
  bool empty_ = false;
  Scale x_{}, y_{};
  double frame_top_ = 0, frame_bottom_ = 0, height_ = 0;
  std::string out_;
};

}  // namespace

// Isotonic regression of wished − index · height by pooling adjacent violators.
std::vector<double> spread(const std::vector<double>& wished, double height) {
  struct Pool {
    double sum;
    std::size_t count;
    double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Pool> pools;
  for (std::size_t i = 0; i < wished.size(); ++i) {
    pools.push_back({wished[i] - height * static_cast<double>(i), 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean() > pools.back().mean()) {
      const Pool last = pools.back();
      pools.pop_back();
      pools.back().sum += last.sum;
      pools.back().count += last.count;
    }
  }
  std::vector<double> placed;
  for (const Pool& pool : pools) {
    for (std::size_t i = 0; i < pool.count; ++i) {
      placed.push_back(pool.mean() + height * static_cast<double>(placed.size()));
    }
  }
  return placed;
}

std::string render_svg(const SvgPlot& plot) { return Drawing(plot).render(); }

}  // namespace attnscope::reports
