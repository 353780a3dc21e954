#include "reports/csv.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <stdexcept>

#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::AllOf;
using testing::differing_columns;
using testing::full_record;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using testing::small_record;
using testing::TemporaryDirectory;
using testing::write_text;

using Rows = std::vector<std::vector<std::string>>;

// The grammar of RFC 4180, written apart from the library: a state machine that refuses every deviation.
Rows parse_strictly(const std::string& text) {
  enum class State { field_start, unquoted, quoted, quote_in_quoted };
  Rows rows{{""}};
  State state = State::field_start;
  for (const char c : text) {
    std::string& field = rows.back().back();
    if (state == State::quoted) {
      if (c == '"') {
        state = State::quote_in_quoted;
      } else {
        field += c;
      }
    } else if (c == '"') {
      if (state == State::unquoted) throw std::runtime_error("a bare quote");
      if (state == State::quote_in_quoted) field += '"';
      state = State::quoted;
    } else if (c == ',') {
      rows.back().emplace_back();
      state = State::field_start;
    } else if (c == '\n') {
      rows.push_back({""});
      state = State::field_start;
    } else {
      if (state == State::quote_in_quoted) throw std::runtime_error("text after a closing quote");
      if (c == '\r') throw std::runtime_error("a bare carriage return");
      field += c;
      state = State::unquoted;
    }
  }
  if (state != State::field_start || rows.back().size() != 1) throw std::runtime_error("no line break at the end");
  rows.pop_back();
  return rows;
}

std::string csv_of(std::span<const Record> records) {
  std::ostringstream out;
  write_csv(out, records);
  return out.str();
}

class ReadCsv : public ::testing::Test {
 protected:
  std::vector<Record> read(std::string_view text) {
    write_text(path_, text);
    return read_csv(path_);
  }
  std::string error_of(std::string_view text) {
    return message_of<FileError>([&] { read(text); });
  }

  TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.file("run.csv");
};

std::vector<Record> awkward_records() {
  std::vector<Record> records(5, full_record());
  records[0].status_reason = "needs 3,5 GiB";
  records[1].status_reason = "he said \"no\"";
  records[2].status_reason = "line one\nline two\r\nline three\r";
  records[3].status_reason = "größer als µ — 注意 🙂";
  records[4].status_reason = "\",\"\n\"\"";
  records[4].repro = " blanks kept ";
  return records;
}

TEST(WriteCsv, IsReadByAStrictParser) {
  const auto records = awkward_records();
  const Rows rows = parse_strictly(csv_of(records));
  ASSERT_EQ(rows.size(), records.size() + 1);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    ASSERT_EQ(rows[row].size(), columns().size());
    for (std::size_t i = 0; i < columns().size(); ++i) {
      const std::string expected =
          row == 0 ? std::string(columns()[i].name) : format_value(records[row - 1], columns()[i]);
      EXPECT_EQ(rows[row][i], expected);
    }
  }
}

TEST(WriteCsv, HasTheSameHeaderForAnyMixOfRecords) {
  const auto header_of = [](std::vector<Record> records) {
    const std::string text = csv_of(records);
    return text.substr(0, text.find('\n'));
  };
  Record failed = small_record("flash", 1024);
  failed.status = Status::crashed;
  Record newer = failed;
  newer.unknown = {{"new_metric", 1}};
  const std::string header = header_of({});
  EXPECT_THAT(header, HasSubstr("schema_version,run_id,case_id,case_key,repro,variant,impl"));
  EXPECT_EQ(header_of({failed}), header);
  EXPECT_EQ(header_of({full_record(), failed, newer}), header);
}

TEST(WriteCsv, LeavesOutWhatIsNotAvailable) {
  Record record = small_record("flash", 1024);
  record.time_median_ns = std::nan("");
  record.mfu = HUGE_VAL;
  const Rows rows = parse_strictly(csv_of(std::vector{record}));
  std::size_t available = 0;
  for (const std::string& field : rows[1]) available += !field.empty();
  EXPECT_EQ(available, 4U);  // schema_version, variant, seq_q, status
}

TEST_F(ReadCsv, RoundTripsEveryColumn) {
  const auto records = awkward_records();
  const auto back = read(csv_of(records));
  ASSERT_EQ(back.size(), records.size());
  for (std::size_t i = 0; i < back.size(); ++i) EXPECT_THAT(differing_columns(records[i], back[i]), IsEmpty());
}

TEST_F(ReadCsv, RoundTripsMissingValues) {
  const Record record = small_record("flash", 1024);
  const auto back = read(csv_of(std::vector{record}));
  ASSERT_EQ(back.size(), 1U);
  EXPECT_THAT(differing_columns(record, back[0]), IsEmpty());
}

TEST_F(ReadCsv, TakesCarriageReturnsByteOrderMarkAndNoLineBreakAtTheEnd) {
  const auto records =
      read("\xEF\xBB\xBFschema_version,variant,status,seq_q\r\n1.0.0,\"fla\"\"sh\",oom,\r\n1.0.0,x,ok,7");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].variant, "fla\"sh");
  EXPECT_EQ(records[0].status, Status::oom);
  EXPECT_EQ(records[0].seq_q, std::nullopt);
  EXPECT_EQ(records[1].seq_q, 7);
}

TEST_F(ReadCsv, KeepsColumnsOfANewerSchema) {
  const auto records = read("schema_version,variant,status,new_metric\n2.0.0,x,ok,5\n");
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].unknown, (nlohmann::json{{"new_metric", "5"}}));
}

TEST_F(ReadCsv, NamesThePlaceOfEveryDefect) {
  const std::string header = "schema_version,variant,status,seq_q,time_median_ns\n";
  EXPECT_THAT(error_of(header + "1.0.0,x,ok,1,2\n1.0.0,x,ok,4k,2\n"),
              AllOf(HasSubstr(path_.string()), HasSubstr("line 3, column 12"), HasSubstr("seq_q"), HasSubstr("'4k'"),
                    HasSubstr("whole number")));
  EXPECT_THAT(error_of(header + "1.0.0,x,ok,1,nan\n"),
              AllOf(HasSubstr("line 2, column 14"), HasSubstr("time_median_ns")));
  EXPECT_THAT(error_of(header + "1.0.0,x,fine,1,2\n"), AllOf(HasSubstr("status"), HasSubstr("'fine'")));
  EXPECT_THAT(error_of(header + "1.0.0,x,ok\n"), HasSubstr("expected 5 fields, as in the header, found 3"));
  EXPECT_THAT(error_of(header + "1.0.0,x\"y,ok,1,2\n"), AllOf(HasSubstr("line 2, column 8"), HasSubstr("quote")));
  EXPECT_THAT(error_of(header + "1.0.0,\"x\"y,ok,1,2\n"), HasSubstr("line 2, column 10"));
  EXPECT_THAT(error_of(header + "1.0.0,\"x,ok,1,2\n"), AllOf(HasSubstr("line 2, column 7"), HasSubstr("never closed")));
  EXPECT_THAT(error_of(header + "1.0.0,\"a\nb\",ok,x,2\n"), HasSubstr("line 3, column 7"));
  EXPECT_THAT(error_of("a,b\n1,2\n"), HasSubstr("no column 'schema_version'"));
  EXPECT_THAT(error_of("variant,variant\n"), HasSubstr("'variant' appears twice"));
  EXPECT_THAT(error_of(""), HasSubstr("is empty"));
}

TEST_F(ReadCsv, RefusesWhatCannotBeOpened) {
  EXPECT_THAT(message_of<FileError>([&] { read_csv(directory_.file("missing.csv")); }), HasSubstr("No such file"));
  EXPECT_THAT(message_of<FileError>([&] { read_csv(directory_.file("")); }), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace attnscope::reports
