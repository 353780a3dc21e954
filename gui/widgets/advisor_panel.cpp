#include "gui/widgets/advisor_panel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <set>

#include "gui/plot/quantity.h"

namespace attnscope::gui::widgets {
namespace {

enum Column { variant_column, time_column, memory_column, reason_column };
constexpr int key_role = Qt::UserRole;  // packed PointKey

QString bytes_text(std::int64_t bytes) {
  return plot::format_quantity(plot::Quantity::bytes, static_cast<double>(bytes));
}

}  // namespace

AdvisorPanel::AdvisorPanel(model::Session& session, QWidget* parent)
    : QWidget(parent), session_(session), request_(session.runs) {
  new QVBoxLayout(this);
  create_question();
  create_answer();
  connect(&request_, &model::AdviceRequest::answered, this, &AdvisorPanel::show_answer);
  connect(&session_.runs, &model::RunStore::runs_changed, this, [this] {
    fill_choices();
    ask();
  });
  fill_choices();
  ask();
}

void AdvisorPanel::create_question() {
  auto* form = new QFormLayout;
  const auto edit = [&](const QString& label, const char* name, const QString& hint) {
    auto* line = new QLineEdit(this);
    line->setObjectName(QLatin1String(name));
    line->setPlaceholderText(hint);
    line->setClearButtonEnabled(true);
    form->addRow(label, line);
    line->setAccessibleName(QString(label).remove(QLatin1Char('&')));
    connect(line, &QLineEdit::textChanged, this, &AdvisorPanel::ask);
    return line;
  };
  const auto box = [&](const QString& label, const char* name) {
    auto* choice = new QComboBox(this);
    choice->setObjectName(QLatin1String(name));
    choice->setAccessibleName(QString(label).remove(QLatin1Char('&')));
    form->addRow(label, choice);
    connect(choice, &QComboBox::currentIndexChanged, this, &AdvisorPanel::ask);
    return choice;
  };
  length_ = edit(tr("&Length"), "advisorLength", tr("tokens, for example 16k"));
  memory_ = edit(tr("&Memory budget"), "advisorMemory", tr("none; for example 2GiB"));
  mode_ = box(tr("M&ode"), "advisorMode");
  device_ = box(tr("&Device"), "advisorDevice");
  dtype_ = box(tr("Data &type"), "advisorType");
  causal_ = new QCheckBox(tr("&Causal"), this);
  causal_->setObjectName(QStringLiteral("advisorCausal"));
  causal_->setToolTip(tr("A position may see only itself and earlier ones"));
  connect(causal_, &QCheckBox::toggled, this, &AdvisorPanel::ask);
  form->addRow(QString(), causal_);
  static_cast<QVBoxLayout*>(layout())->addLayout(form);
}

void AdvisorPanel::create_answer() {
  headline_ = new QLabel(this);
  headline_->setObjectName(QStringLiteral("advisorHeadline"));
  headline_->setWordWrap(true);
  QFont bold = headline_->font();
  bold.setBold(true);
  headline_->setFont(bold);
  headline_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  answer_ = new QTreeWidget(this);
  answer_->setObjectName(QStringLiteral("advisorAnswer"));
  answer_->setAccessibleName(tr("Variants that answer the question"));
  answer_->setHeaderLabels({tr("Variant"), tr("Time"), tr("Memory"), tr("Why")});
  answer_->headerItem()->setToolTip(memory_column, tr("Peak memory of the call, with inputs and parameters"));
  answer_->setToolTip(tr("Click: highlight in every view; double click: show alone"));
  answer_->setUniformRowHeights(true);
  answer_->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
  answer_->header()->setStretchLastSection(false);
  connect(answer_, &QTreeWidget::currentItemChanged, this, &AdvisorPanel::highlight);
  connect(answer_, &QTreeWidget::itemClicked, this, &AdvisorPanel::highlight);
  connect(answer_, &QTreeWidget::itemActivated, this, &AdvisorPanel::show_alone);
  origin_ = new QLabel(this);
  origin_->setObjectName(QStringLiteral("advisorOrigin"));
  origin_->setWordWrap(true);
  origin_->setEnabled(false);  // small print: the muted colour of disabled text
  auto* rows = static_cast<QVBoxLayout*>(layout());
  rows->addWidget(headline_);
  rows->addWidget(answer_, 1);
  rows->addWidget(origin_);
}

void AdvisorPanel::focus_question() {
  length_->setFocus();
  length_->selectAll();
}

// Choices are what the runs have; what was chosen stays chosen where it can.
void AdvisorPanel::fill_choices() {
  std::set<QString> modes, devices, dtypes;
  for (const model::LoadedRun& run : session_.runs.runs()) {
    for (const reports::Record& record : run.run.records) {
      modes.insert(QString::fromStdString(record.mode));
      devices.insert(QString::fromStdString(record.device));
      dtypes.insert(QString::fromStdString(record.dtype));
    }
  }
  const auto fill = [](QComboBox* box, const std::set<QString>& values) {
    const QSignalBlocker blocker(box);
    const QString chosen = box->currentText();
    box->clear();
    for (const QString& value : values) box->addItem(value);
    box->setCurrentIndex(std::max(0, box->findText(chosen)));
  };
  fill(mode_, modes);
  fill(device_, devices);
  fill(dtype_, dtypes);
}

void AdvisorPanel::ask() {
  const auto length = model::parse_length(length_->text());
  const auto memory = model::parse_memory(memory_->text());
  QString wanted;
  if (session_.runs.is_empty()) {
    wanted = tr("Open a run to be advised.");
  } else if (!length) {
    wanted = length_->text().isEmpty() ? tr("Which length? For example 16k.") : tr("The length is not understood.");
  } else if (!memory && !memory_->text().trimmed().isEmpty()) {
    wanted = tr("The memory budget is not understood; for example 2GiB or 500m.");
  }
  if (!wanted.isEmpty()) {
    model::AdvisorAnswer nothing;
    nothing.headline = wanted;
    request_.cancel();
    return show_answer(nothing);
  }
  model::AdvisorQuestion question;
  question.length = *length;
  question.memory_bytes = memory;
  question.mode = mode_->currentText();
  question.device = device_->currentText();
  question.dtype = dtype_->currentText();
  question.causal = causal_->isChecked();
  request_.ask(question);
}

QTreeWidgetItem* AdvisorPanel::ranked_item(const model::AdvisorEntry& entry) const {
  auto* item = new QTreeWidgetItem;
  item->setText(variant_column, entry.variant);
  item->setToolTip(variant_column, entry.params);
  if (entry.time_ns) {
    const QString time = plot::format_quantity(plot::Quantity::time_ns, *entry.time_ns);
    item->setText(time_column, entry.is_lower_bound ? QStringLiteral("≥ ") + time : time);
  }
  item->setText(memory_column, bytes_text(entry.memory_bytes));
  item->setToolTip(memory_column, entry.memory_source);
  const QString why = entry.basis.isEmpty() ? entry.source : QStringLiteral("%1, %2").arg(entry.source, entry.basis);
  item->setText(reason_column, why);
  item->setToolTip(reason_column, why);  // the column may be cut off
  for (const int column : {time_column, memory_column})
    item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
  if (entry.key) item->setData(variant_column, key_role, QVariant::fromValue(entry.key->packed()));
  return item;
}

void AdvisorPanel::show_answer(const model::AdvisorAnswer& answer) {
  const QSignalBlocker blocker(answer_);
  const QString current = answer_->currentItem() ? answer_->currentItem()->text(variant_column) : QString();
  answer_->clear();
  headline_->setText(answer.headline);
  origin_->setText(answer.origin);
  QTreeWidgetItem* chosen = nullptr;
  for (const model::AdvisorEntry& entry : answer.ranked) {
    QTreeWidgetItem* item = ranked_item(entry);
    answer_->addTopLevelItem(item);
    if (entry.variant == current) chosen = item;
  }
  if (!answer.excluded.empty()) {
    auto* group = new QTreeWidgetItem(answer_, {tr("Excluded (%1)").arg(answer.excluded.size())});
    for (const model::AdvisorExclusion& exclusion : answer.excluded) {
      auto* item = new QTreeWidgetItem(group, {exclusion.variant, {}, {}, exclusion.reason});
      item->setToolTip(variant_column, exclusion.params);
      item->setToolTip(reason_column, exclusion.reason);
    }
    group->setExpanded(answer.ranked.empty());
  }
  if (chosen) answer_->setCurrentItem(chosen);
}

void AdvisorPanel::highlight(QTreeWidgetItem* item) {
  const QVariant packed = item ? item->data(variant_column, key_role) : QVariant();
  if (!packed.isValid()) return;
  const auto key = model::PointKey::unpacked(packed.toULongLong());
  session_.selection.set_current(key);
  session_.selection.set_hovered(key);
}

void AdvisorPanel::show_alone(QTreeWidgetItem* item) {
  if (!item || !item->data(variant_column, key_role).isValid()) return;
  QStringList variants;
  for (const model::LoadedRun& run : session_.runs.runs()) {
    for (const reports::Record& record : run.run.records) {
      const QString variant = QString::fromStdString(record.variant);
      if (!variants.contains(variant)) variants << variant;
    }
  }
  session_.filter.isolate(model::Facet::variant, item->text(variant_column), variants);
}

}  // namespace attnscope::gui::widgets
