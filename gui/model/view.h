// The ways to look at the loaded runs. Each is a pure function from records and options to a scene, in a file of its
// own; this is the table of them, from which tabs, menus and the command line are made.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <optional>
#include <span>

#include "gui/model/filter_state.h"
#include "gui/model/run_store.h"
#include "gui/model/style_book.h"
#include "gui/model/view_options.h"
#include "gui/plot/scene.h"
#include "reports/long_range_arena.h"
#include "reports/model_cards.h"

namespace attnscope::gui::model {

// What a view may read. References outlive the call only.
struct ViewInput {
  std::span<const LoadedRun> runs;
  const Visibility& visibility;
  const StyleBook& styles;
  std::span<const reports::ModelCard> cards;
  std::optional<PointKey> current;                 // the selected case
  const reports::LongRangeArena* arena = nullptr;  // published scores, when there are any

  // nullptr when the run is not loaded.
  const LoadedRun* find_run(int id) const;
};

// Which options a view heeds; the toolbar shows their controls only.
struct ViewControls {
  bool metric = false, against = false, over = false, length = false, split = false, baseline = false,
       intervals = false;
};

// What a click on a cell chooses instead of its case: one of both, or nothing.
struct CellChoice {
  ChosenPair pair;
  QString variant = {};
};

struct View {
  const char* id;     // as on the command line
  const char* label;  // of the tab
  const char* hint;   // which question it answers
  ViewControls controls;
  bool follows_selection;  // shows the selected case, and is built anew when that changes
  plot::PlotScene (*build)(const ViewInput& input, const ViewOptions& options);
  // What a click on the cell with this key chooses; nullptr where that is its case always.
  CellChoice (*choice)(const ViewInput& input, const plot::PlotScene& scene, PointKey key) = nullptr;
};

std::span<const View> views();
// Where a figure of the view goes when all views are written: "figures/run.svg" becomes "figures/run-tradeoff.svg".
QString path_of_view(const QString& output, const View& view);
// nullptr when there is none of this name.
const View* find_view(const QString& id);
QStringList view_ids();

// The lengths of the cases that are shown, ascending: what `ViewOptions::length` can be.
std::vector<double> measured_lengths(const ViewInput& input);
// The length in force: the chosen one if it was measured, else the longest at which most of the series were. None
// without cases.
std::optional<double> length_in_force(const ViewInput& input, const ViewOptions& options);

// Which view is open, and its options. Each change is announced once.
class ViewState : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  const View& view() const { return *view_; }
  const ViewOptions& options() const { return options_; }
  void set_view(const View& view);
  void set_options(const ViewOptions& options);

 signals:
  void changed();

 private:
  const View* view_ = &views().front();
  ViewOptions options_;
};

}  // namespace attnscope::gui::model
