// In words, what may explain a difference between two runs other than the program.
#pragma once

#include <QString>
#include <span>

#include "gui/model/run_store.h"

namespace attnscope::gui::model {

// "another machine: CPU model Xeon | EPYC; compiler GNU 12 | Clang 14", first what makes times incomparable, then
// the rest, and what the reference cases say. "" when the runs name no difference.
QString environment_text(std::span<const LoadedRun> runs, int base);

}  // namespace attnscope::gui::model
