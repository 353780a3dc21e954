#include "reports/svg_plot.h"

#include <cmath>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>
#include <set>

#include "reports/markup.h"
#include "reports/svg_glyphs.h"
#include "tests/reports/well_formed.h"

namespace attnscope::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

SvgPlot plot_of(std::size_t series) {
  SvgPlot plot;
  plot.id = "figure-1";
  plot.title = "Time";
  plot.description = "what it shows";
  plot.x_title = "n";
  plot.y_title = "time";
  plot.y_unit = Unit::nanoseconds;
  for (std::size_t i = 0; i < series; ++i) {
    SvgSeries s{fmt::format("variant {}", i), i, {}, {}};
    // All end at nearly the same value: their labels would lie on one another.
    for (const double n : {256.0, 1024.0, 4096.0})
      s.points.push_back({n, n * (1 + 0.001 * static_cast<double>(i)), {}, false, {}});
    plot.series.push_back(std::move(s));
  }
  return plot;
}

struct Label {
  std::string text;
  double y;
};

std::vector<Label> labels_of(const std::string& svg) {
  std::vector<Label> labels;
  const std::regex label("class=\"label\" x=\"[0-9.]+\" y=\"([-0-9.]+)\">([^<]*)<");
  for (std::sregex_iterator it(svg.begin(), svg.end(), label), end; it != end; ++it) {
    labels.push_back({(*it)[2], std::stod((*it)[1])});
  }
  return labels;
}

TEST(SvgPlots, LabelTwentyCurvesWithoutOverlapSortedByTheLastValue) {
  const std::string svg = render_svg(plot_of(20));
  testing::parse_markup(svg);
  const auto labels = labels_of(svg);
  ASSERT_EQ(labels.size(), 20u);
  EXPECT_EQ(labels.front().text, "variant 19");
  EXPECT_EQ(labels.back().text, "variant 0");
  const std::smatch box = [&] {
    std::smatch match;
    std::regex_search(svg, match, std::regex("viewBox=\"0 0 ([0-9]+) ([0-9]+)\""));
    return match;
  }();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    EXPECT_GT(labels[i].y, 0);
    EXPECT_LT(labels[i].y, std::stod(box[2]));
    if (i == 0) continue;
    EXPECT_GE(labels[i].y - labels[i - 1].y, 14.8) << labels[i].text;
  }
}

TEST(SvgPlots, GrowWhereLabelsNeedMoreRoom) {
  const auto labels = labels_of(render_svg(plot_of(60)));
  ASSERT_EQ(labels.size(), 60u);
  for (std::size_t i = 1; i < labels.size(); ++i) EXPECT_GE(labels[i].y - labels[i - 1].y, 14.8);
}

TEST(SvgPlots, DrawPointsWhereTheirLogarithmsLie) {
  SvgPlot plot = plot_of(1);
  const std::string svg = render_svg(plot);
  std::smatch match;
  ASSERT_TRUE(std::regex_search(
      svg, match,
      std::regex("class=\"curve\"[^/]* d=\"M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)\"")));
  const auto at = [&](int group) { return std::stod(match[static_cast<std::size_t>(group)]); };
  EXPECT_NEAR(at(3) - at(1), at(5) - at(3), 0.21) << "equal factors, equal steps";
  EXPECT_NEAR(at(2) - at(4), at(4) - at(6), 0.21) << "y grows upwards";
  EXPECT_GT(at(2), at(4));
}

TEST(SvgPlots, ShowIntervalsUncertaintyAndMarks) {
  SvgPlot plot = plot_of(2);
  for (SvgPoint& point : plot.series[0].points) point.interval = Interval{point.y * 0.8, point.y * 1.2};
  plot.series[0].points[1].uncertain = true;
  plot.series[1].marks = {{8192, SvgMark::Kind::out_of_memory, "softmax, n = 8k: oom"},
                          {8192, SvgMark::Kind::timeout, "late"}};
  const std::string svg = render_svg(plot);
  testing::parse_markup(svg);
  EXPECT_THAT(svg, HasSubstr("fill-opacity=\"0.18\""));
  EXPECT_THAT(svg, HasSubstr("fill=\"#ffffff\" transform"));
  EXPECT_THAT(svg, HasSubstr("softmax, n = 8k: oom"));
  EXPECT_THAT(svg, HasSubstr(">out of memory</text>"));
  EXPECT_THAT(svg, HasSubstr(">timeout</text>"));
  EXPECT_THAT(svg, Not(HasSubstr(">unsupported</text>"))) << "only the kinds that occur";
}

TEST(SvgPlots, AreAccessibleAndEscaped) {
  SvgPlot plot = plot_of(1);
  plot.series[0].label = "<script>alert(\"1\")</script> & co";
  const std::string svg = render_svg(plot);
  testing::parse_markup(svg);
  EXPECT_THAT(svg, HasSubstr("role=\"img\""));
  EXPECT_THAT(svg, HasSubstr("aria-labelledby=\"figure-1-title figure-1-desc\""));
  EXPECT_THAT(svg, HasSubstr("<desc id=\"figure-1-desc\">what it shows</desc>"));
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
}

TEST(SvgPlots, SurviveOddData) {
  SvgPlot plot = plot_of(2);
  plot.series[0].points = {{256, 0, {}, false, {}}, {512, -1, {}, false, {}}, {1024, NAN, {}, false, {}}};
  plot.series[1].points = {{256, 5, {}, false, {}}};
  const std::string svg = render_svg(plot);
  testing::parse_markup(svg);
  EXPECT_THAT(svg, HasSubstr("variant 0 (no value)"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  plot.series.clear();
  EXPECT_THAT(render_svg(plot), HasSubstr("No value to draw."));
}

TEST(SvgStyles, TellTwentyCurvesApart) {
  std::set<std::string> looks;
  for (std::size_t i = 0; i < 20; ++i) {
    const SvgStyle style = svg_style(i);
    looks.insert(fmt::format("{}{}{}", style.color, style.marker, style.dashes));
  }
  EXPECT_EQ(looks.size(), 20u);
}

TEST(Spread, MovesAsLittleAsPossible) {
  EXPECT_THAT(spread({10, 50}, 10), ElementsAre(10, 50));
  EXPECT_THAT(spread({10, 10}, 10), ElementsAre(5, 15));
  EXPECT_THAT(spread({10, 12, 100}, 10), ElementsAre(6, 16, 100));
  EXPECT_TRUE(spread({}, 10).empty());
}

TEST(Markup, IsEscaped) {
  EXPECT_EQ(escape_markup("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
  EXPECT_EQ(escape_markup(std::string_view("\x1b[1m\tµ\n\0", 9)), "\uFFFD[1m\tµ\n\uFFFD");
}

}  // namespace
}  // namespace attnscope::reports
