#include "gui/widgets/filter_panel.h"

#include <QEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTreeView>
#include <QVBoxLayout>

namespace attnscope::gui::widgets {

FilterPanel::FilterPanel(model::Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      facets_(new model::FacetModel(session.runs, session.filter, session.styles, this)),
      search_(new QLineEdit(this)),
      error_(new QLabel(this)),
      tree_(new QTreeView(this)) {
  search_->setObjectName(QStringLiteral("filterText"));
  search_->setPlaceholderText(tr("Filter (Ctrl+F)"));
  search_->setClearButtonEnabled(true);
  search_->setAccessibleName(tr("Filter"));
  search_->setToolTip(tr("variant:flash  n:>=4k  device:cpu  -dtype:bf16\nn<=8k || variant!=softmax"));
  error_->setObjectName(QStringLiteral("filterError"));
  error_->setWordWrap(true);
  error_->setTextFormat(Qt::PlainText);
  error_->hide();
  tree_->setObjectName(QStringLiteral("facetTree"));
  tree_->setAccessibleName(tr("What is shown"));
  tree_->setModel(facets_);
  tree_->setHeaderHidden(true);
  tree_->setUniformRowHeights(true);
  tree_->setExpandsOnDoubleClick(false);
  auto* all = new QPushButton(tr("Show all"), this);
  all->setToolTip(tr("Clear the filter and switch everything on"));

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->addWidget(search_);
  layout->addWidget(error_);
  layout->addWidget(tree_, 1);
  layout->addWidget(all);

  connect(search_, &QLineEdit::textChanged, this, [this](const QString& text) { session_.filter.set_text(text); });
  connect(tree_, &QTreeView::doubleClicked, this, [this](const QModelIndex& index) { facets_->isolate(index); });
  connect(all, &QPushButton::clicked, &session_.filter, &model::FilterState::show_all);
  connect(&session_.filter, &model::FilterState::changed, this, &FilterPanel::show_state);
  connect(&session_.filter, &model::FilterState::error_changed, this, &FilterPanel::show_state);
  connect(facets_, &QAbstractItemModel::modelReset, tree_, &QTreeView::expandAll);
  tree_->setMouseTracking(true);
  tree_->viewport()->installEventFilter(this);
  connect(tree_, &QTreeView::entered, this, [this](const QModelIndex& index) {
    session_.selection.set_hovered(first_case_of(facets_->variant_at(index)));
  });
  const auto show_highlighted = [this] {
    const auto key = session_.selection.hovered();
    const reports::Record* record = key ? session_.runs.find_record(*key) : nullptr;
    facets_->set_highlighted(record ? QString::fromStdString(record->variant) : session_.selection.variant());
  };
  connect(&session_.selection, &model::SelectionHub::hovered_changed, this, show_highlighted);
  connect(&session_.selection, &model::SelectionHub::variant_changed, this, show_highlighted);
  tree_->expandAll();
}

bool FilterPanel::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Leave) session_.selection.set_hovered(std::nullopt);
  return QWidget::eventFilter(watched, event);
}

// A point stands for its curve.
std::optional<model::PointKey> FilterPanel::first_case_of(const QString& variant) const {
  for (const model::Series& series : model::group_series(session_.runs.runs(), session_.filter.visibility())) {
    if (series.variant == variant && series.visible && !series.points.empty()) return series.points.front().key;
  }
  return std::nullopt;
}

void FilterPanel::focus_search() {
  search_->setFocus(Qt::ShortcutFocusReason);
  search_->selectAll();
}

void FilterPanel::show_state() {
  const QString& error = session_.filter.error();
  error_->setText(error);
  error_->setVisible(!error.isEmpty());
  // An undo changes the text from outside; while it is being typed it is left alone.
  if (error.isEmpty() && search_->text().trimmed() != session_.filter.value().text) {
    const QSignalBlocker quiet(search_);
    search_->setText(session_.filter.value().text);
  }
}

}  // namespace attnscope::gui::widgets
