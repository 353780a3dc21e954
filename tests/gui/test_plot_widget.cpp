// The plot widget, driven by mouse, wheel and keys.
#include <QAccessible>
#include <QApplication>
#include <QSignalSpy>
#include <cmath>

#include "gui/plot/plot_widget.h"
#include "gui/plot/readout.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/pointer_input.h"

using namespace attnscope::gui::plot;
using attnscope::gui::testing::turn_wheel;

namespace {

PlotScene two_curves() {
  PlotScene scene;
  scene.identity = "two";
  scene.x = {Scale::log2, {}, "sequence length N (tokens)", Quantity::count};
  scene.y = {Scale::log10, {}, "time", Quantity::time_ns};
  for (int c = 0; c < 2; ++c) {
    Curve curve;
    curve.name = curve.group = c == 0 ? "low" : "high";
    curve.slot = c;
    for (double n = 256; n <= 4096; n *= 2) {
      curve.points.push_back({n, n * (c == 0 ? 1e3 : 1e5), std::nullopt, false, static_cast<std::uint64_t>(n + c)});
    }
    scene.curves.push_back(curve);
  }
  scene.failed.push_back({4096, "high", "high", "oom: too large", 1, true, 77});
  fit_axes(scene);
  return scene;
}

double span(const Range& range) { return std::log2(range.hi / range.lo); }

}  // namespace

class TestPlotWidget : public QObject {
  Q_OBJECT

  std::unique_ptr<PlotWidget> plot_;

  QPoint at(std::uint64_t key) { return plot_->position_of(key).value().toPoint(); }
  QPointF centre() { return plot_->current_layout().area.center(); }

 private slots:
  void init() {
    plot_ = std::make_unique<PlotWidget>();
    plot_->resize(800, 500);
    plot_->set_scene(two_curves());
    plot_->show();
    QVERIFY(QTest::qWaitForWindowExposed(plot_.get()));
  }
  void cleanup() { plot_.reset(); }

  void hover_reports_and_leaves() {
    QSignalSpy hovered(plot_.get(), &PlotWidget::point_hovered), ended(plot_.get(), &PlotWidget::hover_ended);
    QTest::mouseMove(plot_.get(), at(1024));
    QTRY_COMPARE(hovered.count(), 1);
    QCOMPARE(hovered[0][0].value<std::uint64_t>(), 1024u);
    QTest::mouseMove(plot_.get(), at(77));  // a failed mark
    QTRY_COMPARE(hovered.last()[0].value<std::uint64_t>(), 77u);
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(plot_.get(), &leave);
    QCOMPARE(ended.count(), 1);
  }

  void hover_paints_an_overlay_only() {
    const QImage before = plot_->grab().toImage();
    QTest::mouseMove(plot_.get(), at(1025));
    QTRY_VERIFY(plot_->hovered().has_value());
    QVERIFY(plot_->grab().toImage() != before);
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(plot_.get(), &leave);
    QCOMPARE(plot_->grab().toImage(), before);
  }

  void click_activates_and_escape_clears() {
    QSignalSpy activated(plot_.get(), &PlotWidget::point_activated),
        cleared(plot_.get(), &PlotWidget::selection_cleared);
    QTest::mouseClick(plot_.get(), Qt::LeftButton, {}, at(513));
    QCOMPARE(activated.count(), 1);
    QCOMPARE(activated[0][0].value<std::uint64_t>(), 513u);
    QTest::keyClick(plot_.get(), Qt::Key_Escape);
    QCOMPARE(cleared.count(), 1);
    QVERIFY(!plot_->hovered());
  }

  void wheel_zooms_around_the_cursor() {
    const Range x = plot_->scene().x.range, y = plot_->scene().y.range;
    const QPoint anchor = at(1024);
    turn_wheel(plot_.get(), anchor, 120);
    QVERIFY(span(plot_->scene().x.range) < span(x) && span(plot_->scene().y.range) < span(y));
    QVERIFY((at(1024) - anchor).manhattanLength() <= 1);  // what is under the cursor stays there
    plot_->fit();
    turn_wheel(plot_.get(), anchor, 120, Qt::ControlModifier);
    QVERIFY(span(plot_->scene().x.range) < span(x));
    QCOMPARE(plot_->scene().y.range, y);
    plot_->fit();
    turn_wheel(plot_.get(), anchor, -120, Qt::ShiftModifier);
    QCOMPARE(plot_->scene().x.range, x);
    QVERIFY(span(plot_->scene().y.range) > span(y));
  }

  void drag_zooms_and_backspace_returns() {
    const Range x = plot_->scene().x.range;
    const QPoint from = at(512) + QPoint(-10, 10), to = at(1025) + QPoint(10, -10);
    QTest::mousePress(plot_.get(), Qt::LeftButton, {}, from);
    QTest::mouseMove(plot_.get(), (from + to) / 2);
    QTest::mouseMove(plot_.get(), to);
    QTest::mouseRelease(plot_.get(), Qt::LeftButton, {}, to);
    QVERIFY(!plot_->is_fitted());
    QVERIFY(plot_->scene().x.range.contains(512) && plot_->scene().x.range.contains(1024));
    QVERIFY(!plot_->scene().x.range.contains(256) && !plot_->scene().x.range.contains(2048));
    const Range zoomed_x = plot_->scene().x.range;
    QTest::keyClick(plot_.get(), Qt::Key_Backspace);
    QCOMPARE(plot_->scene().x.range, x);
    QTest::keyClick(plot_.get(), Qt::Key_Right, Qt::AltModifier);
    QCOMPARE(plot_->scene().x.range, zoomed_x);
    QTest::mouseDClick(plot_.get(), Qt::LeftButton, {}, centre().toPoint());
    QVERIFY(plot_->is_fitted());
  }

  void escape_abandons_a_drag() {
    QTest::mousePress(plot_.get(), Qt::LeftButton, {}, centre().toPoint());
    QTest::mouseMove(plot_.get(), centre().toPoint() + QPoint(90, 90));
    QTest::keyClick(plot_.get(), Qt::Key_Escape);
    QTest::mouseRelease(plot_.get(), Qt::LeftButton, {}, centre().toPoint() + QPoint(90, 90));
    QVERIFY(plot_->is_fitted());
  }

  void middle_drag_pans() {
    const Range x = plot_->scene().x.range;
    const QPoint before = at(1024), from = centre().toPoint();
    QTest::mousePress(plot_.get(), Qt::MiddleButton, {}, from);
    QTest::mouseMove(plot_.get(), from + QPoint(60, -40));
    QTest::mouseRelease(plot_.get(), Qt::MiddleButton, {}, from + QPoint(60, -40));
    QVERIFY((at(1024) - before - QPoint(60, -40)).manhattanLength() <= 2);
    QVERIFY(std::abs(span(plot_->scene().x.range) - span(x)) < 1e-9);
    plot_->view_back();
    QCOMPARE(plot_->scene().x.range, x);
  }

  void arrows_walk_and_enter_selects() {
    QSignalSpy hovered(plot_.get(), &PlotWidget::point_hovered), activated(plot_.get(), &PlotWidget::point_activated);
    QTest::keyClick(plot_.get(), Qt::Key_Right);
    QCOMPARE(hovered.last()[0].value<std::uint64_t>(), 256u);
    QTest::keyClick(plot_.get(), Qt::Key_Right);
    QCOMPARE(hovered.last()[0].value<std::uint64_t>(), 512u);
    QTest::keyClick(plot_.get(), Qt::Key_Up);
    QCOMPARE(hovered.last()[0].value<std::uint64_t>(), 513u);
    QVERIFY(plot_->accessibleDescription().contains("high"));
    QTest::keyClick(plot_.get(), Qt::Key_Left);
    QTest::keyClick(plot_.get(), Qt::Key_Return);
    QCOMPARE(activated.last()[0].value<std::uint64_t>(), 257u);
  }

  void tab_cycles_through_overlapping_points() {
    PlotScene scene = two_curves();
    scene.curves[1].points[2].y = scene.curves[0].points[2].y;
    scene.identity = "overlap";
    plot_->set_scene(scene);
    QTest::mouseMove(plot_.get(), at(1024));
    QTRY_VERIFY(plot_->hovered().has_value());
    const Hit first = *plot_->hovered();
    QTest::keyClick(plot_.get(), Qt::Key_Tab);
    QVERIFY(plot_->hovered()->item != first.item);
    QTest::keyClick(plot_.get(), Qt::Key_Tab);
    QCOMPARE(*plot_->hovered(), first);
  }

  void legend_clicks_name_their_row() {
    QSignalSpy clicked(plot_.get(), &PlotWidget::legend_clicked);
    const QRectF row = plot_->current_layout().legend_rows[1];
    QTest::mouseClick(plot_.get(), Qt::LeftButton, {}, row.center().toPoint());
    QCOMPARE(clicked.count(), 1);
    QCOMPARE(clicked[0][0].value<LegendRow>().text, QStringLiteral("high"));
    QCOMPARE(clicked[0][1].toBool(), false);
    QTest::mouseDClick(plot_.get(), Qt::LeftButton, {}, row.center().toPoint());
    QCOMPARE(clicked.last()[1].toBool(), true);
  }

  void equal_identity_keeps_the_zoom() {
    turn_wheel(plot_.get(), centre(), 120);
    const Range x = plot_->scene().x.range;
    plot_->set_scene(two_curves());
    QCOMPARE(plot_->scene().x.range, x);
    PlotScene other = two_curves();
    other.identity = "other";
    plot_->set_scene(other);
    QVERIFY(plot_->is_fitted());
  }

  void picture_is_sharp_and_full_after_a_gesture() {
    PlotScene scene = two_curves();
    for (CurvePoint& point : scene.curves[1].points) point.interval = Range{point.y * 0.3, point.y * 3};
    plot_->set_scene(scene);
    plot_->grab();
    turn_wheel(plot_.get(), centre(), 1, Qt::ShiftModifier);
    const QImage draft = plot_->grab().toImage();
    QTRY_VERIFY(plot_->grab().toImage() != draft);  // the band comes when the hand rests
  }

  void screen_readers_get_a_summary() {
    QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(plot_.get());
    QVERIFY(interface);
    QCOMPARE(interface->text(QAccessible::Name), QStringLiteral("Plot"));
    QVERIFY(interface->text(QAccessible::Description).contains("high failed at 4k"));
  }
};

ATTNSCOPE_GUI_TEST(TestPlotWidget)
#include "test_plot_widget.moc"
