// A worker that has measured a case and then is taken down by what watches it; and the parent's record of that.
#pragma once

#include <functional>
#include <string>

#include "reports/record.h"

namespace attnscope::harness {

// Runs, in a process of its own, the passes "power", which does nothing, and "kernels", which calls `die`; then plays
// what this process told its parent to a real one. Expects that `die` ends the process by SIGABRT.
reports::Record record_of_worker_that_dies(const std::function<void()>& die);

}  // namespace attnscope::harness
