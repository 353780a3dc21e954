// How long opening a run takes, and for how long it holds up the window.
#pragma once

#include <QString>

#include "gui/model/run_store.h"

namespace attnscope::gui::bench {

struct LoadingTimes {
  double read_ms = 0;            // reading alone, in one thread
  double loaded_ms = 0;          // from the request until every view has been told
  double longest_freeze_ms = 0;  // the longest time without a turn of the event loop meanwhile
};

// Needs an application object. The runs that were loaded before are closed.
LoadingTimes measure_loading(model::RunStore& runs, const QString& path);

// The same without the reading alone: opens the run beside those that are loaded.
LoadingTimes measure_opening(model::RunStore& runs, const QString& path);

// Of this process, MiB.
double resident_mebibytes();

}  // namespace attnscope::gui::bench
