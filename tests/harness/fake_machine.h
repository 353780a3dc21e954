// A machine made of files: /proc and /sys below a directory of its own for each test.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

#include "tests/reports/support.h"

namespace attnscope::harness {

class FakeMachine : public ::testing::Test {
 protected:
  void file(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

 private:
  reports::testing::TemporaryDirectory directory_;

 protected:
  const std::filesystem::path root_ = directory_.file("");
};

}  // namespace attnscope::harness
