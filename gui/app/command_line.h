// The viewer's command line, as a value. Parsing touches no files and needs no display.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>
#include <optional>
#include <variant>

#include "gui/app/completion.h"
#include "gui/model/view.h"
#include "gui/widgets/app_theme.h"

namespace attnscope::gui::app {

// In place of a view: all of them, a file each.
inline constexpr const char* every_view = "all";

struct CommandLine {
  QStringList files;
  const model::Metric* metric = nullptr;   // as asked for; nullptr: as last time
  const model::Metric* against = nullptr;  // likewise
  QString score;                           // "lra-text" in place of `against`; "": none
  std::optional<double> length;
  QString baseline;  // a run file or a variant; "" for none
  QString over;      // as asked for; "": the sequence length
  std::optional<model::Facet> split;
  bool samples = false, relative = false;
  QString filter;
  const model::View* view = nullptr;  // that the window opens with; nullptr: the first
  QString workspace;                  // "" for none
  QString select;                     // "softmax@4k"; "" for none
  std::optional<widgets::ThemeChoice> theme;
  const reports::Palette* palette = nullptr;  // nullptr: as last time; of figures, the default
  QString render_view;                        // or every_view; "" for the window
  QSize size{900, 600};
  bool size_given = false;
  QString output;       // of --render
  bool footer = false;  // under figures: where they come from
  QString screenshot;   // of the whole window; "" for none
  bool reset_layout = false;
  QString completion;  // the shell to print it for; "": none
  bool help = false, version = false, list_views = false;
};

// What was wrong, what was expected, and the nearest spelling.
struct UsageError {
  QString message;
};

// `arguments` without the program's name.
std::variant<CommandLine, UsageError> parse_command_line(const QStringList& arguments);

QString help_text();
std::vector<OptionSummary> option_summaries();
// One line each: name, and the question that the view answers.
QString views_text();
// Formats of --render, by suffix of the output.
QStringList render_suffixes();

}  // namespace attnscope::gui::app
