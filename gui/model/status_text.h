// How a case that has no value is shown.
#pragma once

#include <QString>

#include "reports/record.h"

namespace attnscope::gui::model {

// True for oom, oom_predicted, timeout, crashed and wrong.
bool is_failure(reports::Status status);
QString status_name(reports::Status status);
// "oom: needs 34 GiB of 24 GiB".
QString status_reason(const reports::Record& record);
// One letter for a field of a matrix: M memory, T time-out, C crashed, W wrong, – not possible, ? interrupted.
QString status_letter(reports::Status status);

}  // namespace attnscope::gui::model
