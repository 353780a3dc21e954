// The viewer's command line, as a value. Parsing touches no files and needs no display.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>
#include <optional>
#include <variant>

#include "gui/model/view_options.h"
#include "gui/widgets/app_theme.h"

namespace attnscope::gui::app {

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
  std::optional<widgets::ThemeChoice> theme;
  QString render_view;  // "" for the window
  QSize size{900, 600};
  bool size_given = false;
  QString output;      // of --render
  QString screenshot;  // of the whole window; "" for none
  bool help = false, version = false;
};

// What was wrong, what was expected, and the nearest spelling.
struct UsageError {
  QString message;
};

// `arguments` without the program's name.
std::variant<CommandLine, UsageError> parse_command_line(const QStringList& arguments);

QString help_text();
// Formats of --render, by suffix of the output.
QStringList render_suffixes();

}  // namespace attnscope::gui::app
