// Facts of this build, filled in by CMake.
#pragma once

#include <string_view>

namespace attnscope::harness::device {

std::string_view program_version();
std::string_view compiler();        // "GNU 12.2.0"
std::string_view compiler_flags();  // of this build type
std::string_view build_type();
std::string_view git_commit();  // "" outside a checkout
bool git_dirty();

}  // namespace attnscope::harness::device
