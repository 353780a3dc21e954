// The palettes of curves: told apart, seen on both backgrounds, chosen from menu and command line's value.
#include <QActionGroup>
#include <QClipboard>
#include <QImage>
#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "gui/plot/exporter.h"
#include "gui/widgets/export_dialog.h"
#include "tests/gui/sample_scenes.h"
#include "tests/gui/window_fixture.h"

using namespace attnscope;
using namespace attnscope::gui;
using namespace attnscope::gui::plot;

namespace {

using Matrix = std::array<std::array<double, 3>, 3>;

// Full colour blindness in linear RGB (Machado, Oliveira and Fernandes 2009).
struct Vision {
  const char* name;
  Matrix simulated;
};
const std::array visions{
    Vision{"normal", {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}},
    Vision{"protan",
           {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}}},
    Vision{"deutan",
           {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}}},
    Vision{"tritan",
           {{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}}}};

// CIE L*a*b*, white point D65, as it appears to this vision.
std::array<double, 3> lab(const QColor& color, const Vision& vision) {
  const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
  const std::array given{linear(color.redF()), linear(color.greenF()), linear(color.blueF())};
  std::array<double, 3> seen{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t i = 0; i < 3; ++i) seen[row] += vision.simulated[row][i] * given[i];
    seen[row] = std::clamp(seen[row], 0.0, 1.0);
  }
  const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
  const double x = f((0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.9505),
               y = f(0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2]),
               z = f((0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.089);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double difference(const QColor& a, const QColor& b, const Vision& vision) {
  const auto p = lab(a, vision), q = lab(b, vision);
  return std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

Theme theme_of(const reports::Palette& palette, bool dark) {
  return dark ? Theme::dark(palette) : Theme::light(palette);
}

bool is_grey(const QColor& color) {
  return std::abs(color.red() - color.green()) < 12 && std::abs(color.green() - color.blue()) < 12;
}

// How much of a picture has about this colour.
int pixels_like(const QImage& image, const QColor& color) {
  int count = 0;
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      const QColor pixel = image.pixelColor(x, y);
      count += std::abs(pixel.red() - color.red()) + std::abs(pixel.green() - color.green()) +
                           std::abs(pixel.blue() - color.blue()) <
                       6
                   ? 1
                   : 0;
    }
  }
  return count;
}

}  // namespace

class TestPalettes : public testing::WindowFixture {
  Q_OBJECT

 private slots:
  void names_are_found() {
    for (const reports::Palette& palette : reports::palettes) QCOMPARE(reports::find_palette(palette.name), &palette);
    QVERIFY(!reports::find_palette("rainbow"));
  }

  void text_and_default_colors_have_contrast() {
    for (const Theme& theme : {Theme::light(), Theme::dark(), Theme::print()}) {
      for (const QColor& color : theme.series)
        QVERIFY2(contrast(color, theme.background) >= 2.95, qPrintable(color.name()));
      QVERIFY(contrast(theme.text, theme.background) >= 7);
      QVERIFY(contrast(theme.muted_text, theme.background) >= 4.5);
    }
  }

  void colors_are_told_apart_data() {
    QTest::addColumn<int>("palette");
    QTest::addColumn<bool>("dark");
    for (std::size_t i = 0; i < reports::palettes.size(); ++i) {
      for (const bool dark : {false, true})
        QTest::addRow("%s %s", reports::palettes[i].name.data(), dark ? "dark" : "light")
            << static_cast<int>(i) << dark;
    }
  }
  void colors_are_told_apart() {
    QFETCH(int, palette);
    QFETCH(bool, dark);
    const Theme theme = theme_of(reports::palettes[static_cast<std::size_t>(palette)], dark);
    const bool is_default = palette == 0;
    for (std::size_t a = 0; a < theme.series.size(); ++a) {
      // What is published has colours that are pale on white, but none that is not seen.
      QVERIFY(contrast(theme.series[a], theme.background) >= (is_default || theme.palette->is_grey ? 2.95 : 1.25));
      for (std::size_t b = 0; b < a; ++b) {
        const auto slot_a = static_cast<int>(a), slot_b = static_cast<int>(b);
        if (theme.palette->is_grey && theme.series[a] == theme.series[b]) {
          QVERIFY(theme.dash(slot_a, Dash::solid, true) != theme.dash(slot_b, Dash::solid, true));
          continue;
        }
        for (const Vision& vision : visions) {
          const double apart = difference(theme.series[a], theme.series[b], vision);
          const double wanted = is_default ? 22 : 7;
          QVERIFY2(apart >= wanted, qPrintable(QStringLiteral("%1 and %2 for %3 vision: %4")
                                                   .arg(theme.series[a].name(), theme.series[b].name(), vision.name)
                                                   .arg(apart)));
        }
      }
    }
  }

  void pictures_have_the_palettes_colors_data() { colors_are_told_apart_data(); }
  void pictures_have_the_palettes_colors() {
    QFETCH(int, palette);
    QFETCH(bool, dark);
    const PlotScene scene = testing::many_curves(8);
    ExportOptions options;
    options.size = QSize(900, 600);
    options.theme = theme_of(reports::palettes[static_cast<std::size_t>(palette)], dark);
    const QImage image = render_image(scene, options);
    for (const Curve& curve : scene.curves) {
      const QColor color = options.theme.series_color(curve.slot);
      QVERIFY2(pixels_like(image, color) > 100, qPrintable(curve.name + color.name()));
    }
    // None of the default's colours is left in another palette's picture, but where both have the same.
    for (const QColor& color : theme_of(reports::default_palette, dark).series) {
      const bool shared = std::any_of(options.theme.series.begin(), options.theme.series.end(),
                                      [&](auto& own) { return difference(own, color, visions[0]) < 12; });
      if (!shared) QVERIFY2(pixels_like(image, color) < 20, qPrintable(color.name()));
    }
  }

  void greys_have_no_hue_in_any_scene() {
    for (const bool dark : {false, true}) {
      ExportOptions options;
      options.theme = theme_of(*reports::find_palette("mono"), dark);
      for (const QColor& color : options.theme.series) QVERIFY(is_grey(color));
      for (const auto& [name, scene] : testing::sample_scenes()) {
        const QImage image = render_image(scene, options);
        for (int y = 0; y < image.height(); y += 2) {
          for (int x = 0; x < image.width(); x += 2)
            QVERIFY2(is_grey(image.pixelColor(x, y)), qPrintable(name + image.pixelColor(x, y).name()));
        }
      }
    }
  }

  void dashes_of_greys_leave_meaning_alone() {
    const Theme grey = Theme::light(*reports::find_palette("mono"));
    Curve curve;
    QVERIFY(has_free_dash(curve));
    curve.style = "training";
    QVERIFY(!has_free_dash(curve));
    curve.style.clear();
    curve.dash = Dash::none;
    QVERIFY(!has_free_dash(curve));
    QCOMPARE(grey.dash(3, Dash::dashed, false), Dash::dashed);
    QCOMPARE(grey.dash(neutral_slot, Dash::solid, true), Dash::solid);
    QCOMPARE(Theme::light().dash(3, Dash::solid, true), Dash::solid);
    std::set<std::pair<QRgb, Dash>> looks;
    for (int slot = 0; slot < palette_size; ++slot)
      looks.emplace(grey.series_color(slot).rgb(), grey.dash(slot, Dash::solid, true));
    QCOMPARE(looks.size(), std::size_t{palette_size});
  }

  void menu_chooses_and_window_remembers() {
    open_window();
    QCOMPARE(plot().theme().palette, &reports::default_palette);
    const QImage before = plot().grab().toImage();
    action("Okabe-Ito")->trigger();
    const reports::Palette* chosen = reports::find_palette("okabe-ito");
    QCOMPARE(plot().theme().palette, chosen);
    QVERIFY(action("Okabe-Ito")->isChecked());
    QVERIFY(plot().grab().toImage() != before);
    window_->set_theme(widgets::ThemeChoice::dark);
    QCOMPARE(plot().theme().series_color(6), QColor(Qt::white));
    window_->set_theme(widgets::ThemeChoice::light);
    QCOMPARE(plot().theme().series_color(6), QColor(Qt::black));
    close_window();
    open_empty_window();
    QCOMPARE(plot().theme().palette, chosen);
    QVERIFY(action("Okabe-Ito")->isChecked());
    close_window();
    settings_->setValue("window/palette", "from another version");
    open_empty_window();
    QCOMPARE(plot().theme().palette, &reports::default_palette);
    close_window();
  }

  void exports_and_copies_have_the_chosen_colors() {
    open_window();
    window_->set_theme(widgets::ThemeChoice::dark);
    window_->set_colors(*reports::find_palette("tol-bright"));
    action("Copy picture")->trigger();
    const Theme expected = Theme::light(*reports::find_palette("tol-bright"));
    QVERIFY(pixels_like(QGuiApplication::clipboard()->image(), expected.series_color(0)) > 20);
    action("Export figure…")->trigger();
    auto* dialog = window_->findChild<widgets::ExportDialog*>();
    QVERIFY(dialog);
    QCOMPARE(dialog->options().theme.background, expected.background);
    QCOMPARE(dialog->options().theme.series, expected.series);
    dialog->reject();
    window_->set_theme(widgets::ThemeChoice::light);
    close_window();
  }
};

ATTNSCOPE_GUI_TEST(TestPalettes)
#include "test_palettes.moc"
