// The A/A campaign in its short form: everything in it works. Its rates are judged by the long form, on a quiet
// machine.
#include <cstdlib>

#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

class Campaign : public ProgramTest {};

TEST_F(Campaign, ShortAaRunsThrough) {
  if (std::system("python3 -c '' >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs python3";
  const std::string build = std::filesystem::path(ATTNSCOPE_PROGRAM).parent_path().parent_path().string();
  const std::string command = "'" ATTNSCOPE_DOCS_DIRECTORY "/../scripts/campaigns/aa' --short --cases 4 --build '" +
                              build + "' --out '" + file("aa") + "' >'" + file("table") + "' 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0) << read(file("table"));
  const std::string table = read(file("table"));
  for (const char* row : {"A/A in pairs, 95 %, no minimum effect: false alarms", "5 % planted, in pairs", "of 4"}) {
    EXPECT_NE(table.find(row), std::string::npos) << row << "\n" << table;
  }
  // Memory repeats on any machine.
  const auto row_ends_ok = [&](const std::string& start) {
    const auto at = table.find(start);
    return at != std::string::npos && table.substr(at, table.find('\n', at) - at).ends_with(" ok");
  };
  EXPECT_TRUE(row_ends_ok("A/A, memory: regressions")) << table;
  EXPECT_TRUE(row_ends_ok("1 byte planted, memory: regressions")) << table;
}

}  // namespace
}  // namespace attnscope::end_to_end
