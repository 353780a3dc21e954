// Manual pages in the man(7) macros of troff, from the command line's definition.
#pragma once

#include <string>

#include "harness/cli/command_tree.h"

namespace attnscope::harness::cli {

// attnscope.1
std::string program_page(const Program& program);
// attnscope-run.1
std::string command_page(const Program& program, const Command& command);

// Plain text made literal, in ASCII: backslashes, hyphens that can be copied into a shell, quotes, other characters.
std::string troff_escaped(std::string_view text);

}  // namespace attnscope::harness::cli
