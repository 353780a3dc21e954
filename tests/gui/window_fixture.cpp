#include "tests/gui/window_fixture.h"

#include <QApplication>
#include <algorithm>

#include "tests/gui/synthetic_runs.h"

namespace attnscope::gui::testing {
namespace {

std::vector<reports::Record> records() { return synthetic_records(six_variants(), {"forward", "training"}); }

}  // namespace

WindowFixture::WindowFixture() { write_run(run_path(), records()); }

QString WindowFixture::write_slower_run(double factor) {
  std::vector<reports::Record> slower = records();
  for (reports::Record& record : slower) {
    for (auto member :
         {&reports::Record::time_median_ns, &reports::Record::time_ci_lo_ns, &reports::Record::time_ci_hi_ns}) {
      if (record.*member) record.*member = *(record.*member) * factor;
    }
    for (double& sample : record.samples_ns) sample *= factor;
  }
  write_run(file("slower.jsonl"), slower);
  return file("slower.jsonl");
}

void WindowFixture::open_empty_window() {
  close_window();
  if (!settings_) settings_ = std::make_unique<QSettings>(file("settings.ini"), QSettings::IniFormat);
  session_ = std::make_unique<model::Session>();
  window_ = std::make_unique<widgets::MainWindow>(*session_, files_, *settings_);
  window_->show();
  QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
}

void WindowFixture::open_window() {
  if (settings_) settings_->clear();
  files_ = {};
  open_empty_window();
  window_->open({run_path()});
  QTRY_COMPARE(session_->runs.runs().size(), 1u);
  QApplication::processEvents();
}

void WindowFixture::close_window() {
  window_.reset();
  session_.reset();
}

QAction* WindowFixture::action(const QString& text) const {
  for (QAction* found : window_->findChildren<QAction*>()) {
    if (found->text().remove(QLatin1Char('&')) == text) return found;
  }
  return nullptr;
}

int WindowFixture::visible_curves() {
  const auto& curves = plot().scene().curves;
  return static_cast<int>(std::count_if(curves.begin(), curves.end(), [](const auto& c) { return c.visible; }));
}

}  // namespace attnscope::gui::testing
