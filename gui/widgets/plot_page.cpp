#include "gui/widgets/plot_page.h"

#include <QAction>
#include <QActionGroup>
#include <QComboBox>
#include <QCoreApplication>
#include <QLabel>
#include <QToolBar>
#include <QVBoxLayout>
#include <array>

#include "gui/plot/readout.h"

namespace attnscope::gui::widgets {
namespace {

struct IntervalChoice {
  const char* label;
  plot::IntervalStyle style;
  model::IntervalSource source;
};

constexpr std::array interval_choices{
    IntervalChoice{QT_TRANSLATE_NOOP("PlotPage", "95 % of median, band"), plot::IntervalStyle::band,
                   model::IntervalSource::confidence},
    IntervalChoice{QT_TRANSLATE_NOOP("PlotPage", "95 % of median, bars"), plot::IntervalStyle::bars,
                   model::IntervalSource::confidence},
    IntervalChoice{QT_TRANSLATE_NOOP("PlotPage", "5–95 % of samples, band"), plot::IntervalStyle::band,
                   model::IntervalSource::spread},
    IntervalChoice{QT_TRANSLATE_NOOP("PlotPage", "5–95 % of samples, bars"), plot::IntervalStyle::bars,
                   model::IntervalSource::spread},
    IntervalChoice{QT_TRANSLATE_NOOP("PlotPage", "None"), plot::IntervalStyle::none, model::IntervalSource::confidence},
};

int choice_of(const model::TradeoffOptions& options) {
  for (std::size_t i = 0; i < interval_choices.size(); ++i) {
    const IntervalChoice& choice = interval_choices[i];
    if (choice.style == options.intervals &&
        (choice.source == options.source || choice.style == plot::IntervalStyle::none)) {
      return static_cast<int>(i);
    }
  }
  return 0;
}

}  // namespace

PlotPage::PlotPage(model::Session& session, QWidget* parent)
    : QWidget(parent),
      session_(session),
      plot_(new plot::PlotWidget(this)),
      metric_group_(new QActionGroup(this)),
      interval_group_(new QActionGroup(this)) {
  plot_->setObjectName(QStringLiteral("tradeoffPlot"));
  plot_->setAccessibleName(tr("Tradeoff plot"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  create_actions();
  create_toolbar();
  layout->addWidget(plot_, 1);
  connect_plot();
  connect(&session_.runs, &model::RunStore::runs_changed, this, &PlotPage::rebuild);
  connect(&session_.filter, &model::FilterState::changed, this, &PlotPage::rebuild);
  show_options();
  rebuild();
}

QAction* PlotPage::add_view_action(const QString& text, const QKeySequence& key, bool checkable) {
  auto* action = new QAction(text, this);
  action->setCheckable(checkable);
  action->setShortcut(key);
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  plot_->addAction(action);
  view_actions_ << action;
  return action;
}

void PlotPage::create_actions() {
  for (const model::Metric& metric : model::metrics()) {
    QAction* action = metric_group_->addAction(QCoreApplication::translate("Metric", metric.label));
    action->setCheckable(true);
    action->setShortcut(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_0 + metric_group_->actions().size())));
    connect(action, &QAction::triggered, this, [this, &metric] { set_metric(metric); });
  }
  for (std::size_t i = 0; i < interval_choices.size(); ++i) {
    QAction* action = interval_group_->addAction(tr(interval_choices[i].label));
    action->setCheckable(true);
    connect(action, &QAction::triggered, this, [this, i] {
      options_.intervals = interval_choices[i].style;
      options_.source = interval_choices[i].source;
      set_options(options_);
    });
  }
  const auto toggle = [this](const QString& text, const QKeySequence& key, auto apply) {
    QAction* action = add_view_action(text, key, true);
    connect(action, &QAction::triggered, this, [this, apply](bool on) {
      apply(options_, on);
      set_options(options_);
    });
    return action;
  };
  using model::TradeoffOptions;
  fit_ = add_view_action(tr("Fit"), Qt::Key_F, false);
  fit_->setToolTip(tr("Show everything (double click)"));
  connect(fit_, &QAction::triggered, plot_, &plot::PlotWidget::fit);
  log_x_ = toggle(tr("Logarithmic lengths"), Qt::SHIFT | Qt::Key_L,
                  [](TradeoffOptions& o, bool on) { o.x_scale = on ? plot::Scale::log2 : plot::Scale::linear; });
  log_y_ = toggle(tr("Logarithmic values"), Qt::Key_L, [](TradeoffOptions& o, bool on) { o.linear_y = !on; });
  log_x_->setIconText(tr("log N"));
  log_y_->setIconText(tr("log y"));
  grid_ = toggle(tr("Grid"), Qt::Key_G, [](TradeoffOptions& o, bool on) { o.grid = on; });
  exponents_ = toggle(tr("Fitted exponents"), Qt::Key_E, [](TradeoffOptions& o, bool on) { o.fits = on; });
  end_labels_ = toggle(tr("Names at the curves"), Qt::Key_N, [](TradeoffOptions& o, bool on) { o.end_labels = on; });
  end_labels_->setIconText(tr("Names"));
  crosshair_ = add_view_action(tr("Crosshair"), Qt::Key_C, true);
  crosshair_->setChecked(true);
  connect(crosshair_, &QAction::toggled, plot_, &plot::PlotWidget::set_crosshair);
  QAction* next_interval = add_view_action(tr("Next interval style"), Qt::Key_B, false);
  connect(next_interval, &QAction::triggered, this, [this] {
    interval_group_->actions()[(choice_of(options_) + 1) % static_cast<int>(interval_choices.size())]->trigger();
  });
}

void PlotPage::create_toolbar() {
  auto* bar = new QToolBar(this);
  bar->setObjectName(QStringLiteral("plotToolBar"));
  const auto add_box = [&](const QString& label, const QString& name, QActionGroup* group) {
    auto* text = new QLabel(label, bar);
    text->setContentsMargins(8, 0, 4, 0);
    auto* box = new QComboBox(bar);
    box->setObjectName(name);
    box->setAccessibleName(label);
    for (QAction* action : group->actions()) box->addItem(action->text());
    text->setBuddy(box);
    bar->addWidget(text);
    bar->addWidget(box);
    connect(box, &QComboBox::activated, this, [group](int index) { group->actions().at(index)->trigger(); });
    return box;
  };
  metric_box_ = add_box(tr("&Metric"), QStringLiteral("metricBox"), metric_group_);
  interval_box_ = add_box(tr("&Interval"), QStringLiteral("intervalBox"), interval_group_);
  bar->addSeparator();
  for (QAction* action : {fit_, log_x_, log_y_, end_labels_}) bar->addAction(action);
  layout()->addWidget(bar);
}

void PlotPage::connect_plot() {
  using plot::PlotWidget;
  connect(plot_, &PlotWidget::point_hovered, this, [this](std::uint64_t key) {
    session_.selection.set_hovered(model::PointKey::unpacked(key));
    if (plot_->hovered())
      emit readout_changed(plot::readout(plot_->scene(), *plot_->hovered()).join(QStringLiteral("   ")));
  });
  connect(plot_, &PlotWidget::hover_ended, this, [this] {
    session_.selection.set_hovered(std::nullopt);
    emit readout_changed({});
  });
  connect(plot_, &PlotWidget::point_activated, this,
          [this](std::uint64_t key) { session_.selection.set_current(model::PointKey::unpacked(key)); });
  connect(plot_, &PlotWidget::selection_cleared, this, [this] { session_.selection.set_current(std::nullopt); });
  connect(plot_, &PlotWidget::legend_clicked, this, &PlotPage::legend_clicked);
  const auto packed = [](std::optional<model::PointKey> key) {
    return key ? std::optional(key->packed()) : std::nullopt;
  };
  connect(&session_.selection, &model::SelectionHub::current_changed, this,
          [this, packed] { plot_->set_selected(packed(session_.selection.current())); });
  connect(&session_.selection, &model::SelectionHub::hovered_changed, this,
          [this, packed] { plot_->set_highlighted(packed(session_.selection.hovered())); });
}

void PlotPage::legend_clicked(const plot::LegendRow& row, bool isolate) {
  if (row.kind != plot::LegendRow::Kind::group) return;
  // The row may name a parameter set; the switch is the variant's.
  for (const model::Series& series : model::group_series(session_.runs.runs(), session_.filter.visibility())) {
    if (series.group == row.text) return emit variant_clicked(series.variant, isolate);
  }
}

void PlotPage::set_metric(const model::Metric& metric) {
  options_.metric = &metric;
  set_options(options_);
}

void PlotPage::set_options(const model::TradeoffOptions& options) {
  options_ = options;
  show_options();
  rebuild();
  emit options_changed();
}

void PlotPage::show_options() {
  const auto metric = static_cast<int>(options_.metric - model::metrics().data());
  const int interval = choice_of(options_);
  metric_group_->actions().at(metric)->setChecked(true);
  interval_group_->actions().at(interval)->setChecked(true);
  metric_box_->setCurrentIndex(metric);
  interval_box_->setCurrentIndex(interval);
  log_x_->setChecked(options_.x_scale != plot::Scale::linear);
  log_y_->setChecked(!options_.linear_y);
  grid_->setChecked(options_.grid);
  exponents_->setChecked(options_.fits);
  end_labels_->setChecked(options_.end_labels);
}

void PlotPage::rebuild() {
  plot::PlotScene scene =
      model::build_tradeoff(session_.runs.runs(), session_.filter.visibility(), session_.styles, options_);
  scene.legend_shows_hidden = true;
  plot_->set_scene(std::move(scene));
}

QList<QAction*> PlotPage::metric_actions() const { return metric_group_->actions(); }
QList<QAction*> PlotPage::interval_actions() const { return interval_group_->actions(); }

}  // namespace attnscope::gui::widgets
