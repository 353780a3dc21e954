// The fourth pass, on request: time per op and the memory pool over time. Reading the clock around every op slows a run
// a little, so its times are never the reported ones.
#pragma once

#include "reports/record.h"
#include "suite/attention/session.h"

namespace attnscope::harness::measure {

// Fills record.profile.
void measure_profile(attention::Session& session, reports::Record& record);

}  // namespace attnscope::harness::measure
