#include "reports/html_section.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>

#include "reports/html_table.h"
#include "reports/markdown.h"
#include "reports/markup.h"
#include "reports/svg_plot.h"

namespace attnscope::reports {

namespace {

std::string length_text(double n) { return format_quantity(n, Unit::count); }

std::optional<SvgMark::Kind> mark_kind(Status status) {
  switch (status) {
    case Status::oom:
    case Status::oom_predicted:
      return SvgMark::Kind::out_of_memory;
    case Status::timeout:
      return SvgMark::Kind::timeout;
    case Status::unsupported:
      return SvgMark::Kind::unsupported;
    case Status::wrong:
    case Status::crashed:
      return SvgMark::Kind::failed;
    default:
      return std::nullopt;
  }
}

SvgSeries svg_series(const SeriesAnalysis& series, const Curve& curve, std::size_t style, Unit unit) {
  SvgSeries result{series.label, style, {}, {}};
  for (const CurvePoint& point : curve.points) {
    std::string tooltip =
        fmt::format("{}, n = {}: {}", series.label, length_text(point.n), format_quantity(point.value, unit));
    if (point.interval) {
      tooltip += fmt::format(" (95 %: {}–{})", format_quantity(point.interval->lo, unit),
                             format_quantity(point.interval->hi, unit));
    }
    const bool uncertain = unit == Unit::nanoseconds && point.record->status != Status::ok;
    if (uncertain) tooltip += fmt::format(", {}", to_string(point.record->status));
    result.points.push_back({point.n, point.value, point.interval, uncertain, std::move(tooltip)});
  }
  for (const Record* hole : curve.holes) {
    const auto kind = mark_kind(hole->status);
    if (!kind) continue;
    const auto n = static_cast<double>(*sequence_length(*hole));
    result.marks.push_back({n, *kind,
                            fmt::format("{}, n = {}: {}{}{}", series.label, length_text(n), to_string(hole->status),
                                        hole->status_reason.empty() ? "" : ": ", hole->status_reason)});
  }
  return result;
}

std::string figure(const Setting& setting, std::size_t number, std::string_view what, std::string_view column_name,
                   Curve SeriesAnalysis::*curve) {
  const Column& column = *find_column(column_name);
  SvgPlot plot;
  plot.id = fmt::format("figure-{}-{}", number, column_name);
  plot.title = fmt::format("{}: {}", what, setting.title);
  plot.description = fmt::format(
      "{} of {} curves over the sequence length n, both axes logarithmic. The numbers are in the table of "
      "cases.",
      what, setting.series.size());
  plot.x_title = "sequence length n";
  plot.y_title = std::string(what);
  plot.y_unit = column.unit;
  for (std::size_t i = 0; i < setting.series.size(); ++i) {
    plot.series.push_back(svg_series(setting.series[i], setting.series[i].*curve, i, column.unit));
  }
  return "<figure>\n" + render_svg(plot) + "</figure>\n";
}

std::string exponent_text(const Exponent& exponent) {
  if (exponent.interval.hi - exponent.interval.lo < 0.005) return fmt::format("{:.2f}", exponent.value);
  return fmt::format("{:.2f} ({:.2f}–{:.2f})", exponent.value, exponent.interval.lo, exponent.interval.hi);
}

std::string exponent_text(const ScalingOutcome& outcome) {
  return outcome.scaling ? exponent_text(outcome.scaling->exponent) : "";
}

std::string scaling_table(const Setting& setting, std::span<const ModelCard> cards) {
  HtmlTable table(
      "Exponent b of n^b with its 95 % interval, beside the complexity that Table 1 of the survey "
      "(arXiv 2009.06732) claims",
      {{"variant"},
       {"survey's claim"},
       {"time", true},
       {"time, large end", true},
       {"memory", true},
       {"FLOPs", true},
       {"model of the time, ns"},
       {"remarks"}});
  for (const SeriesAnalysis& series : setting.series) {
    const ModelCard* card = find_card(cards, series.first->variant);
    const auto& time = series.time_scaling.scaling;
    const std::string remarks = time ? fmt::format("{}", fmt::join(time->warnings, "; ")) : series.time_scaling.refusal;
    table.add({series.label, card != nullptr ? card->complexity : "no card", exponent_text(series.time_scaling),
               time ? exponent_text(time->local) : "", exponent_text(series.memory_scaling),
               exponent_text(series.flops_scaling),
               time ? fmt::format("{} (error {:.1f} %; {})", time->model_text, 100 * time->rms_error, time->why) : "",
               remarks});
  }
  return "<h3>How cost grows</h3>\n" + table.text();
}

std::string efficiency_text(const std::optional<FittedCrossing>& fitted) {
  if (!fitted) return "";
  return fmt::format("{:.0f}{}", fitted->n,
                     fitted->range == Range::inside ? "" : fmt::format(", {}", to_string(fitted->range)));
}

std::string crossover_table(const Setting& setting) {
  std::string out;
  for (std::size_t baseline = 0; baseline < setting.series.size(); ++baseline) {
    HtmlTable table(fmt::format("Where each variant is cheaper than {}", setting.series[baseline].label),
                    {{"variant"}, {"time"}, {"peak memory"}, {"efficiency length (fit, time)"}});
    for (const CrossoverAnalysis& crossover : setting.crossovers) {
      if (crossover.baseline != baseline) continue;
      const std::string &label = setting.series[crossover.series].label, &exact = setting.series[baseline].label;
      table.add({label, describe(crossover.time, label, exact), describe(crossover.memory, label, exact),
                 efficiency_text(crossover.efficiency_length)});
    }
    if (!table.empty()) out += table.text();
  }
  if (out.empty()) return {};
  return "<h3>Where it pays off</h3>\n<p class=\"note\">Read off the measured lengths by interpolation; the efficiency "
         "length is CAB's fit (a parabola through the exact variant, a line through the other). What lies outside the "
         "measured range says so.</p>\n" +
         out;
}

std::string pareto_table(const Setting& setting) {
  if (setting.pareto.front.empty()) return {};
  HtmlTable table(fmt::format("At n = {}: no other variant is faster and smaller",
                              length_text(static_cast<double>(setting.pareto_n))),
                  {{"variant"}, {"time", true}, {"peak memory", true}, {"beats"}});
  for (const std::size_t index : setting.pareto.front) {
    std::vector<std::string> beaten;
    for (const ParetoFront::Dominated& dominated : setting.pareto.dominated) {
      if (dominated.by == index) beaten.push_back(setting.pareto_labels[dominated.index]);
    }
    const Record& record = setting.pareto_records[index];
    table.add({setting.pareto_labels[index], format_quantity(*record.time_median_ns, Unit::nanoseconds),
               format_quantity(static_cast<double>(*record.peak_memory_bytes), Unit::bytes),
               fmt::format("{}", fmt::join(beaten, ", "))});
  }
  return "<h3>Pareto front of time and memory</h3>\n" + table.text();
}

}  // namespace

std::string html_section(const Setting& setting, std::span<const ModelCard> cards, std::size_t number) {
  std::string out = fmt::format("<section id=\"setting-{}\"><h2>{}</h2>\n", number, escape_markup(setting.title));
  out += figure(setting, number, "Time of one call", "time_median_ns", &SeriesAnalysis::time);
  out += figure(setting, number, "Peak memory", "peak_memory_bytes", &SeriesAnalysis::memory);
  out += scaling_table(setting, cards);
  out += crossover_table(setting);
  out += pareto_table(setting);
  return out + "</section>\n";
}

}  // namespace attnscope::reports
