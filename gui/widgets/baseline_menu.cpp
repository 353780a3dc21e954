#include "gui/widgets/baseline_menu.h"

#include <QActionGroup>
#include <set>

namespace attnscope::gui::widgets {

void choose_baseline(model::Session& session, int run, const QString& variant) {
  model::ViewOptions options = session.view.options();
  options.baseline_run = run;
  options.baseline_variant = variant;
  session.view.set_options(options);
}

BaselineMenu::BaselineMenu(model::Session& session, QWidget* parent)
    : QMenu(tr("&Baseline"), parent), session_(session) {
  setObjectName(QStringLiteral("baselineMenu"));
  setToolTipsVisible(true);
  connect(&session_.runs, &model::RunStore::runs_changed, this, &BaselineMenu::fill);
  connect(&session_.view, &model::ViewState::changed, this, &BaselineMenu::fill);
  fill();
}

QAction* BaselineMenu::add_choice(const QString& text, int run, const QString& variant) {
  QAction* action = addAction(text);
  action->setCheckable(true);
  const model::ViewOptions& options = session_.view.options();
  action->setChecked(options.baseline_run == run && options.baseline_variant == variant);
  // Queued: the menu is filled anew by what the action changes.
  connect(
      action, &QAction::triggered, this, [this, run, variant] { choose_baseline(session_, run, variant); },
      Qt::QueuedConnection);
  return action;
}

void BaselineMenu::fill() {
  clear();
  add_choice(tr("No baseline"), 0, {})->setToolTip(tr("Views that compare choose one by themselves"));
  addSection(tr("Runs"));
  std::set<std::string> variants;
  for (const model::LoadedRun& run : session_.runs.runs()) {
    add_choice(tr("Run %1").arg(run.name), run.id, {})->setToolTip(run.path);
    for (const reports::Record& record : run.run.records) variants.insert(record.variant);
  }
  addSection(tr("Variants"));
  for (const std::string& variant : variants)
    add_choice(QString::fromStdString(variant), 0, QString::fromStdString(variant));
}

}  // namespace attnscope::gui::widgets
