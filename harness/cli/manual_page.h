// Manual pages in the man(7) macros of troff, from the command line's definition.
#pragma once

#include <string>

#include "harness/cli/command_tree.h"

namespace attnscope::harness::cli {

// attnscope.1
std::string program_page(const Program& program);
// attnscope-run.1
std::string command_page(const Program& program, const Command& command);

// Plain text made literal: backslashes, hyphens, and a point or quote that would start a request.
std::string troff_escaped(std::string_view text);

}  // namespace attnscope::harness::cli
