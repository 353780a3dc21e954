#include "gui/widgets/view_tool_bar.h"

#include <QAbstractItemView>
#include <QAction>
#include <QActionGroup>
#include <QComboBox>
#include <QCoreApplication>
#include <QLabel>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <algorithm>
#include <array>
#include <set>

#include "gui/model/panels.h"
#include "gui/plot/quantity.h"

namespace attnscope::gui::widgets {
namespace {

using model::ViewControls;
using model::ViewOptions;

struct IntervalChoice {
  const char* label;
  plot::IntervalStyle style;
  model::IntervalSource source;
};

constexpr std::array interval_choices{
    IntervalChoice{QT_TRANSLATE_NOOP("ViewToolBar", "95 % of median, band"), plot::IntervalStyle::band,
                   model::IntervalSource::confidence},
    IntervalChoice{QT_TRANSLATE_NOOP("ViewToolBar", "95 % of median, bars"), plot::IntervalStyle::bars,
                   model::IntervalSource::confidence},
    IntervalChoice{QT_TRANSLATE_NOOP("ViewToolBar", "5–95 % of samples, band"), plot::IntervalStyle::band,
                   model::IntervalSource::spread},
    IntervalChoice{QT_TRANSLATE_NOOP("ViewToolBar", "5–95 % of samples, bars"), plot::IntervalStyle::bars,
                   model::IntervalSource::spread},
    IntervalChoice{QT_TRANSLATE_NOOP("ViewToolBar", "None"), plot::IntervalStyle::none,
                   model::IntervalSource::confidence},
};

int choice_of(const ViewOptions& options) {
  for (std::size_t i = 0; i < interval_choices.size(); ++i) {
    const IntervalChoice& choice = interval_choices[i];
    if (choice.style == options.intervals &&
        (choice.source == options.source || choice.style == plot::IntervalStyle::none)) {
      return static_cast<int>(i);
    }
  }
  return 0;
}

// A baseline as a box's data: "run:3" or "variant:softmax".
QString baseline_data(const ViewOptions& options) {
  if (options.baseline_run != 0) return QStringLiteral("run:%1").arg(options.baseline_run);
  return options.baseline_variant.isEmpty() ? QString() : QStringLiteral("variant:") + options.baseline_variant;
}

// Its list is as wide as the entries, whatever the box is.
class NarrowBox : public QComboBox {
 public:
  using QComboBox::QComboBox;
  void showPopup() override {
    view()->setMinimumWidth(view()->sizeHintForColumn(0) + 2 * view()->frameWidth() + 8);
    QComboBox::showPopup();
  }
};

QString short_name(const model::CaseAxis& axis) { return axis.is_length() ? QStringLiteral("N") : axis.name(); }

void select_data(QComboBox* box, const QVariant& data) {
  const QSignalBlocker blocker(box);
  box->setCurrentIndex(std::max(0, box->findData(data)));
}

}  // namespace

template <typename Change>
void ViewToolBar::change(Change how) {
  ViewOptions options = session_.view.options();
  how(options);
  session_.view.set_options(options);
}

ViewToolBar::ViewToolBar(model::Session& session, QWidget* parent)
    : QToolBar(parent),
      session_(session),
      metric_group_(new QActionGroup(this)),
      interval_group_(new QActionGroup(this)) {
  setObjectName(QStringLiteral("viewToolBar"));
  setWindowTitle(tr("View options"));
  create_groups();
  metric_ = add_box(tr("&Metric"), QStringLiteral("metricBox"), &ViewControls::metric, 10);
  against_ = add_box(tr("A&gainst"), QStringLiteral("againstBox"), &ViewControls::against, 10);
  over_ = add_box(tr("&Over"), QStringLiteral("overBox"), &ViewControls::over, 5);
  length_ = add_box(tr("&N"), QStringLiteral("lengthBox"), &ViewControls::length, 6);
  baseline_ = add_box(tr("&Baseline"), QStringLiteral("baselineBox"), &ViewControls::baseline, 6);
  split_ = add_box(tr("&Panels"), QStringLiteral("splitBox"), &ViewControls::split, 5);
  interval_ = add_box(tr("&Interval"), QStringLiteral("intervalBox"), &ViewControls::intervals, 9);
  length_->setAccessibleName(tr("Sequence length N"));
  for (const QAction* action : metric_group_->actions()) {
    for (QComboBox* box : {metric_, against_}) {
      box->addItem(action->text());
      box->setItemData(box->count() - 1, action->toolTip(), Qt::ToolTipRole);
    }
  }
  split_->addItem(tr("one"), QString());
  for (const model::Facet facet : model::split_facets()) {
    split_->addItem(tr("per %1").arg(model::facet_id(facet)), model::facet_id(facet));
  }
  // Published scores follow the metrics.
  const auto add_score = [this](std::string_view task) {
    against_->addItem(tr("LRA %1").arg(QString::fromStdString(session_.arena.task_name(task))),
                      QString::fromUtf8(task.data(), static_cast<qsizetype>(task.size())));
  };
  if (!session_.arena.tasks.empty()) add_score(reports::lra_average);
  for (const auto& task : session_.arena.tasks) add_score(task.id);
  for (const QAction* action : interval_group_->actions()) interval_->addItem(action->text());
  connect_boxes();
  connect(&session_.view, &model::ViewState::changed, this, &ViewToolBar::show_options);
  connect(&session_.runs, &model::RunStore::runs_changed, this, &ViewToolBar::fill_choices);
  connect(&session_.filter, &model::FilterState::changed, this, &ViewToolBar::fill_choices);
  fill_choices();
}

void ViewToolBar::create_groups() {
  for (const model::Metric& metric : model::metrics()) {
    QAction* action = metric_group_->addAction(QCoreApplication::translate("Metric", metric.label));
    action->setCheckable(true);
    action->setToolTip(model::metric_formula(metric));
    connect(action, &QAction::triggered, this, [this, &metric] { change([&](auto& o) { o.metric = &metric; }); });
  }
  for (const IntervalChoice& choice : interval_choices) {
    QAction* action = interval_group_->addAction(QCoreApplication::translate("ViewToolBar", choice.label));
    action->setCheckable(true);
    connect(action, &QAction::triggered, this, [this, &choice] {
      change([&](ViewOptions& options) {
        options.intervals = choice.style;
        options.source = choice.source;
      });
    });
  }
}

QComboBox* ViewToolBar::add_box(const QString& label, const QString& name, bool ViewControls::*heeded, int letters) {
  auto* text = new QLabel(label, this);
  text->setContentsMargins(6, 0, 3, 0);
  auto* box = new NarrowBox(this);
  box->setObjectName(name);
  box->setAccessibleName(QString(label).remove(QLatin1Char('&')));
  // Narrow boxes, so that all fit beside two docks.
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(letters);
  text->setBuddy(box);
  controls_.push_back({{addWidget(text), addWidget(box)}, heeded});
  return box;
}

void ViewToolBar::connect_boxes() {
  const auto trigger = [this](QComboBox* box, QActionGroup* group) {
    connect(box, &QComboBox::activated, this, [group](int index) { group->actions().at(index)->trigger(); });
  };
  trigger(metric_, metric_group_);
  trigger(interval_, interval_group_);
  connect(against_, &QComboBox::activated, this, [this](int index) {
    change([&](ViewOptions& o) {
      o.score = against_->itemData(index).toString();
      if (o.score.isEmpty()) o.against = &model::metrics()[static_cast<std::size_t>(index)];
    });
  });
  connect(over_, &QComboBox::activated, this,
          [this](int index) { change([&](ViewOptions& o) { o.over = over_->itemData(index).toString(); }); });
  connect(split_, &QComboBox::activated, this, [this](int index) {
    change([&](ViewOptions& o) { o.split = model::find_facet(split_->itemData(index).toString()); });
  });
  connect(length_, &QComboBox::activated, this, [this](int index) {
    const QVariant data = length_->itemData(index);
    change([&](ViewOptions& o) { o.length = data.isValid() ? std::optional(data.toDouble()) : std::nullopt; });
  });
  connect(baseline_, &QComboBox::activated, this, [this](int index) {
    const QString data = baseline_->itemData(index).toString();
    change([&](ViewOptions& o) {
      o.baseline_run = data.startsWith(QLatin1String("run:")) ? data.mid(4).toInt() : 0;
      o.baseline_variant = data.startsWith(QLatin1String("variant:")) ? data.mid(8) : QString();
    });
  });
}

void ViewToolBar::fill_choices() {
  const QSignalBlocker over_blocker(over_), length_blocker(length_), baseline_blocker(baseline_);
  over_->clear();
  for (const model::CaseAxis& axis : model::varying_axes(session_.runs.runs(), session_.filter.visibility())) {
    over_->addItem(short_name(axis), axis.id());
  }
  if (const auto axis = model::CaseAxis::find(session_.view.options().over); axis && over_->findData(axis->id()) < 0) {
    over_->addItem(short_name(*axis), axis->id());  // as asked for, though it does not vary in these runs
  }
  length_->clear();
  length_->addItem(tr("longest"));
  for (const double n : model::measured_lengths(session_.view_input())) {
    length_->addItem(plot::format_tick(plot::Quantity::count, n), n);
  }
  baseline_->clear();
  baseline_->addItem(tr("none"), QString());
  std::set<std::string_view> variants;
  for (const model::LoadedRun& run : session_.runs.runs()) {
    baseline_->addItem(tr("run %1").arg(run.name), QStringLiteral("run:%1").arg(run.id));
    for (const reports::Record& record : run.run.records) variants.insert(record.variant);
  }
  for (const std::string_view name : variants) {
    const QString variant = QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
    baseline_->addItem(variant, QStringLiteral("variant:") + variant);
  }
  enable_metrics();
  show_options();
}

// A metric that no loaded case has a value of cannot be chosen; without runs all can.
void ViewToolBar::enable_metrics() {
  const auto runs = session_.runs.runs();
  const auto has_value = [&](const model::Metric& metric) {
    return std::any_of(runs.begin(), runs.end(), [&](const model::LoadedRun& run) {
      return std::any_of(run.run.records.begin(), run.run.records.end(),
                         [&](const reports::Record& record) { return model::metric_value(metric, record); });
    });
  };
  for (int i = 0; i < metric_group_->actions().size(); ++i) {
    const bool enabled = runs.empty() || has_value(model::metrics()[static_cast<std::size_t>(i)]);
    metric_group_->actions().at(i)->setEnabled(enabled);
    for (QComboBox* box : {metric_, against_})
      qobject_cast<QStandardItemModel*>(box->model())->item(i)->setEnabled(enabled);
  }
}

void ViewToolBar::show_options() {
  const ViewOptions& options = session_.view.options();
  for (const Control& control : std::as_const(controls_)) {
    for (QAction* action : control.shown) action->setVisible(session_.view.view().controls.*control.heeded);
  }
  const auto metric = static_cast<int>(options.metric - model::metrics().data());
  metric_group_->actions().at(metric)->setChecked(true);
  interval_group_->actions().at(choice_of(options))->setChecked(true);
  metric_->setCurrentIndex(metric);
  const int score = options.score.isEmpty() ? -1 : against_->findData(options.score);
  against_->setCurrentIndex(score >= 0 ? score : static_cast<int>(options.against - model::metrics().data()));
  interval_->setCurrentIndex(choice_of(options));
  select_data(over_, options.over);
  select_data(split_, options.split ? model::facet_id(*options.split) : QString());
  select_data(length_, options.length ? QVariant(*options.length) : QVariant());
  select_data(baseline_, baseline_data(options));
}

void ViewToolBar::show_next_interval() {
  const int next = (choice_of(session_.view.options()) + 1) % static_cast<int>(interval_choices.size());
  interval_group_->actions().at(next)->trigger();
}

QList<QAction*> ViewToolBar::metric_actions() const { return metric_group_->actions(); }
QList<QAction*> ViewToolBar::interval_actions() const { return interval_group_->actions(); }

}  // namespace attnscope::gui::widgets
