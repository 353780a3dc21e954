// Running the programs, and a folder of its own for each test.
#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

#include "reports/record.h"

namespace attnscope::end_to_end {

struct Outcome {
  int exit_code;  // 128 + signal when it was killed
  std::string out, err;
};

// `arguments` as one would type them, for a shell.
Outcome attnscope(const std::string& arguments);
// The same program with planted faults in its registry.
Outcome attnscope_faulty(const std::string& arguments);
// Starts it in the background and returns its process id.
int start_attnscope(const std::string& arguments);

// Any command line of a shell.
Outcome shell(const std::string& command);

// Options that make a run short.
inline const std::string short_run = " --min-time 1ms --max-time 20ms --min-samples 6 --precision 50% --reference off ";

class ProgramTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& content) const;  // returns its path
  static std::string read(const std::string& path);
  static std::vector<reports::Record> records(const std::string& path);
  // How each case of a run ended; "measured" whatever the machine's noise allowed.
  static std::map<std::string, std::string> endings(const std::string& path);

 private:
  std::filesystem::path folder_;
};

}  // namespace attnscope::end_to_end
