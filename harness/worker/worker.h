// The child process: runs one case, pass by pass, and reports to the parent. It may crash, hang or be killed at any
// moment; the parent turns every ending into a record.
#pragma once

namespace attnscope::harness::worker {

// Reads the request from standard input. Returns the exit status of the process.
int run_worker();

}  // namespace attnscope::harness::worker
