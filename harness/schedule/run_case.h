// One case in a child of its own, and the record of however that ended.
#pragma once

#include "harness/measure/settings.h"
#include "harness/plan/plan.h"
#include "harness/worker/child_process.h"
#include "reports/record.h"

namespace attnscope::harness::schedule {

// Never throws for anything the child does. A case whose status is already known is not started.
// `program`: the attnscope whose child it is.
reports::Record run_case(const plan::PlannedCase& planned, const measure::Settings& settings, double timeout_s,
                         const std::string& program = worker::this_program);

}  // namespace attnscope::harness::schedule
