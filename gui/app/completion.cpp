#include "gui/app/completion.h"

namespace attnscope::gui::app {
namespace {

QString single_quoted(QString text) {
  return QLatin1Char('\'') + text.replace(QLatin1String("'"), QLatin1String("'\\''")) + QLatin1Char('\'');
}

QString bash_script(const std::vector<OptionSummary>& options) {
  QStringList names;
  QString cases;
  for (const OptionSummary& option : options) {
    names << option.name;
    if (!option.short_name.isEmpty()) names << option.short_name;
    if (!option.values.isEmpty())
      cases +=
          QStringLiteral("    %1) words=%2 ;;\n").arg(option.name, single_quoted(option.values.join(QLatin1Char(' '))));
  }
  return QStringLiteral(
             "# bash completion of attnscope-gui\n"
             "_attnscope_gui() {\n"
             "  local current=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\" words=\n"
             "  case \"$before\" in\n%1  esac\n"
             "  [[ -z $words && $current == -* ]] && words=%2\n"
             "  [[ -n $words ]] && COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
             "}\n"
             "complete -o default -F _attnscope_gui attnscope-gui\n")
      .arg(cases, single_quoted(names.join(QLatin1Char(' '))));
}

QString zsh_script(const std::vector<OptionSummary>& options) {
  QString script = QStringLiteral("#compdef attnscope-gui\n_arguments -s \\\n");
  for (const OptionSummary& option : options) {
    QString help = option.help;
    help.replace(QLatin1Char('['), QLatin1Char('(')).replace(QLatin1Char(']'), QLatin1Char(')'));
    QString values;
    if (!option.placeholder.isEmpty()) {
      values = QStringLiteral(":%1:").arg(option.placeholder) +
               (option.values.isEmpty() ? QStringLiteral("_files")
                                        : QStringLiteral("(%1)").arg(option.values.join(QLatin1Char(' '))));
    }
    for (const QString& name : {option.name, option.short_name}) {
      if (!name.isEmpty())
        script += QStringLiteral("  %1 \\\n").arg(single_quoted(name + QStringLiteral("[%1]").arg(help) + values));
    }
  }
  return script + QStringLiteral("  '*:run:_files'\n");
}

QString fish_script(const std::vector<OptionSummary>& options) {
  QString script = QStringLiteral("# fish completion of attnscope-gui\n");
  for (const OptionSummary& option : options) {
    script += QStringLiteral("complete -c attnscope-gui -l %1").arg(option.name.mid(2));
    if (!option.short_name.isEmpty()) script += QStringLiteral(" -s %1").arg(option.short_name.mid(1));
    if (!option.placeholder.isEmpty()) script += QStringLiteral(" -r");
    if (!option.values.isEmpty())
      script += QStringLiteral(" -f -a %1").arg(single_quoted(option.values.join(QLatin1Char(' '))));
    script += QStringLiteral(" -d %1\n").arg(single_quoted(option.help));
  }
  return script;
}

}  // namespace

QStringList completion_shells() { return {QStringLiteral("bash"), QStringLiteral("fish"), QStringLiteral("zsh")}; }

QString completion_script(const QString& shell, const std::vector<OptionSummary>& options) {
  if (shell == QLatin1String("fish")) return fish_script(options);
  return shell == QLatin1String("zsh") ? zsh_script(options) : bash_script(options);
}

}  // namespace attnscope::gui::app
