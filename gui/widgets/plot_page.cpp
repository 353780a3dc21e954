#include "gui/widgets/plot_page.h"

#include <QAction>
#include <QActionGroup>
#include <QCoreApplication>
#include <QShortcut>
#include <QTabBar>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/model/panels.h"
#include "gui/plot/readout.h"
#include "gui/widgets/view_tool_bar.h"

namespace attnscope::gui::widgets {

PlotPage::PlotPage(model::Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      plots_(new plot::PlotGrid(this)),
      tabs_(new QTabBar(this)),
      bar_(new ViewToolBar(session, this)),
      tab_group_(new QActionGroup(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  create_tabs();
  create_actions();
  bar_->addSeparator();
  for (QAction* action : {relative_, fit_, log_x_, log_y_, end_labels_}) bar_->addAction(action);
  layout->addWidget(tabs_);
  layout->addWidget(bar_);
  layout->addWidget(plots_, 1);
  connect_plot();
  connect(&session_.selection, &model::SelectionHub::variant_changed, this, &PlotPage::show_variant);
  connect(&session_.runs, &model::RunStore::runs_changed, this, &PlotPage::rebuild);
  connect(&session_.filter, &model::FilterState::changed, this, [this] {
    show_options();
    rebuild();
  });
  connect(&session_.view, &model::ViewState::changed, this, [this] {
    show_options();
    rebuild();
  });
  connect(&session_.notes, &model::Notes::changed, this, &PlotPage::rebuild);
  connect(&session_.selection, &model::SelectionHub::current_changed, this, [this] {
    if (session_.view.view().follows_selection) rebuild();
  });
  show_options();
  rebuild();
}

// Ctrl+1, Ctrl+2, … open the views; while the plot has the focus, 1, 2, … do.
void PlotPage::create_tabs() {
  tabs_->setObjectName(QStringLiteral("viewTabs"));
  tabs_->setAccessibleName(tr("Views"));
  tabs_->setDrawBase(false);
  tabs_->setExpanding(false);
  for (const model::View& view : model::views()) {
    const QString label = QCoreApplication::translate("View", view.label);
    const QString hint = QCoreApplication::translate("View", view.hint);
    tabs_->setTabToolTip(tabs_->addTab(label), hint);
    QAction* action = tab_group_->addAction(label);
    action->setCheckable(true);
    action->setToolTip(hint);
    action->setShortcut(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_0 + tabs_->count())));
    auto* in_plot = new QShortcut(QKeySequence(Qt::Key_0 + tabs_->count()), plots_);
    in_plot->setContext(Qt::WidgetWithChildrenShortcut);
    connect(in_plot, &QShortcut::activated, action, &QAction::trigger);
    connect(action, &QAction::triggered, this, [this, &view] { session_.view.set_view(view); });
  }
  connect(tabs_, &QTabBar::currentChanged, this,
          [this](int index) { session_.view.set_view(model::views()[static_cast<std::size_t>(index)]); });
}

QAction* PlotPage::add_view_action(const QString& text, const QKeySequence& key, bool checkable) {
  auto* action = new QAction(text, this);
  action->setCheckable(checkable);
  action->setShortcut(key);
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  plots_->addAction(action);
  view_actions_ << action;
  return action;
}

void PlotPage::create_actions() {
  using model::ViewOptions;
  const auto toggle = [this](const QString& text, const QKeySequence& key, auto apply) {
    QAction* action = add_view_action(text, key, true);
    connect(action, &QAction::triggered, this, [this, apply](bool on) {
      ViewOptions options = session_.view.options();
      apply(options, on);
      session_.view.set_options(options);
    });
    return action;
  };
  fit_ = add_view_action(tr("Fit"), Qt::Key_F, false);
  fit_->setToolTip(tr("Show everything (double click)"));
  connect(fit_, &QAction::triggered, plots_, &plot::PlotGrid::fit);
  log_x_ = toggle(tr("Logarithmic lengths"), Qt::SHIFT | Qt::Key_L,
                  [](ViewOptions& o, bool on) { o.x_scale = on ? plot::Scale::log2 : plot::Scale::linear; });
  log_y_ = toggle(tr("Logarithmic values"), Qt::Key_L, [](ViewOptions& o, bool on) { o.linear_y = !on; });
  log_x_->setIconText(tr("log N"));
  log_y_->setIconText(tr("log y"));
  grid_ = toggle(tr("Grid"), Qt::Key_G, [](ViewOptions& o, bool on) { o.grid = on; });
  exponents_ = toggle(tr("Fitted exponents"), Qt::Key_E, [](ViewOptions& o, bool on) { o.fits = on; });
  end_labels_ = toggle(tr("Names at the curves"), Qt::Key_N, [](ViewOptions& o, bool on) { o.end_labels = on; });
  end_labels_->setIconText(tr("Names"));
  samples_ = toggle(tr("Single samples"), Qt::Key_S, [](ViewOptions& o, bool on) { o.samples = on; });
  samples_->setToolTip(tr("Every sample behind the median, where the metric is the time"));
  relative_ = toggle(tr("Relative to the baseline"), Qt::Key_R, [](ViewOptions& o, bool on) { o.relative = on; });
  relative_->setIconText(tr("÷ baseline"));
  relative_->setToolTip(tr("Ratios: the value over that of the same case of the baseline"));
  crossings_ = toggle(tr("Crossings"), Qt::Key_X, [](ViewOptions& o, bool on) { o.crossings = on; });
  connect(crossings_, &QAction::triggered, this, [this](bool on) {
    if (!on) session_.filter.set_pair({});
  });
  crossings_->setToolTip(tr("Where visible curves cross: from which length on one is better than another"));
  crosshair_ = add_view_action(tr("Crosshair"), Qt::Key_C, true);
  crosshair_->setChecked(true);
  connect(crosshair_, &QAction::toggled, plots_, &plot::PlotGrid::set_crosshair);
  QAction* next_interval = add_view_action(tr("Next interval style"), Qt::Key_B, false);
  connect(next_interval, &QAction::triggered, bar_, &ViewToolBar::show_next_interval);
}

void PlotPage::connect_plot() {
  using plot::PlotGrid;
  model::SelectionHub& selection = session_.selection;
  connect(plots_, &PlotGrid::point_hovered, this, [this](std::uint64_t key) {
    session_.selection.set_hovered(model::PointKey::unpacked(key));
    const plot::PlotWidget& panel = plots_->active();
    if (panel.hovered())
      emit readout_changed(plot::readout(panel.scene(), *panel.hovered()).join(QStringLiteral("   ")));
  });
  connect(plots_, &PlotGrid::hover_ended, this, [this] {
    session_.selection.set_hovered(std::nullopt);
    emit readout_changed({});
  });
  connect(plots_, &PlotGrid::point_activated, this,
          [this](std::uint64_t key) { activate(model::PointKey::unpacked(key)); });
  connect(plots_, &PlotGrid::point_marked, this,
          [this](std::uint64_t key) { session_.selection.toggle_marked(model::PointKey::unpacked(key)); });
  connect(plots_, &PlotGrid::selection_cleared, this, [this] {
    session_.selection.set_current(std::nullopt);
    session_.selection.set_variant({});
    session_.selection.set_marked({});
    session_.filter.set_pair({});
  });
  connect(plots_, &PlotGrid::legend_clicked, this, &PlotPage::legend_clicked);
  const auto packed = [](std::optional<model::PointKey> key) {
    return key ? std::optional(key->packed()) : std::nullopt;
  };
  connect(&selection, &model::SelectionHub::current_changed, this,
          [this, packed] { plots_->set_selected(packed(session_.selection.current())); });
  connect(&selection, &model::SelectionHub::hovered_changed, this,
          [this, packed] { plots_->set_highlighted(packed(session_.selection.hovered())); });
  connect(&selection, &model::SelectionHub::marked_changed, this, [this] {
    std::vector<std::uint64_t> keys;
    for (const model::PointKey& key : session_.selection.marked()) keys.push_back(key.packed());
    plots_->set_marked(keys);
  });
}

// What is chosen once more is let go.
void PlotPage::activate(model::PointKey key) {
  const auto choice_of = session_.view.view().choice;
  model::CellChoice choice;
  if (choice_of != nullptr) choice = choice_of(session_.view_input(), plot().scene(), key);
  model::SelectionHub& selection = session_.selection;
  if (!choice.variant.isEmpty()) {
    selection.set_variant(choice.variant == selection.variant() ? QString() : choice.variant);
  } else if (!choice.pair.groups.isEmpty()) {
    session_.filter.set_pair(choice.pair == session_.filter.value().pair ? model::ChosenPair() : choice.pair);
  } else {
    selection.set_current(key);
  }
}

void PlotPage::show_variant() {
  std::vector<std::uint64_t> keys;
  for (const model::PointKey& key : session_.runs.cases_of(session_.selection.variant())) keys.push_back(key.packed());
  std::sort(keys.begin(), keys.end());
  plots_->set_chosen(keys);
}

void PlotPage::legend_clicked(const plot::LegendRow& row, bool isolate) {
  if (row.kind != plot::LegendRow::Kind::group) return;
  // The row may name a parameter set; the switch is the variant's.
  for (const model::Series& series : model::group_series(session_.runs.runs(), session_.filter.visibility())) {
    if (series.group == row.text) return emit variant_clicked(series.variant, isolate);
  }
}

void PlotPage::show_options() {
  const model::ViewOptions& options = session_.view.options();
  const auto view = static_cast<int>(&session_.view.view() - model::views().data());
  tab_group_->actions().at(view)->setChecked(true);
  tabs_->setCurrentIndex(view);
  log_x_->setChecked(options.x_scale != plot::Scale::linear);
  log_y_->setChecked(!options.linear_y);
  grid_->setChecked(options.grid);
  exponents_->setChecked(options.fits);
  end_labels_->setChecked(options.end_labels);
  samples_->setChecked(options.samples);
  crossings_->setChecked(options.crossings || !session_.filter.visibility().pair().isEmpty());
  relative_->setChecked(options.relative);
}

void PlotPage::rebuild() {
  const model::View& view = session_.view.view();
  std::vector<plot::PlotScene> panels = model::build_panels(view, session_.view_input(), session_.view.options());
  for (plot::PlotScene& panel : panels) {
    panel = session_.notes.annotated(std::move(panel));
    panel.legend_shows_hidden = true;
  }
  plots_->setAccessibleName(tr("%1 plot").arg(QCoreApplication::translate("View", view.label)));
  plots_->set_scenes(std::move(panels));
  show_variant();
}

QList<QAction*> PlotPage::tab_actions() const { return tab_group_->actions(); }
QList<QAction*> PlotPage::metric_actions() const { return bar_->metric_actions(); }
QList<QAction*> PlotPage::interval_actions() const { return bar_->interval_actions(); }

}  // namespace attnscope::gui::widgets
