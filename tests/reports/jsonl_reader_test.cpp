#include "reports/jsonl_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using Change = JsonlReader::Change;
using ::testing::IsEmpty;
using testing::small_record;
using testing::write_text;

class ReadJsonl : public ::testing::Test {
 protected:
  void append(std::string_view text) const { std::ofstream(path_, std::ios::binary | std::ios::app) << text; }
  static std::string line(const char* variant, std::int64_t n) { return to_json_line(small_record(variant, n)) + "\n"; }

  const std::string env_ = to_json_line(Environment{"e1", {{"cpu", "Zen"}}}) + "\n";
  testing::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.file("run.jsonl");
};

TEST_F(ReadJsonl, GivesWhatWasAppendedAndNothingTwice) {
  write_text(path_, env_ + line("flash", 1));
  JsonlReader reader(path_);
  EXPECT_EQ(reader.read_all().run.records.size(), 1U);
  EXPECT_EQ(reader.look(), Change::none);
  for (int n = 2; n < 6; ++n) {
    append(line("flash", n));
    ASSERT_EQ(reader.look(), Change::appended);
    const LoadedRun added = reader.read_appended();
    ASSERT_EQ(added.run.records.size(), 1U);
    EXPECT_EQ(added.run.records.front().seq_q, n);
    EXPECT_THAT(added.run.environments, IsEmpty());
    EXPECT_EQ(added.run.path, path_.string());
    EXPECT_EQ(reader.look(), Change::none);
  }
}

// A writer may be seen at any byte of a line.
TEST_F(ReadJsonl, ALineThatIsCutWaitsForItsEnd) {
  const std::string added = line("softmax", 2048) + "damaged\n";
  const std::size_t first_end = added.find('\n') + 1;
  for (std::size_t cut = 1; cut < added.size(); ++cut) {
    write_text(path_, env_ + line("flash", 1));
    JsonlReader reader(path_);
    reader.read_all();
    append(added.substr(0, cut));
    ASSERT_EQ(reader.look(), Change::appended);
    const LoadedRun before = reader.read_appended();
    EXPECT_EQ(before.run.records.size(), cut >= first_end ? 1U : 0U) << cut;
    EXPECT_THAT(before.issues, IsEmpty());
    append(added.substr(cut));
    const LoadedRun after = reader.read_appended();
    EXPECT_EQ(before.run.records.size() + after.run.records.size(), 1U) << cut;
    ASSERT_EQ(after.issues.size(), 1U);
    EXPECT_EQ(after.issues.front().line, 4U) << cut;
  }
}

TEST_F(ReadJsonl, ALastLineThatIsCutIsNamedAndReadOnceItIsWhole) {
  const std::string last = line("softmax", 2048);
  write_text(path_, env_ + line("flash", 1) + last.substr(0, 40));
  JsonlReader reader(path_);
  const LoadedRun first = reader.read_all();
  ASSERT_EQ(first.issues.size(), 1U);
  EXPECT_EQ(first.issues.front().line, 3U);
  append(last.substr(40) + "damaged\n");
  const LoadedRun added = reader.read_appended();
  EXPECT_EQ(added.run.records.size(), 1U);
  ASSERT_EQ(added.issues.size(), 1U);
  EXPECT_EQ(added.issues.front().line, 4U);
}

TEST_F(ReadJsonl, ALastLineWithoutItsBreakIsReadOnce) {
  const std::string last = line("softmax", 2048);
  write_text(path_, env_ + last.substr(0, last.size() - 1));
  JsonlReader reader(path_);
  EXPECT_EQ(reader.read_all().run.records.size(), 1U);
  append("\n" + line("flash", 1) + "damaged\n");
  const LoadedRun added = reader.read_appended();
  ASSERT_EQ(added.run.records.size(), 1U);
  EXPECT_EQ(added.run.records.front().variant, "flash");
  ASSERT_EQ(added.issues.size(), 1U);
  EXPECT_EQ(added.issues.front().line, 4U);
}

TEST_F(ReadJsonl, TellsAReplacedFileFromAGrownOne) {
  write_text(path_, env_ + line("flash", 1));
  JsonlReader reader(path_);
  reader.read_all();
  const auto other = directory_.file("other.jsonl");
  write_text(other, env_ + line("flash", 1) + line("flash", 2));
  std::filesystem::rename(other, path_);
  EXPECT_EQ(reader.look(), Change::replaced) << "another file of that name";
  EXPECT_EQ(reader.read_all().run.records.size(), 2U);

  write_text(path_, env_);
  EXPECT_EQ(reader.look(), Change::replaced) << "shorter";
  EXPECT_THAT(reader.read_all().run.records, IsEmpty());

  write_text(path_, to_json_line(Environment{"e2", {}}) + "\n" + line("softmax", 1) + line("softmax", 2));
  EXPECT_EQ(reader.look(), Change::replaced) << "longer, with another beginning";
  EXPECT_EQ(reader.read_all().run.environments.front().env_id, "e2");

  std::filesystem::remove(path_);
  EXPECT_EQ(reader.look(), Change::gone);
}

TEST_F(ReadJsonl, ReportsProgressAndStopsWhenTold) {
  std::string text = env_;
  while (text.size() < 3'000'000) text += line("flash", 1);
  write_text(path_, text);
  JsonlReader reader(path_);
  std::vector<std::uint64_t> seen;
  const LoadedRun loaded = reader.read_all([&](std::uint64_t read, std::uint64_t all) {
    EXPECT_EQ(all, text.size());
    seen.push_back(read);
    return true;
  });
  EXPECT_GE(seen.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(seen.back(), text.size());
  EXPECT_EQ(loaded.run.records.size(), static_cast<std::size_t>(std::ranges::count(text, '\n')) - 1)
      << "lines across the borders of what is read at once";

  int calls = 0;
  EXPECT_THROW(reader.read_all([&](std::uint64_t, std::uint64_t) { return ++calls < 2; }), ReadStopped);
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace attnscope::reports
