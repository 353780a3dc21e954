// Gestures beyond a single click: marking, the middle button in the legend, pinching, several screens' worth of pixels.
#include <QNativeGestureEvent>
#include <QPointingDevice>
#include <QSignalSpy>
#include <cmath>

#include "gui/model/selection_hub.h"
#include "gui/plot/plot_widget.h"
#include "tests/gui/gui_test.h"
#include "tests/gui/sample_scenes.h"

using namespace attnscope::gui::plot;
using attnscope::gui::model::PointKey;
using attnscope::gui::model::SelectionHub;
using attnscope::gui::testing::many_curves;

class TestPlotGestures : public QObject {
  Q_OBJECT

  std::unique_ptr<PlotWidget> plot_;

  QPoint at(std::uint64_t key) { return plot_->position_of(key).value().toPoint(); }
  std::uint64_t key(std::size_t curve, std::size_t point) { return plot_->scene().curves[curve].points[point].key; }

 private slots:
  void init() {
    plot_ = std::make_unique<PlotWidget>();
    plot_->resize(900, 600);
    plot_->set_scene(many_curves(5));
    plot_->show();
    QVERIFY(QTest::qWaitForWindowExposed(plot_.get()));
  }
  void cleanup() { plot_.reset(); }

  void control_click_and_control_enter_mark() {
    QSignalSpy marked(plot_.get(), &PlotWidget::point_marked), activated(plot_.get(), &PlotWidget::point_activated);
    QTest::mouseClick(plot_.get(), Qt::LeftButton, Qt::ControlModifier, at(key(2, 6)));
    QCOMPARE(marked.count(), 1);
    QCOMPARE(marked[0][0].value<std::uint64_t>(), key(2, 6));
    QTest::keyClick(plot_.get(), Qt::Key_Right);
    QTest::keyClick(plot_.get(), Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(marked.count(), 2);
    QCOMPARE(marked[1][0].value<std::uint64_t>(), key(2, 7));
    QCOMPARE(activated.count(), 0);
  }

  void marks_are_drawn_with_their_numbers() {
    const QImage before = plot_->grab().toImage();
    plot_->set_marked({key(1, 3), key(2, 5)});
    const QImage two = plot_->grab().toImage();
    plot_->set_marked({key(2, 5), key(1, 3)});
    const QImage swapped = plot_->grab().toImage();
    QVERIFY(two != before);
    QVERIFY(swapped != two);  // the same rings, other numbers
    plot_->set_marked({});
    QVERIFY(plot_->grab().toImage() == before);
  }

  void five_marks_are_kept_and_a_second_click_unmarks() {
    SelectionHub hub;
    QSignalSpy changed(&hub, &SelectionHub::marked_changed);
    for (int i = 0; i < 7; ++i) hub.toggle_marked({1, i});
    QCOMPARE(hub.marked().size(), SelectionHub::most_marked);
    QCOMPARE(hub.marked().front(), (PointKey{1, 2}));
    hub.toggle_marked({1, 4});
    QCOMPARE(hub.marked().size(), 4u);
    QCOMPARE(changed.count(), 8);
    hub.set_marked(hub.marked());
    QCOMPARE(changed.count(), 8);
  }

  void the_middle_button_hides_and_never_shows() {
    QSignalSpy clicked(plot_.get(), &PlotWidget::legend_clicked);
    const auto row = [&] { return plot_->current_layout().legend_rows[1].center().toPoint(); };
    QTest::mouseClick(plot_.get(), Qt::MiddleButton, {}, row());
    QCOMPARE(clicked.count(), 1);
    PlotScene scene = many_curves(5);
    scene.curves[1].visible = false;
    scene.legend_shows_hidden = true;
    plot_->set_scene(scene);
    QTest::mouseClick(plot_.get(), Qt::MiddleButton, {}, row());
    QCOMPARE(clicked.count(), 1);
  }

  void pinching_zooms_around_the_fingers() {
    const Range x = plot_->scene().x.range;
    const QPoint anchor = at(key(2, 4));
    const auto pinch = [&](double growth) {
      QNativeGestureEvent event(Qt::ZoomNativeGesture, QPointingDevice::primaryPointingDevice(), 2, anchor, anchor,
                                plot_->mapToGlobal(anchor), growth, {});
      QCoreApplication::sendEvent(plot_.get(), &event);
    };
    pinch(0.5);
    QVERIFY(std::log2(plot_->scene().x.range.hi / plot_->scene().x.range.lo) < std::log2(x.hi / x.lo) * 0.7);
    QVERIFY((at(key(2, 4)) - anchor).manhattanLength() <= 2);
    pinch(-0.3);
    QTest::keyClick(plot_.get(), Qt::Key_Backspace);
    QCOMPARE(plot_->scene().x.range, x);
  }

  void shift_reads_out_the_whole_column() {
    QTest::mouseMove(plot_.get(), at(key(0, 2)));
    QTRY_VERIFY(plot_->hovered().has_value());
    const QImage one = plot_->grab().toImage();
    QMouseEvent move(QEvent::MouseMove, at(key(0, 2)), plot_->mapToGlobal(at(key(0, 2))), Qt::NoButton, Qt::NoButton,
                     Qt::ShiftModifier);
    QCoreApplication::sendEvent(plot_.get(), &move);
    QVERIFY(plot_->grab().toImage() != one);
  }

  void unfocused_curves_are_dimmed_as_the_theme_says() {
    for (const Theme& theme : {Theme::light(), Theme::dark()}) {
      plot_->set_theme(theme);
      plot_->set_highlighted(std::nullopt);
      const QPoint other = at(key(4, 5));
      const QColor full = plot_->grab().toImage().pixelColor(other);
      plot_->set_highlighted(key(0, 5));
      const QColor dimmed = plot_->grab().toImage().pixelColor(other);
      const double expected = theme.background.blueF() + (full.blueF() - theme.background.blueF()) * theme.dimmed;
      QVERIFY2(std::abs(dimmed.blueF() - expected) < 0.03, qPrintable(dimmed.name()));
    }
    QVERIFY(Theme::dark().dimmed > Theme::light().dimmed);
  }
};

ATTNSCOPE_GUI_TEST(TestPlotGestures)
#include "test_plot_gestures.moc"
