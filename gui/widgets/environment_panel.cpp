#include "gui/widgets/environment_panel.h"

#include <QCheckBox>
#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <QVBoxLayout>

#include "reports/environment_facts.h"

namespace attnscope::gui::widgets {

EnvironmentPanel::EnvironmentPanel(model::Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      differences_only_(new QCheckBox(tr("&Differences only"), this)),
      table_(new QTableWidget(this)),
      notes_(new QLabel(this)) {
  differences_only_->setObjectName(QStringLiteral("environmentDifferences"));
  table_->setObjectName(QStringLiteral("environmentTable"));
  table_->setAccessibleName(tr("Environments of the loaded runs"));
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setSelectionMode(QAbstractItemView::ContiguousSelection);
  table_->setAlternatingRowColors(true);
  table_->setTabKeyNavigation(false);  // Tab goes on to the next control
  table_->setShowGrid(false);
  table_->horizontalHeader()->setStretchLastSection(true);
  notes_->setObjectName(QStringLiteral("environmentNotes"));
  notes_->setWordWrap(true);
  notes_->setTextFormat(Qt::PlainText);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->addWidget(differences_only_);
  layout->addWidget(table_, 1);
  layout->addWidget(notes_);
  connect(differences_only_, &QCheckBox::toggled, this, &EnvironmentPanel::show_runs);
  connect(&session_.runs, &model::RunStore::runs_changed, this, [this] {
    is_stale_ = true;
    if (isVisible()) show_runs();
  });
}

void EnvironmentPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (is_stale_) show_runs();
}

void EnvironmentPanel::show_runs() {
  is_stale_ = false;
  std::vector<const reports::Run*> runs;
  std::vector<std::string> names;
  QStringList headers;
  for (const model::LoadedRun& run : session_.runs.runs()) {
    runs.push_back(&run.run);
    names.push_back(run.name.toStdString());
    headers << run.name;
  }
  differences_only_->setVisible(runs.size() > 1);
  const bool filters = runs.size() > 1 && differences_only_->isChecked();
  const auto facts = runs.empty() ? std::vector<reports::FactDifference>()
                     : filters    ? reports::environment_differences(runs)
                                  : reports::environment_table(runs);
  table_->clear();
  table_->setColumnCount(static_cast<int>(runs.size()));
  table_->setRowCount(static_cast<int>(facts.size()));
  table_->setHorizontalHeaderLabels(headers);
  QStringList labels;
  for (int row = 0; row < table_->rowCount(); ++row) {
    const reports::FactDifference& fact = facts[static_cast<std::size_t>(row)];
    const bool stands_out = reports::differs(fact);
    labels << (stands_out ? QStringLiteral("≠ ") : QString()) + QString::fromStdString(fact.name);
    for (int column = 0; column < table_->columnCount(); ++column) {
      auto* item = new QTableWidgetItem(QString::fromStdString(fact.values[static_cast<std::size_t>(column)]));
      QFont font = item->font();
      font.setBold(stands_out);
      item->setFont(font);
      item->setToolTip(stands_out && fact.machine_class ? tr("Another machine: times cannot be compared")
                                                        : item->text());
      table_->setItem(row, column, item);
    }
  }
  table_->setVerticalHeaderLabels(labels);
  QStringList notes;
  if (runs.size() > 1) {
    for (const std::string& note : reports::reference_notes(names, runs)) notes << QString::fromStdString(note);
  }
  notes_->setText(notes.join(QLatin1Char('\n')));
  notes_->setVisible(!notes.isEmpty());
}

}  // namespace attnscope::gui::widgets
