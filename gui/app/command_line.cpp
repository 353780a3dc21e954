#include "gui/app/command_line.h"

#include <QFileInfo>
#include <QRegularExpression>
#include <algorithm>
#include <functional>
#include <vector>

#include "gui/model/case_axis.h"
#include "gui/model/panels.h"
#include "gui/model/view.h"
#include "gui/plot/exporter.h"
#include "reports/filter.h"

namespace attnscope::gui::app {
namespace {

QString unknown(const QString& what, const QString& given, const QStringList& candidates) {
  std::vector<std::string> spellings;
  for (const QString& candidate : candidates) spellings.push_back(candidate.toStdString());
  QString message = QStringLiteral("unknown %1 '%2'; ").arg(what, given);
  const std::string nearest = reports::nearest_spelling(given.toStdString(), spellings);
  if (!nearest.empty()) message += QStringLiteral("did you mean '%1'? ").arg(QString::fromStdString(nearest));
  return message + QStringLiteral("Known: %1").arg(candidates.join(QStringLiteral(", ")));
}

// Each setter returns what is wrong with its value, or "".
struct Option {
  QString name, short_name, placeholder, help;
  std::function<QString(CommandLine&, const QString&)> set;
  QStringList values = {};  // all there are, where they are few
  bool takes_value() const { return !placeholder.isEmpty(); }
};

QString set_metric(CommandLine& line, const QString& value) {
  line.metric = model::find_metric(value);
  return line.metric ? QString() : unknown(QStringLiteral("metric"), value, model::metric_ids());
}

// Which scores there are is in a data file: choose_view() checks them.
QString set_against(CommandLine& line, const QString& value) {
  if (value.startsWith(QLatin1String("lra-"))) {
    line.score = value;
    return {};
  }
  line.against = model::find_metric(value);
  return line.against ? QString() : unknown(QStringLiteral("metric"), value, model::metric_ids());
}

QString set_length(CommandLine& line, const QString& value) {
  const auto length = reports::parse_count(value.toStdString());
  if (length) line.length = static_cast<double>(*length);
  return length ? QString() : QStringLiteral("--length '%1': expected a number of tokens, for example 4k").arg(value);
}

QString set_over(CommandLine& line, const QString& value) {
  const auto axis = model::CaseAxis::find(value);
  if (!axis || value.isEmpty()) {
    return QStringLiteral("--over '%1': expected n, heads, head_dim or another column of numbers, or params.NAME")
        .arg(value);
  }
  line.over = axis->id();
  return {};
}

QStringList split_names() {
  QStringList names;
  for (const model::Facet facet : model::split_facets()) names << model::facet_id(facet);
  return names;
}

QString set_split(CommandLine& line, const QString& value) {
  if (!split_names().contains(value)) return unknown(QStringLiteral("split"), value, split_names());
  line.split = model::find_facet(value);
  return {};
}

QStringList theme_names() {  // as ThemeChoice
  return {QStringLiteral("auto"), QStringLiteral("light"), QStringLiteral("dark")};
}

QString set_theme(CommandLine& line, const QString& value) {
  const QStringList names = theme_names();
  const auto index = names.indexOf(value);
  if (index < 0) return unknown(QStringLiteral("theme"), value, names);
  line.theme = static_cast<widgets::ThemeChoice>(index);
  return {};
}

QStringList palette_names() {
  QStringList names;
  for (const reports::Palette& known : reports::palettes)
    names << QLatin1StringView(known.name.data(), known.name.size());
  return names;
}

QString set_palette(CommandLine& line, const QString& value) {
  line.palette = reports::find_palette(value.toStdString());
  return line.palette ? QString() : unknown(QStringLiteral("palette"), value, palette_names());
}

QStringList render_views() { return model::view_ids() << QLatin1String(every_view); }

QString set_render(CommandLine& line, const QString& value) {
  line.render_view = value;
  const QStringList known = render_views();
  return known.contains(value) ? QString() : unknown(QStringLiteral("view"), value, known);
}

QString set_view(CommandLine& line, const QString& value) {
  line.view = model::find_view(value);
  return line.view ? QString() : unknown(QStringLiteral("view"), value, model::view_ids());
}

QString set_select(CommandLine& line, const QString& value) {
  const auto at = value.lastIndexOf(QLatin1Char('@'));
  line.select = value;
  if (at > 0 && reports::parse_count(value.mid(at + 1).toStdString())) return {};
  return QStringLiteral("--select '%1': expected VARIANT@N, for example softmax@4k").arg(value);
}

QString set_size(CommandLine& line, const QString& value) {
  static const QRegularExpression pattern(QStringLiteral("^(\\d{1,5})x(\\d{1,5})$"));
  const QRegularExpressionMatch match = pattern.match(value);
  line.size_given = true;
  line.size = QSize(match.captured(1).toInt(), match.captured(2).toInt());
  if (line.size.width() >= 100 && line.size.height() >= 80 && line.size.width() <= 16000 && line.size.height() <= 16000)
    return {};
  return QStringLiteral("--size '%1': expected WIDTHxHEIGHT in pixels, from 100x80 to 16000x16000, for example 900x600")
      .arg(value);
}

QString set_completion(CommandLine& line, const QString& value) {
  line.completion = value;
  return completion_shells().contains(value) ? QString() : unknown(QStringLiteral("shell"), value, completion_shells());
}

const std::vector<Option>& options() {
  const auto text = [](QString CommandLine::*member) {
    return [member](CommandLine& line, const QString& value) {
      line.*member = value;
      return value.isEmpty() ? QStringLiteral("a value must not be empty") : QString();
    };
  };
  const auto flag = [](bool CommandLine::*member) {
    return [member](CommandLine& line, const QString&) {
      line.*member = true;
      return QString();
    };
  };
  static const std::vector<Option> table{
      {"--metric",
       {},
       "M",
       "what to plot: " + model::metric_ids().join(QStringLiteral(", ")),
       set_metric,
       model::metric_ids()},
      {"--against",
       {},
       "M",
       "the other metric where two are shown, or a score of the Long Range Arena: lra-average, lra-text, …",
       set_against,
       model::metric_ids()},
      {"--length", {}, "N", "the length of views at one length, for example 4k (longest)", set_length},
      {"--baseline", {}, "B", "what to compare with: a run file, or a variant", text(&CommandLine::baseline)},
      {"--over", {}, "AXIS", "what curves run along: n, heads, head_dim, params.window, …", set_over},
      {"--split",
       {},
       "AXIS",
       "one panel per value of " + split_names().join(QStringLiteral(", ")),
       set_split,
       split_names()},
      {"--relative", {}, {}, "show ratios to the baseline instead of values", flag(&CommandLine::relative)},
      {"--samples", {}, {}, "show every sample behind a median", flag(&CommandLine::samples)},
      {"--filter",
       {},
       "E",
       "show matching cases only: 'variant:flash n:>=4k -dtype:bf16'",
       [](CommandLine& line, const QString& value) {
         line.filter = value;
         return QString();
       }},
      {"--workspace", {}, "W", "open a saved workspace", text(&CommandLine::workspace)},
      {"--view",
       {},
       "V",
       "the view to open: " + model::view_ids().join(QStringLiteral(", ")),
       set_view,
       model::view_ids()},
      {"--select", {}, "CASE", "the case to select: VARIANT@N, for example softmax@4k", set_select},
      {"--theme", {}, "T", "auto, light or dark; figures are light unless this says dark", set_theme, theme_names()},
      {"--palette",
       {},
       "P",
       "the colours of curves: " + palette_names().join(QStringLiteral(", ")),
       set_palette,
       palette_names()},
      {"--render",
       {},
       "VIEW",
       "draw a figure into a file, without a display: " + render_views().join(QStringLiteral(", ")),
       set_render,
       render_views()},
      {"--size", {}, "WxH", "size of the figure or window in pixels (900x600)", set_size},
      {"--output", "-o", "F", "where --render writes: " + render_suffixes().join(QStringLiteral(", ")),
       text(&CommandLine::output)},
      {"--footer", {}, {}, "say under figures which runs, commits and days they come from", flag(&CommandLine::footer)},
      {"--screenshot", {}, "F", "save a picture of the whole window as PNG and quit", text(&CommandLine::screenshot)},
      {"--reset-layout", {}, {}, "forget where docks and window were", flag(&CommandLine::reset_layout)},
      {"--list-views", {}, {}, "list the views and what they answer", flag(&CommandLine::list_views)},
      {"--completion",
       {},
       "SHELL",
       "print completion for " + completion_shells().join(QStringLiteral(", ")),
       set_completion,
       completion_shells()},
      {"--help", "-h", {}, "show this text", flag(&CommandLine::help)},
      {"--version", {}, {}, "show the version", flag(&CommandLine::version)},
  };
  return table;
}

const Option* find_option(const QString& name) {
  for (const Option& option : options()) {
    if (option.name == name || (!option.short_name.isEmpty() && option.short_name == name)) return &option;
  }
  return nullptr;
}

// What no single option can check.
QString inconsistency(const CommandLine& line) {
  if (!line.screenshot.isEmpty() && QFileInfo(line.screenshot).suffix().toLower() != QLatin1String("png")) {
    return QStringLiteral("--screenshot '%1': expected a name that ends in .png").arg(line.screenshot);
  }
  if (line.render_view.isEmpty()) {
    return line.output.isEmpty() ? QString()
                                 : QStringLiteral("--output needs --render VIEW, for example --render tradeoff");
  }
  if (line.view) return QStringLiteral("--view opens the window; with --render the view is the one named there");
  if (line.files.isEmpty() && line.workspace.isEmpty())
    return QStringLiteral("--render needs a run, for example: attnscope-gui --render tradeoff -o time.svg run.jsonl");
  if (line.output.isEmpty())
    return QStringLiteral("--render needs -o FILE (%1)").arg(render_suffixes().join(QStringLiteral(", ")));
  const QString suffix = QFileInfo(line.output).suffix().toLower();
  return render_suffixes().contains(suffix) ? QString()
                                            : unknown(QStringLiteral("figure format"), suffix, render_suffixes());
}

}  // namespace

QStringList render_suffixes() { return plot::export_suffixes() << QStringLiteral("csv"); }

std::variant<CommandLine, UsageError> parse_command_line(const QStringList& arguments) {
  CommandLine line;
  bool only_files = false;  // after "--"
  for (qsizetype i = 0; i < arguments.size(); ++i) {
    const QString& argument = arguments[i];
    if (only_files || !argument.startsWith(QLatin1Char('-')) || argument == QLatin1String("-")) {
      line.files << argument;
      continue;
    }
    if (argument == QLatin1String("--")) {
      only_files = true;
      continue;
    }
    const auto equals = argument.startsWith(QLatin1String("--")) ? argument.indexOf(QLatin1Char('=')) : -1;
    const QString name = equals < 0 ? argument : argument.left(equals);
    const Option* option = find_option(name);
    if (!option) {
      QStringList names;
      for (const Option& known : options()) names << known.name;
      return UsageError{unknown(QStringLiteral("option"), name, names)};
    }
    QString value;
    if (equals >= 0) {
      if (!option->takes_value()) return UsageError{name + QStringLiteral(" takes no value")};
      value = argument.mid(equals + 1);
    } else if (option->takes_value()) {
      if (++i == arguments.size())
        return UsageError{QStringLiteral("%1 needs a value (%2)").arg(name, option->placeholder)};
      value = arguments[i];
    }
    const QString problem = option->set(line, value);
    if (!problem.isEmpty())
      return UsageError{problem.startsWith(QLatin1String("a value")) ? name + QStringLiteral(": ") + problem : problem};
  }
  if (line.help || line.version || line.list_views || !line.completion.isEmpty()) return line;
  const QString problem = inconsistency(line);
  if (!problem.isEmpty()) return UsageError{problem};
  return line;
}

QString help_text() {
  QString text = QStringLiteral(
      "Usage: attnscope-gui [OPTION…] [FILE|FOLDER…]\n"
      "Shows what attention variants cost: time, memory and FLOPs over sequence length.\n\n");
  for (const Option& option : options()) {
    QString left = QStringLiteral("  ") +
                   (option.short_name.isEmpty() ? QString() : option.short_name + QStringLiteral(", ")) + option.name;
    if (option.takes_value()) left += QLatin1Char(' ') + option.placeholder;
    text += left.leftJustified(22) + option.help + QLatin1Char('\n');
  }
  text += QStringLiteral(
      "\nWithout a display: attnscope-gui --render tradeoff --metric memory -o memory.svg run.jsonl\n"
      "Exit codes: 0 done, 2 wrong usage or unreadable file, 6 nothing to draw.\n");
  return text;
}

std::vector<OptionSummary> option_summaries() {
  std::vector<OptionSummary> summaries;
  for (const Option& option : options())
    summaries.push_back({option.name, option.short_name, option.placeholder, option.help, option.values});
  return summaries;
}

QString views_text() {
  QString text;
  for (const model::View& view : model::views())
    text += QString::fromLatin1(view.id).leftJustified(12) + QLatin1String(view.hint) + QLatin1Char('\n');
  return text;
}

}  // namespace attnscope::gui::app
