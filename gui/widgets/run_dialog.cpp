#include "gui/widgets/run_dialog.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDateTime>
#include <QDialogButtonBox>
#include <QDir>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include "gui/model/shell_line.h"
#include "gui/widgets/axis_editor.h"
#include "gui/widgets/file_chooser.h"
#include "gui/widgets/value_table.h"
#include "gui/widgets/variant_chooser.h"

namespace attnscope::gui::widgets {
namespace {

constexpr QLatin1String length_axis("n"), device_axis("device"), dtype_axis("dtype");

}  // namespace

RunDialog::RunDialog(const QString& program, FileChooser& files, QWidget* parent)
    : QDialog(parent),
      program_(program),
      files_(files),
      choices_(new QWidget(this)),
      presets_(new QComboBox(this)),
      variants_(new VariantChooser(this)),
      tabs_(new QTabWidget(this)),
      sweep_page_(new QWidget(this)),
      parameters_(new ValueTable(tr("Hyper-parameter"), this)),
      settings_(new ValueTable(tr("Setting"), this)),
      where_(new QLineEdit(this)),
      output_(new QLineEdit(this)),
      profile_(new QCheckBox(tr("&Profile: keep the time per op and the memory pool over time"), this)),
      existing_(new QComboBox(this)),
      plan_(new QLabel(this)),
      command_(new QPlainTextEdit(this)) {
  setObjectName(QStringLiteral("runDialog"));
  setWindowTitle(tr("New run"));
  resize(980, 720);
  presets_->setObjectName(QStringLiteral("runPreset"));
  presets_->setAccessibleName(tr("Preset"));
  parameters_->setObjectName(QStringLiteral("runParameters"));
  settings_->setObjectName(QStringLiteral("runSettings"));

  auto* left = new QWidget(this);
  auto* left_column = new QVBoxLayout(left);
  left_column->setContentsMargins(0, 0, 0, 0);
  left_column->addWidget(variants_);
  auto* buttons = new QHBoxLayout;
  const auto add_button = [&](const QString& text, const QString& name, bool all) {
    auto* button = new QPushButton(text, this);
    button->setObjectName(name);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, [this, all] {
      QStringList names;
      for (const auto& variant : reader_.catalogue().variants) names << variant.name;
      variants_->set_chosen(all ? names : QStringList());
    });
    buttons->addWidget(button);
  };
  add_button(tr("&All"), QStringLiteral("allVariants"), true);
  add_button(tr("&None"), QStringLiteral("noVariants"), false);
  left_column->addLayout(buttons);

  auto* scroll = new QScrollArea(this);
  scroll->setWidget(sweep_page_);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  tabs_->addTab(scroll, tr("&Sweep"));
  tabs_->addTab(parameters_, tr("&Hyper-parameters"));
  tabs_->addTab(settings_, tr("&Measurement"));
  auto* splitter = new QSplitter(this);
  splitter->addWidget(left);
  splitter->addWidget(tabs_);
  splitter->setStretchFactor(1, 1);
  splitter->setSizes({380, 600});

  auto* choices = new QVBoxLayout(choices_);
  choices->setContentsMargins(0, 0, 0, 0);
  auto* preset_row = new QFormLayout;
  preset_row->addRow(tr("P&reset:"), presets_);
  choices->addLayout(preset_row);
  choices->addWidget(splitter, 1);
  auto* column = new QVBoxLayout(this);
  column->addWidget(choices_, 1);
  create_bottom(*column);

  connect(&reader_, &model::CatalogueReader::ready, this, &RunDialog::fill);
  connect(&reader_, &model::CatalogueReader::failed, this,
          [this](const QString& message) { show_plan(message, false); });
  connect(&preview_, &model::PlanPreview::refused, this, [this](const QString& message) { show_plan(message, false); });
  connect(&preview_, &model::PlanPreview::counted, this, [this](int planned, int unsupported, int excluded) {
    QString text = planned == 1 ? tr("1 case to measure") : tr("%1 cases to measure").arg(planned);
    if (unsupported > 0) text += tr(", %1 unsupported").arg(unsupported);
    if (excluded > 0) text += tr(", %1 excluded").arg(excluded);
    show_plan(text, planned > 0);
  });
  choices_->setEnabled(false);
  if (program_.isEmpty()) {
    show_plan(tr("The program attnscope was not found; expected it beside this one, in PATH, or named by the "
                 "environment variable ATTNSCOPE_PROGRAM"),
              false);
  } else {
    show_plan(tr("Asking %1 what it can run …").arg(program_), false);
    reader_.start(program_);
  }
}

void RunDialog::create_bottom(QVBoxLayout& column) {
  output_->setObjectName(QStringLiteral("runOutput"));
  output_->setAccessibleName(tr("File of the results"));
  output_->setText(QDir::current().filePath(
      QStringLiteral("run-%1.jsonl").arg(QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-HHmmss")))));
  existing_->setObjectName(QStringLiteral("runExisting"));
  existing_->setAccessibleName(tr("If that file exists"));
  // In the order of RunRequest::Existing.
  existing_->addItems({tr("keep it: do not run"), tr("continue it"), tr("replace it")});
  auto* browse = new QPushButton(tr("&Browse…"), this);
  browse->setAutoDefault(false);
  connect(browse, &QPushButton::clicked, this, [this] {
    const QString path = files_.file_to_save(this, QStringLiteral("run"), {QStringLiteral("jsonl")});
    if (!path.isEmpty()) output_->setText(path);
  });
  auto* file_row = new QHBoxLayout;
  file_row->addWidget(output_, 1);
  file_row->addWidget(browse);
  file_row->addWidget(new QLabel(tr("If it exists:"), this));
  file_row->addWidget(existing_);
  auto* form = new QFormLayout;
  auto* output_label = new QLabel(tr("&Output:"), this);
  output_label->setBuddy(output_);
  form->addRow(output_label, file_row);
  command_->setObjectName(QStringLiteral("runCommand"));
  command_->setAccessibleName(tr("Command line"));
  command_->setReadOnly(true);
  command_->setTabChangesFocus(true);
  command_->setFixedHeight(command_->fontMetrics().lineSpacing() * 3 + 12);
  auto* copy = new QPushButton(tr("&Copy"), this);
  copy->setObjectName(QStringLiteral("copyCommand"));
  copy->setToolTip(tr("Copy the command line"));
  copy->setAutoDefault(false);
  connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(command_line()); });
  auto* command_row = new QHBoxLayout;
  command_row->addWidget(command_, 1);
  command_row->addWidget(copy, 0, Qt::AlignTop);
  form->addRow(tr("Command line:"), command_row);
  column.addLayout(form);

  plan_->setObjectName(QStringLiteral("runPlan"));
  plan_->setWordWrap(true);
  plan_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* box = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
  run_ = box->addButton(tr("&Run"), QDialogButtonBox::AcceptRole);
  run_->setObjectName(QStringLiteral("startRun"));
  run_->setDefault(true);
  connect(box, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(box, &QDialogButtonBox::accepted, this, [this] {
    emit run_requested(request());
    accept();
  });
  auto* last_row = new QHBoxLayout;
  last_row->addWidget(plan_, 1);
  last_row->addWidget(box);
  column.addLayout(last_row);
}

void RunDialog::fill() {
  const model::RunCatalogue& catalogue = reader_.catalogue();
  presets_->addItem(tr("none: what is chosen below"), QString());
  for (const auto& preset : catalogue.presets)
    presets_->addItem(QStringLiteral("%1: %2").arg(preset.name, preset.meaning), preset.name);
  variants_->set_catalogue(catalogue);
  create_sweep_page();
  QList<ValueRow> rows;
  for (const auto& setting : catalogue.settings) rows << ValueRow{setting.name, setting.default_value, setting.meaning};
  settings_->set_rows(rows);

  connect(presets_, &QComboBox::currentIndexChanged, this, &RunDialog::follow_edits);
  connect(variants_, &VariantChooser::edited, this, &RunDialog::follow_edits);
  connect(parameters_, &ValueTable::edited, this, &RunDialog::follow_edits);
  connect(settings_, &ValueTable::edited, this, &RunDialog::follow_edits);
  connect(profile_, &QCheckBox::toggled, this, &RunDialog::follow_edits);
  connect(where_, &QLineEdit::textChanged, this, &RunDialog::follow_edits);
  connect(output_, &QLineEdit::textChanged, this, &RunDialog::follow_edits);
  connect(existing_, &QComboBox::currentIndexChanged, this, &RunDialog::follow_edits);
  choices_->setEnabled(true);
  follow_edits();
  emit ready();
}

void RunDialog::create_sweep_page() {
  auto* form = new QFormLayout(sweep_page_);
  for (const model::RunCatalogue::Axis& axis : reader_.catalogue().axes) {
    auto* editor = new AxisEditor(axis, axis.name == length_axis, this);
    connect(editor, &AxisEditor::edited, this, &RunDialog::follow_edits);
    auto* label = new QLabel(axis.name, this);
    label->setToolTip(axis.meaning);
    form->addRow(label, editor);
    axes_ << editor;
  }
  where_->setObjectName(QStringLiteral("runWhere"));
  where_->setAccessibleName(tr("Only cases that match this filter"));
  where_->setPlaceholderText(tr("only cases that match, as in n<=8k || variant!=softmax"));
  form->addRow(tr("where"), where_);
  for (const model::RunCatalogue::Extra& extra : reader_.catalogue().extras) {
    auto* value = new QLineEdit(this);
    value->setObjectName(QStringLiteral("option_") + extra.name);
    value->setAccessibleName(extra.meaning);
    value->setPlaceholderText(extra.meaning);
    value->setToolTip(
        extra.is_list ? tr("%1; several are separated by blanks, and quotation marks keep blanks").arg(extra.meaning)
                      : extra.meaning);
    connect(value, &QLineEdit::textChanged, this, &RunDialog::follow_edits);
    auto* label = new QLabel(extra.name, this);
    label->setToolTip(value->toolTip());
    form->addRow(label, value);
    extras_ << value;
  }
  form->addRow(profile_);
}

QStringList RunDialog::chosen(const QString& axis) const {
  for (const AxisEditor* editor : axes_) {
    if (editor->axis() == axis) return editor->chosen();
  }
  return {};
}

void RunDialog::follow_edits() {
  show_problems();
  show_parameters();
  const model::RunRequest wanted = request();
  command_->setPlainText(command_line());
  if (wanted.variants.isEmpty() && wanted.preset.isEmpty()) {
    show_plan(tr("Choose variants or a preset"), false);
    preview_.ask({}, {});
    return;
  }
  show_plan(tr("Counting the cases …"), false);
  preview_.ask(program_, wanted.sweep_arguments());
}

// What cannot be chosen, given what is.
void RunDialog::show_problems() {
  const model::RunCatalogue& catalogue = reader_.catalogue();
  QMap<QString, QStringList> by_axis;
  for (AxisEditor* editor : axes_) {
    if (editor->axis() == device_axis) {
      for (const auto& device : catalogue.devices)
        editor->set_problem(device.name, catalogue.device_problem(device.name, {}));
    }
    if (editor->axis() == dtype_axis) {
      for (const QString& dtype : catalogue.find_axis(dtype_axis)->values) {
        QString reason;
        for (const QString& device : chosen(device_axis)) {
          reason = catalogue.device_problem(device, {dtype});
          if (reason.isEmpty()) break;
        }
        editor->set_problem(dtype, reason);
      }
    }
    by_axis[editor->axis()] = editor->chosen();
  }
  variants_->set_chosen_values(by_axis);
}

void RunDialog::show_parameters() {
  QList<ValueRow> rows;
  for (const QString& name : variants_->chosen()) {
    for (const auto& option : reader_.catalogue().find_variant(name)->options) {
      rows << ValueRow{QStringLiteral("%1.%2").arg(name, option.name), option.default_value,
                       QStringLiteral("%1 (%2)").arg(option.meaning, option.range)};
    }
  }
  parameters_->set_rows(rows);
}

model::RunRequest RunDialog::request() const {
  model::RunRequest request;
  request.preset = presets_->currentData().toString();
  request.variants = variants_->chosen();
  for (const AxisEditor* editor : axes_) {
    if (!editor->values().isEmpty()) request.axes << qMakePair(editor->axis(), editor->values());
  }
  request.parameters = parameters_->changed_values();
  request.where = where_->text().trimmed();
  request.settings = settings_->changed_values();
  for (qsizetype i = 0; i < extras_.size(); ++i) {
    const model::RunCatalogue::Extra& extra = reader_.catalogue().extras.at(i);
    const QString text = extras_.at(i)->text().trimmed();
    auto& options = extra.chooses_cases ? request.choosing : request.further;
    const QStringList values = extra.is_list ? QProcess::splitCommand(text) : QStringList{text};
    for (const QString& value : values) {
      if (!value.isEmpty()) options << qMakePair(extra.name, value);
    }
  }
  request.profile = profile_->isChecked();
  request.output = output_->text().trimmed();
  request.existing = static_cast<model::RunRequest::Existing>(existing_->currentIndex());
  return request;
}

QString RunDialog::command_line() const { return model::shell_line(program_, request().arguments()); }

void RunDialog::show_plan(const QString& text, bool can_run) {
  plan_->setText(text);
  plan_->setAccessibleName(text);
  run_->setEnabled(can_run);
}

}  // namespace attnscope::gui::widgets
