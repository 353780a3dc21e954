#include "gui/widgets/results_panel.h"

#include <QEvent>
#include <QHeaderView>
#include <QScopedValueRollback>
#include <QTableView>
#include <QVBoxLayout>
#include <algorithm>
#include <set>

namespace attnscope::gui::widgets {

using model::PointKey;
using model::ResultsTableModel;

ResultsPanel::ResultsPanel(model::Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      rows_(new ResultsTableModel(session.runs, this)),
      proxy_(new model::ResultsProxyModel(session.runs, session.filter, this)),
      table_(new QTableView(this)) {
  proxy_->setSourceModel(rows_);
  table_->setObjectName(QStringLiteral("resultsTable"));
  table_->setAccessibleName(tr("Results"));
  table_->setModel(proxy_);
  table_->setSortingEnabled(true);
  table_->sortByColumn(ResultsTableModel::variant, Qt::AscendingOrder);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setAlternatingRowColors(true);
  table_->setTabKeyNavigation(false);  // Tab goes on to the next control
  table_->setWordWrap(false);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(table_->fontMetrics().height() + 6);
  table_->horizontalHeader()->setStretchLastSection(true);
  table_->horizontalHeader()->setResizeContentsPrecision(50);  // rows looked at, not all of thousands
  table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(table_);

  connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& current) {
    if (is_following_ || !current.isValid()) return;
    session_.selection.set_current(PointKey::unpacked(current.data(ResultsTableModel::key_role).toULongLong()));
  });
  connect(&session_.selection, &model::SelectionHub::current_changed, this, &ResultsPanel::follow_selection);
  connect(rows_, &QAbstractItemModel::modelReset, this, &ResultsPanel::show_columns);
  connect(rows_, &QAbstractItemModel::modelReset, this, &ResultsPanel::follow_selection);
  table_->setMouseTracking(true);
  table_->viewport()->installEventFilter(this);
  connect(table_, &QTableView::entered, this, [this](const QModelIndex& index) {
    session_.selection.set_hovered(PointKey::unpacked(index.data(ResultsTableModel::key_role).toULongLong()));
  });
  connect(&session_.selection, &model::SelectionHub::hovered_changed, this,
          [this] { rows_->set_highlighted(session_.selection.hovered()); });
  connect(&session_.selection, &model::SelectionHub::variant_changed, this,
          [this] { rows_->set_highlighted_variant(session_.selection.variant()); });
  show_columns();
}

void ResultsPanel::follow_selection() {
  const QScopedValueRollback<bool> following(is_following_, true);
  const auto key = session_.selection.current();
  const int row = key ? rows_->row_of(*key) : -1;
  const QModelIndex index = row < 0 ? QModelIndex() : proxy_->mapFromSource(rows_->index(row, 0));
  if (!index.isValid()) {
    table_->selectionModel()->clear();
    return;
  }
  if (table_->currentIndex().row() == index.row()) return;
  table_->setCurrentIndex(index);
  table_->scrollTo(index);
}

bool ResultsPanel::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Leave) session_.selection.set_hovered(std::nullopt);
  return QWidget::eventFilter(watched, event);
}

void ResultsPanel::show_columns() {
  // Columns that say nothing here: the same run for all, no parameters at all.
  table_->setColumnHidden(ResultsTableModel::run, session_.runs.runs().size() < 2);
  std::set<std::string> params;
  for (const model::LoadedRun& run : session_.runs.runs()) {
    for (const reports::Record& record : run.run.records) params.insert(record.params);
  }
  table_->setColumnHidden(ResultsTableModel::params, params.size() < 2);
  table_->resizeColumnsToContents();
  // Long lists of parameters leave room for the numbers; their tooltip has all.
  table_->setColumnWidth(ResultsTableModel::params, std::min(table_->columnWidth(ResultsTableModel::params), 180));
}

}  // namespace attnscope::gui::widgets
