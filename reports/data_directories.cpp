#include "reports/data_directories.h"

#include <cstdlib>
#include <system_error>

namespace attnscope::reports {

std::vector<std::filesystem::path> data_directories() {
  namespace fs = std::filesystem;
  std::vector<fs::path> directories;
  if (const char* variable = std::getenv("ATTNSCOPE_DATA"); variable != nullptr && *variable != '\0') {
    directories.emplace_back(variable);
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) directories.push_back(program.parent_path().parent_path() / "share" / "attnscope");
  directories.emplace_back(ATTNSCOPE_SOURCE_DATA);
  return directories;
}

}  // namespace attnscope::reports
