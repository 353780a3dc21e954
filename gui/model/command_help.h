// The options of a command, read from what it prints for --help: for those that no list of the program describes.
#pragma once

#include <QList>
#include <QString>

namespace attnscope::gui::model {

struct HelpOption {
  QString name;          // "input", without dashes
  QString value;         // what its value is called, "SOURCE"; "" for a switch
  bool is_list = false;  // takes several values
  QString meaning;       // in one line
  bool operator==(const HelpOption&) const = default;
};

// Those with a long name, in the order of the text; nothing when it is no help text.
QList<HelpOption> parse_help(const QString& text);

}  // namespace attnscope::gui::model
