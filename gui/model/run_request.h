// A run as the dialog asks for it, and the command line that it is. What is left at its default is not in it.
#pragma once

#include <QList>
#include <QPair>
#include <QString>
#include <QStringList>

namespace attnscope::gui::model {

struct RunRequest {
  enum class Existing { refuse, resume, replace };  // an output file that exists

  QString preset;                             // "" for none
  QStringList variants;                       // none: those of the preset
  QList<QPair<QString, QString>> axes;        // {"n", "256:16k:x2"}
  QList<QPair<QString, QString>> parameters;  // {"longformer.window", "64,256"}
  QString where;                              // filter; "" for none
  QList<QPair<QString, QString>> choosing;    // further options that choose cases: {"shard", "1/3"}
  QList<QPair<QString, QString>> settings;    // {"timeout", "60"}
  QList<QPair<QString, QString>> further;     // options that do not: {"tag", "machine=quiet"}; names may repeat
  bool profile = false;
  QString output;
  Existing existing = Existing::refuse;

  // What chooses the cases: taken by `run` and by `list cases`.
  QStringList sweep_arguments() const;
  // Of `attnscope run`, as a person would give them.
  QStringList arguments() const;
  // The same run, continued.
  RunRequest resumed() const;
};

}  // namespace attnscope::gui::model
