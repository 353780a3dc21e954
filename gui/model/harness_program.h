// Where the program attnscope is: it predicts and measures what the viewer only shows.
#pragma once

#include <QString>

namespace attnscope::gui::model {

// Absolute path; "" when there is none. In this order: $ATTNSCOPE_PROGRAM, beside the viewer, $PATH.
QString find_harness();

}  // namespace attnscope::gui::model
