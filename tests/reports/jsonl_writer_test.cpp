#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/jsonl.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::AllOf;
using testing::differing_columns;
using testing::full_record;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using testing::read_text;
using testing::small_record;
using testing::TemporaryDirectory;
using testing::write_text;
using Open = JsonlWriter::Open;

class Writer : public ::testing::Test {
 protected:
  std::string error_of(Open how) {
    return message_of<FileError>([&] { JsonlWriter writer(path_, how); });
  }

  TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.file("new/deeper/run.jsonl");
};

TEST_F(Writer, CreatesDirectoriesAndWritesWhatLoadReads) {
  {
    JsonlWriter writer(path_, Open::create);
    writer.append(Environment{"e1", {{"cpu", "Zen"}}});
    writer.append(full_record());
  }
  const LoadedRun loaded = load_jsonl(path_);
  EXPECT_THAT(loaded.issues, IsEmpty());
  ASSERT_EQ(loaded.run.environments.size(), 1U);
  ASSERT_EQ(loaded.run.records.size(), 1U);
  EXPECT_THAT(differing_columns(loaded.run.records[0], full_record()), IsEmpty());
}

TEST_F(Writer, EachLineIsInTheFileWhenAppendReturns) {
  JsonlWriter writer(path_, Open::create);
  for (int i = 1; i <= 3; ++i) {
    writer.append(small_record("flash", i));
    EXPECT_EQ(load_jsonl(path_).run.records.size(), static_cast<std::size_t>(i));
  }
}

TEST_F(Writer, RefusesToOverwrite) {
  { JsonlWriter(path_, Open::create).append(small_record("flash", 1)); }
  const std::string before = read_text(path_);
  EXPECT_THAT(error_of(Open::create), AllOf(HasSubstr(path_.string()), HasSubstr("--resume"), HasSubstr("-o")));
  EXPECT_EQ(read_text(path_), before);
}

TEST_F(Writer, CreateTakesAnEmptyFile) {
  { JsonlWriter writer(path_, Open::create); }
  { JsonlWriter(path_, Open::create).append(small_record("flash", 1)); }
  EXPECT_EQ(load_jsonl(path_).run.records.size(), 1U);
}

TEST_F(Writer, AppendContinuesAFile) {
  { JsonlWriter(path_, Open::append).append(small_record("flash", 1)); }
  { JsonlWriter(path_, Open::append).append(small_record("flash", 2)); }
  const auto records = load_jsonl(path_).run.records;
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].seq_q, 2);
}

TEST_F(Writer, IsTheOnlyOne) {
  {
    JsonlWriter first(path_, Open::create);
    EXPECT_THAT(error_of(Open::append), AllOf(HasSubstr(path_.string()), HasSubstr("another attnscope")));
  }
  JsonlWriter after(path_, Open::append);
  after.append(small_record("flash", 1));
}

TEST_F(Writer, AppendAfterACutDropsThePartialLineWhereverItWasCut) {
  std::string first, second;
  {
    JsonlWriter writer(path_, Open::create);
    writer.append(small_record("flash", 1));
    first = read_text(path_);
    writer.append(small_record("flash", 2));
    second = read_text(path_).substr(first.size());
  }
  for (std::size_t cut = 0; cut < second.size(); ++cut) {
    write_text(path_, first + second.substr(0, cut));
    { JsonlWriter(path_, Open::append).append(small_record("flash", 3)); }
    const LoadedRun loaded = load_jsonl(path_);
    EXPECT_THAT(loaded.issues, IsEmpty()) << cut;
    // Only the line that lacked nothing but its line break is kept.
    ASSERT_EQ(loaded.run.records.size(), cut + 1 == second.size() ? 3U : 2U) << cut;
    EXPECT_EQ(loaded.run.records.back().seq_q, 3);
  }
}

TEST_F(Writer, DropsAPartialLineLongerThanAnyBuffer) {
  Record large = small_record("flash", 2);
  large.samples_ns.assign(50000, 1.0 / 3);
  {
    JsonlWriter writer(path_, Open::create);
    writer.append(small_record("flash", 1));
    writer.append(large);
  }
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 2);
  { JsonlWriter(path_, Open::append).append(small_record("flash", 3)); }
  const LoadedRun loaded = load_jsonl(path_);
  EXPECT_THAT(loaded.issues, IsEmpty());
  ASSERT_EQ(loaded.run.records.size(), 2U);
  EXPECT_EQ(loaded.run.records[1].seq_q, 3);
}

TEST_F(Writer, LeavesAFileThatIsNoRunAlone) {
  path_ = directory_.file("notes.md");
  write_text(path_, "# Notes\nthe last line has no line break");
  EXPECT_THAT(error_of(Open::append), AllOf(HasSubstr(path_.string()), HasSubstr("something other")));
  EXPECT_EQ(read_text(path_), "# Notes\nthe last line has no line break");
}

TEST_F(Writer, SaysWhatToDoWhenTheDiskIsFull) {
  path_ = "/dev/full";
  if (!std::filesystem::exists(path_)) GTEST_SKIP() << "no /dev/full here";
  JsonlWriter writer(path_, Open::append);
  EXPECT_THAT(
      message_of<FileError>([&] { writer.append(small_record("flash", 1)); }),
      AllOf(HasSubstr("/dev/full"), HasSubstr("No space left"), HasSubstr("free some space"), HasSubstr("--resume")));
}

TEST_F(Writer, SaysWhyAPlaceCannotBeWritten) {
  write_text(directory_.file("file"), "");
  path_ = directory_.file("file/run.jsonl");
  EXPECT_THAT(error_of(Open::create), AllOf(HasSubstr(path_.string()), HasSubstr("directory"), HasSubstr("-o")));
  path_ = directory_.file("");
  EXPECT_THAT(error_of(Open::append), HasSubstr("cannot be opened for writing"));
}

}  // namespace
}  // namespace attnscope::reports
