// Where the data that comes with the programs is: presets, model cards, sample runs.
#pragma once

#include <filesystem>
#include <vector>

namespace attnscope::reports {

// In the order in which they are looked through: $ATTNSCOPE_DATA, ../share/attnscope beside the program, data/ of the
// source tree it was built in.
std::vector<std::filesystem::path> data_directories();

}  // namespace attnscope::reports
