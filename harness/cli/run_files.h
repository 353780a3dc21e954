// Files of runs as `compare` and `gate` take them.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/shell.h"
#include "reports/filter.h"
#include "reports/record.h"

namespace attnscope::harness::cli {

// The run with the cases that match; lines that cannot be read are named on standard error. Throws NothingMatched.
reports::Run read_run(const std::string& path, const reports::Filter& filter, const Shell& shell);

// File names as short as they can be and still differ: stems, else paths, else stems with a letter: "base (A)".
std::vector<std::string> short_names(const std::vector<std::string>& paths);

// Replaces a file by the text; "-" is standard output. Throws UsageError.
void write_text_file(const std::string& path, const std::string& text);

}  // namespace attnscope::harness::cli
