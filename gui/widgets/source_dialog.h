// A record as it stands in its file.
#pragma once

#include "gui/model/run_store.h"

class QWidget;

namespace attnscope::gui::widgets {

// Opens the dialog above the window, without blocking it; deletes itself when closed.
void show_source(QWidget* window, const model::LoadedRun& run, const reports::Record& record);

}  // namespace attnscope::gui::widgets
