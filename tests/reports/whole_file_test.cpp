#include "reports/whole_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/jsonl.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::read_text;
using testing::TemporaryDirectory;

std::size_t entries(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(WholeFile, ReplacesOnlyWhenTold) {
  const TemporaryDirectory directory;
  const auto path = directory.file("new/f");
  write_whole_file(path, "one", Existing::keep);
  EXPECT_THAT(message_of<FileError>([&] { write_whole_file(path, "two", Existing::keep); }), HasSubstr("--force"));
  EXPECT_EQ(read_text(path), "one");
  write_whole_file(path, "three", Existing::replace);
  EXPECT_EQ(read_text(path), "three");
  EXPECT_EQ(entries(path.parent_path()), 1u) << "no temporary file is left";
}

TEST(WholeFile, LeavesAFileThatARunIsWriting) {
  const TemporaryDirectory directory;
  const auto path = directory.file("run.jsonl");
  JsonlWriter writer(path, JsonlWriter::Open::create);
  writer.append(testing::small_record("flash", 64));
  const std::string before = read_text(path);
  EXPECT_THAT(message_of<FileError>([&] { write_whole_file(path, "x", Existing::replace); }), HasSubstr("another"));
  EXPECT_EQ(read_text(path), before);
}

TEST(WholeFile, FailsWithoutATrace) {
  EXPECT_THAT(message_of<FileError>([] { write_whole_file("/proc/attnscope", "x", Existing::keep); }),
              HasSubstr("/proc/attnscope"));
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory.file("d"));
  EXPECT_THROW(write_whole_file(directory.file("d"), "x", Existing::replace), FileError) << "a directory is in the way";
  EXPECT_EQ(entries(directory.file("d").parent_path()), 1u);
}

}  // namespace
}  // namespace attnscope::reports
