#include "gui/widgets/plot_menu.h"

#include <QInputDialog>

#include "gui/model/point_details.h"
#include "gui/plot/layout.h"
#include "gui/widgets/baseline_menu.h"
#include "gui/widgets/source_dialog.h"

namespace attnscope::gui::widgets {
namespace {

std::optional<model::PointKey> meant_point(const model::Session& session) {
  return session.selection.hovered() ? session.selection.hovered() : session.selection.current();
}

}  // namespace

PlotMenu::PlotMenu(model::Session& session, model::FacetModel& facets, plot::PlotWidget& plot, QPoint at,
                   const QList<QAction*>& figure, QWidget* window)
    : QMenu(window), session_(session), facets_(facets), place_(plot.scene().identity), window_(window) {
  setObjectName(QStringLiteral("plotMenu"));
  setAttribute(Qt::WA_DeleteOnClose);
  addActions(figure);
  const plot::PlotLayout& layout = plot.current_layout();
  if (layout.area.contains(at)) add_notes(plot::Projection(plot.scene(), layout).value(at));
  const auto key = meant_point(session_);
  if (key && session_.runs.find_record(*key)) add_point(*key);
}

void PlotMenu::add_point(model::PointKey key) {
  const reports::Record& record = *session_.runs.find_record(key);
  const model::LoadedRun& run = *session_.runs.find_run(key.run);
  const QString variant = QString::fromStdString(record.variant);
  addSection(model::details_title(record));
  addAction(tr("Compare everything with %1").arg(variant), this,
            [this, variant] { choose_baseline(session_, 0, variant); });
  addAction(tr("Compare everything with run %1").arg(run.name), this,
            [this, id = run.id] { choose_baseline(session_, id, {}); });
  addAction(tr("Hide %1").arg(variant), this,
            [this, variant] { session_.filter.set_hidden(model::Facet::variant, variant, true); });
  addAction(tr("Hide others"), this, [this, variant] { facets_.isolate(model::Facet::variant, variant); });
  addAction(tr("Show source JSON"), this, [this, key] {
    if (const reports::Record* shown = session_.runs.find_record(key))
      show_source(window_, *session_.runs.find_run(key.run), *shown);
  });
}

void PlotMenu::add_notes(QPointF at) {
  addSeparator();
  addAction(tr("Annotate here…"), this, [this, at] { ask_for_note(at); });
  const std::vector<model::Annotation> notes = session_.notes.at_place(place_);
  if (notes.empty()) return;
  QMenu* menu = addMenu(tr("Remove annotation"));
  for (const model::Annotation& note : notes)
    menu->addAction(note.text, this, [this, note] { session_.notes.remove(note); });
}

void PlotMenu::ask_for_note(QPointF at) {
  auto* dialog = new QInputDialog(window_);
  dialog->setObjectName(QStringLiteral("noteDialog"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Annotate"));
  dialog->setLabelText(tr("Text beside this place of the plot; workspaces keep it:"));
  // The menu is gone by then.
  model::Notes& notes = session_.notes;
  connect(dialog, &QInputDialog::textValueSelected, dialog, [&notes, at, place = place_](const QString& text) {
    notes.add({place, at, text.trimmed()});
  });
  dialog->open();
}

}  // namespace attnscope::gui::widgets
