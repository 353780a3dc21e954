#include "reports/plain_record.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "reports/jsonl.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using testing::differing_columns;
using testing::full_record;
using ::testing::IsEmpty;
using testing::small_record;

Record rich_record() {
  Record record = full_record();
  record.samples_ns = {1.0 / 3, 5, 1e300, 4.9e-324, -0.0, 16247773};
  record.samples_per_process = {4, 2};
  record.started_at = "2024-05-01T12:00:00Z";
  record.order_index = 12;
  return record;
}

void expect_equal(const Record& a, const Record& b, const std::string& line) {
  EXPECT_THAT(differing_columns(a, b), IsEmpty()) << line;
  EXPECT_EQ(a.samples_ns, b.samples_ns) << line;
  EXPECT_EQ(a.samples_per_process, b.samples_per_process) << line;
  EXPECT_EQ(a.started_at, b.started_at) << line;
  EXPECT_EQ(a.order_index, b.order_index) << line;
}

TEST(PlainRecord, ReadsWhatIsWritten) {
  for (const Record& record : {rich_record(), small_record("flash", 1024)}) {
    const std::string line = to_json_line(record);
    Record back;
    ASSERT_TRUE(read_plain_record(line, back)) << line;
    expect_equal(record, back, line);
    EXPECT_TRUE(back.unknown.empty());
    EXPECT_TRUE(back.profile.is_null());
  }
}

TEST(PlainRecord, TakesFieldsInAnyOrderAndBlanks) {
  Record record;
  ASSERT_TRUE(read_plain_record(
      R"( { "type" : "case" , "status":"oom", "seq_q" : 7 , "variant":"v","schema_version":"1.0.0" , "samples_ns":[ ] } )",
      record));
  EXPECT_EQ(record.status, Status::oom);
  EXPECT_EQ(record.seq_q, 7);
}

TEST(PlainRecord, LeavesWhatIsNotPlain) {
  const std::string start = R"({"type":"case","schema_version":"1.0.0","variant":"v","status":"ok")";
  Record ignored;
  ASSERT_TRUE(read_plain_record(start + "}", ignored));
  for (const char* rest : {R"(,"from_the_future":1})",
                           R"(,"profile":{}})",
                           R"(,"seq_q":null})",
                           R"(,"seq_q":4096.0})",
                           R"(,"seq_q":01})",
                           R"(,"seq_q":9223372036854775808})",
                           R"(,"mfu":1e999})",
                           R"(,"mfu":.5})",
                           R"(,"mfu":1.})",
                           R"(,"mfu":+1})",
                           R"(,"mfu":NaN})",
                           R"(,"mfu":"1"})",
                           R"(,"device":3})",
                           R"(,"device":"a\"b"})",
                           "\"device\":\"\xC3\xA4\"}",
                           R"(,"status":"fine"})",
                           R"(,"samples_ns":[1,]})",
                           R"(,"samples_ns":[1)",
                           R"(,"type":"env"})",
                           R"(})"
                           "}",
                           ",}",
                           "",
                           " x}"}) {
    EXPECT_FALSE(read_plain_record(start + rest, ignored)) << rest;
  }
  for (const char* line : {"", "{", "{}", "[]", R"({"type":"env","env_id":"e"})", R"({"type":"case"})",
                           R"({"schema_version":"1.0.0","type":"case","variant":"v","status":"ok"})"}) {
    EXPECT_FALSE(read_plain_record(line, ignored)) << line;
  }
}

// Whatever it accepts, the general reader reads alike.
TEST(PlainRecord, AgreesWithTheGeneralReaderOnDamagedLines) {
  const std::string whole = to_json_line(rich_record());
  std::mt19937 random(20261128);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string line = whole;
    static constexpr std::string_view characters = "0123456789.-+eE\",:[]{} anul\\";
    for (std::size_t change = 0; change <= below(2); ++change) {
      const std::size_t at = below(line.size());
      switch (below(3)) {
        case 0:
          line[at] = characters[below(characters.size())];
          break;
        case 1:
          line.erase(at, 1 + below(3));
          break;
        default:
          line.insert(at, 1, characters[below(characters.size())]);
      }
    }
    Record plain;
    if (!read_plain_record(line, plain)) continue;
    ++accepted;
    const auto object = nlohmann::json::parse(line, nullptr, false);
    ASSERT_FALSE(object.is_discarded()) << line;
    expect_equal(plain, record_from_json(object), line);
  }
  EXPECT_GT(accepted, 1000) << "most damage is to texts and digits";
}

}  // namespace
}  // namespace attnscope::reports
