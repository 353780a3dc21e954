// What is shown: a text in the filter language of the harness, and values switched off in the tree. history.h undoes
// its changes.
#pragma once

#include <QObject>
#include <QSet>
#include <QString>
#include <QStringList>
#include <array>
#include <optional>
#include <utility>

#include "gui/model/run_store.h"
#include "reports/filter.h"

namespace attnscope::gui::model {

// The axes that can be switched value by value.
enum class Facet { variant, mode, device, dtype, run };
inline constexpr std::array all_facets{Facet::variant, Facet::mode, Facet::device, Facet::dtype, Facet::run};
QString facet_value(const LoadedRun& run, const reports::Record& record, Facet facet);
// "variant", "mode" …: on the command line and in files.
QString facet_id(Facet facet);
std::optional<Facet> find_facet(const QString& id);

// Two curves that are read against each other.
struct ChosenPair {
  QStringList groups;      // Series::group, the first against the second; empty: none is chosen
  QSet<QString> variants;  // whose they are
  bool operator==(const ChosenPair&) const = default;
};

struct FilterValue {
  QString text;
  std::array<QSet<QString>, all_facets.size()> hidden;
  ChosenPair pair;  // while there is one, all other variants are hidden too
  bool operator==(const FilterValue&) const = default;
};

// Decides for one record; a plain value, so that scene builders stay pure.
class Visibility {
 public:
  Visibility() = default;  // shows everything
  // Throws reports::FilterError.
  explicit Visibility(const FilterValue& value);
  // Passed by the text: part of the plot, its table and its legend.
  bool accepts(const reports::Record& record) const { return filter_.matches(record); }
  // And part of the panel.
  bool accepts(const LoadedRun& run, const reports::Record& record) const;
  // Not switched off either.
  bool shows(const LoadedRun& run, const reports::Record& record) const;
  // Of one panel of several: accepts what has this value only.
  Visibility panel(Facet facet, const QString& value) const;
  // The groups of the chosen pair; empty without one.
  const QStringList& pair() const { return pair_.groups; }
  // What would be shown without the pair.
  Visibility without_pair() const;

 private:
  reports::Filter filter_;
  std::array<QSet<QString>, all_facets.size()> hidden_;
  ChosenPair pair_;
  std::optional<std::pair<Facet, QString>> panel_;
};

class FilterState : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  const FilterValue& value() const { return value_; }
  const Visibility& visibility() const { return visibility_; }
  // Why the text given last was refused; the filter before it stays in force. "" when it was accepted.
  const QString& error() const { return error_; }

  bool set_text(const QString& text);
  bool is_hidden(Facet facet, const QString& value) const;
  // Switching a variant lets a chosen pair go.
  void set_hidden(Facet facet, const QString& value, bool hidden);
  // Shows this value of the facet only; when it is the only one already, shows all again.
  void isolate(Facet facet, const QString& value, const QStringList& all_values);
  void set_pair(const ChosenPair& pair);
  void show_all();

  // A value that was in force before: its text is known to be good.
  void set_value(const FilterValue& value);

 signals:
  void changed();
  void error_changed();

 private:
  void clear_error();

  FilterValue value_;
  Visibility visibility_;
  QString error_;
};

}  // namespace attnscope::gui::model
