// The program `attnscope`, callable so that a test program with more variants is the same program.
#pragma once

namespace attnscope::harness {

// Returns the exit code (harness/errors.h). Standard output is data; messages go to standard error.
int run_program(int argc, char** argv);

}  // namespace attnscope::harness
