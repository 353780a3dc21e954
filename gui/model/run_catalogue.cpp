#include "gui/model/run_catalogue.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <algorithm>

#include "gui/model/command_help.h"

namespace attnscope::gui::model {
namespace {

QString text(const QJsonObject& object, const char* key) { return object[QLatin1String(key)].toString(); }

void take_variants(const QJsonArray& answer, RunCatalogue& catalogue) {
  for (const QJsonValue& value : answer) {
    const QJsonObject object = value.toObject();
    RunCatalogue::Variant variant{
        text(object, "name"), text(object, "title"), text(object, "family"), text(object, "complexity"), {}, {}};
    for (const QJsonValue& each : object[QLatin1String("refusals")].toArray()) {
      const QJsonObject refusal = each.toObject();
      variant.refusals << RunCatalogue::Refusal{text(refusal, "axis"), text(refusal, "value"), text(refusal, "reason")};
    }
    for (const QJsonValue& each : object[QLatin1String("hyper_parameters")].toArray()) {
      const QJsonObject option = each.toObject();
      variant.options << RunCatalogue::Option{text(option, "name"), text(option, "default"), text(option, "range"),
                                              text(option, "meaning")};
    }
    catalogue.variants << variant;
  }
}

void take_axes(const QJsonArray& answer, RunCatalogue& catalogue) {
  using Kind = RunCatalogue::Axis::Kind;
  for (const QJsonValue& value : answer) {
    const QJsonObject object = value.toObject();
    const QString kind = text(object, "kind");
    RunCatalogue::Axis axis{text(object, "axis"),
                            text(object, "default"),
                            text(object, "meaning"),
                            kind == QLatin1String("flag")   ? Kind::flag
                            : kind == QLatin1String("word") ? Kind::word
                                                            : Kind::count,
                            {}};
    for (const QJsonValue& word : object[QLatin1String("words")].toArray()) axis.values << word.toString();
    if (axis.kind == Kind::flag) axis.values << QStringLiteral("0") << QStringLiteral("1");
    catalogue.axes << axis;
  }
}

void take_devices(const QJsonArray& answer, RunCatalogue& catalogue) {
  for (const QJsonValue& value : answer) {
    const QJsonObject object = value.toObject();
    catalogue.devices << RunCatalogue::Device{text(object, "device"), text(object, "description"),
                                              text(object, "available") == QLatin1String("yes"),
                                              text(object, "dtypes").split(QLatin1Char(','), Qt::SkipEmptyParts)};
  }
}

void take_settings(const QJsonArray& answer, RunCatalogue& catalogue) {
  for (const QJsonValue& value : answer) {
    const QJsonObject object = value.toObject();
    catalogue.settings << RunCatalogue::Named{text(object, "setting"), text(object, "default"),
                                              text(object, "meaning")};
  }
}

void take_presets(const QJsonArray& answer, RunCatalogue& catalogue) {
  for (const QJsonValue& value : answer) {
    const QJsonObject object = value.toObject();
    catalogue.presets << RunCatalogue::Named{text(object, "preset"), {}, text(object, "title")};
  }
}

template <void (*take)(const QJsonArray& answer, RunCatalogue& catalogue)>
bool from_json(const QByteArray& answer, RunCatalogue& catalogue) {
  const QJsonDocument document = QJsonDocument::fromJson(answer);
  if (document.isArray()) take(document.array(), catalogue);
  return document.isArray();
}

// Options that the dialog has controls of its own for, or gives itself.
bool is_covered(const RunCatalogue& catalogue, const QString& option) {
  static const QStringList own{QStringLiteral("variant"), QStringLiteral("axis"),    QStringLiteral("param"),
                               QStringLiteral("device"),  QStringLiteral("where"),   QStringLiteral("preset"),
                               QStringLiteral("output"),  QStringLiteral("progress")};
  return own.contains(option) || std::any_of(catalogue.settings.begin(), catalogue.settings.end(),
                                             [&](const RunCatalogue::Named& s) { return s.name == option; });
}

// After the settings.
bool take_run_help(const QByteArray& answer, RunCatalogue& catalogue) {
  const QList<HelpOption> options = parse_help(QString::fromUtf8(answer));
  for (const HelpOption& option : options) {
    if (option.value.isEmpty() || is_covered(catalogue, option.name)) continue;
    catalogue.extras << RunCatalogue::Extra{option.name, option.meaning, option.is_list, false};
  }
  return !options.isEmpty();
}

// After `run`.
bool take_list_help(const QByteArray& answer, RunCatalogue& catalogue) {
  const QList<HelpOption> options = parse_help(QString::fromUtf8(answer));
  for (RunCatalogue::Extra& extra : catalogue.extras) {
    extra.chooses_cases = std::any_of(options.begin(), options.end(),
                                      [&](const HelpOption& option) { return option.name == extra.name; });
  }
  return !options.isEmpty();
}

template <class Item>
const Item* find(const QList<Item>& items, const QString& name) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

const RunCatalogue::Axis* RunCatalogue::find_axis(const QString& name) const { return find(axes, name); }

const RunCatalogue::Variant* RunCatalogue::find_variant(const QString& name) const { return find(variants, name); }

QString RunCatalogue::device_problem(const QString& name, const QStringList& dtypes) const {
  const Device* device = find(devices, name);
  if (!device) return {};
  if (!device->is_available) return device->description;
  if (dtypes.isEmpty()) return {};
  const bool any =
      std::any_of(dtypes.begin(), dtypes.end(), [&](const QString& dtype) { return device->dtypes.contains(dtype); });
  return any ? QString()
             : QCoreApplication::translate("model::RunCatalogue", "%1 computes in %2")
                   .arg(device->name, device->dtypes.join(QStringLiteral(", ")));
}

QString why_refused(const RunCatalogue::Variant& variant, const QString& axis, const QStringList& chosen) {
  QString reason;
  for (const QString& value : chosen) {
    const auto refusal =
        std::find_if(variant.refusals.begin(), variant.refusals.end(),
                     [&](const RunCatalogue::Refusal& each) { return each.axis == axis && each.value == value; });
    if (refusal == variant.refusals.end()) return {};
    reason = refusal->reason;
  }
  return reason;
}

const QList<CatalogueReader::Question>& CatalogueReader::questions() {
  const auto list = [](const char* what) {
    return QStringList{QStringLiteral("list"), QLatin1String(what), QStringLiteral("--json")};
  };
  static const QList<Question> all{
      {list("axes"), from_json<take_axes>},
      {list("devices"), from_json<take_devices>},
      {list("settings"), from_json<take_settings>},
      {list("presets"), from_json<take_presets>},
      {{QStringLiteral("describe"), QStringLiteral("all"), QStringLiteral("--json")}, from_json<take_variants>},
      {{QStringLiteral("run"), QStringLiteral("--help")}, take_run_help},
      {{QStringLiteral("list"), QStringLiteral("--help")}, take_list_help}};
  return all;
}

CatalogueReader::CatalogueReader(QObject* parent) : QObject(parent) {}

CatalogueReader::~CatalogueReader() = default;

void CatalogueReader::start(const QString& program) {
  program_ = program;
  catalogue_ = {};
  next_ = 0;
  ask_next();
}

void CatalogueReader::ask_next() {
  process_ = std::make_unique<QProcess>();
  connect(process_.get(), &QProcess::finished, this, &CatalogueReader::take_answer);
  connect(process_.get(), &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart)
      emit failed(tr("%1 cannot be started: %2").arg(program_, process_->errorString()));
  });
  process_->start(program_, questions().at(next_).arguments);
}

void CatalogueReader::take_answer() {
  const QByteArray output = process_->readAllStandardOutput();
  const bool has_ended_well = process_->exitStatus() == QProcess::NormalExit && process_->exitCode() == 0;
  if (!has_ended_well || !questions().at(next_).take(output, catalogue_)) {
    const QString said = QString::fromUtf8(process_->readAllStandardError()).trimmed();
    emit failed(tr("`%1 %2` gave no answer that is understood%3; is it an attnscope of this version?")
                    .arg(program_, questions().at(next_).arguments.join(QLatin1Char(' ')),
                         said.isEmpty() ? QString() : QStringLiteral(" (%1)").arg(said)));
    return;
  }
  if (++next_ < questions().size()) {
    // The process is still in its own signal.
    QMetaObject::invokeMethod(this, &CatalogueReader::ask_next, Qt::QueuedConnection);
  } else {
    emit ready();
  }
}

}  // namespace attnscope::gui::model
