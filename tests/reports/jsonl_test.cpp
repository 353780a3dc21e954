#include "reports/jsonl.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::AllOf;
using testing::differing_columns;
using ::testing::ElementsAre;
using testing::full_record;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;
using ::testing::Not;
using testing::small_record;
using ::testing::StartsWith;
using testing::TemporaryDirectory;
using testing::write_text;

class LoadJsonl : public ::testing::Test {
 protected:
  LoadedRun load(std::string_view text) {
    write_text(path_, text);
    return load_jsonl(path_);
  }
  std::string error_of(std::string_view text) {
    return message_of<FileError>([&] { load(text); });
  }

  TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.file("run.jsonl");
};

TEST(RecordJson, RoundTripsEveryColumnExactly) {
  Record record = full_record();
  record.samples_ns = {1.0 / 3, 5, 1e300, 4.9e-324};
  record.started_at = "2024-05-01T12:00:00Z";
  record.order_index = 12;
  record.samples_per_process = {3, 1};
  record.profile = {{"ops", {{{"name", "attention"}, {"time_ns", 1.5}}}}};
  record.unknown = {{"from_the_future", {{"nested", {1, 2.5, nullptr}}}}};

  const Record back = record_from_json(nlohmann::json::parse(to_json_line(record)));

  EXPECT_THAT(differing_columns(record, back), IsEmpty());
  EXPECT_EQ(back.samples_ns, record.samples_ns);
  EXPECT_EQ(back.started_at, record.started_at);
  EXPECT_EQ(back.order_index, record.order_index);
  EXPECT_EQ(back.samples_per_process, record.samples_per_process);
  EXPECT_EQ(back.profile, record.profile);
  EXPECT_EQ(back.unknown, record.unknown);
}

TEST_F(LoadJsonl, ReferencesAloneAreNoRun) {
  EXPECT_THAT(error_of(to_json_line(Reference{}) + "\n"), HasSubstr("measurements of the reference case alone"));
}

TEST_F(LoadJsonl, ReadsReferenceMeasurements) {
  const Reference reference{"run", "2024-05-01T12:00:00Z", 7, 1e6 / 3, 3e5, 4e5, 3.5e9, std::nullopt, "cuda:0"};
  const LoadedRun loaded = load(to_json_line(small_record("flash", 1)) + "\n" + to_json_line(reference) +
                                "\n{\"type\":\"reference\",\"run_id\":\"run\"}\n");
  ASSERT_EQ(loaded.run.references.size(), 1U);
  const Reference& back = loaded.run.references.front();
  EXPECT_EQ(back.run_id, "run");
  EXPECT_EQ(back.started_at, reference.started_at);
  EXPECT_EQ(back.order_index, 7);
  EXPECT_EQ(back.device, "cuda:0");
  EXPECT_FALSE(back.is_of_cpu());
  EXPECT_TRUE(reference_from_json({{"time_median_ns", 5}}).is_of_cpu()) << "of a file before schema 1.4";
  EXPECT_EQ(back.time_median_ns, reference.time_median_ns);
  EXPECT_EQ(back.time_ci_lo_ns, 3e5);
  EXPECT_EQ(back.time_ci_hi_ns, 4e5);
  EXPECT_EQ(back.clock_mean_hz, 3.5e9);
  EXPECT_EQ(back.load_mean, std::nullopt);
  ASSERT_EQ(loaded.issues.size(), 1U);
  EXPECT_THAT(loaded.issues[0].message, HasSubstr("time_median_ns"));
}

TEST(RecordJson, HoldsEveryColumnUnderItsName) {
  const auto object = to_json(full_record());
  for (const Column& column : columns()) EXPECT_TRUE(object.contains(std::string(column.name))) << column.name;
  EXPECT_EQ(object.size(), columns().size() + 1);  // and "type"
  EXPECT_EQ(object.at("type"), "case");
}

TEST(RecordJson, HoldsOnlyWhatIsAvailable) {
  Record record = small_record("flash", 1024);
  record.mfu = std::nan("");
  record.time_max_ns = HUGE_VAL;
  record.samples_ns = {1, std::nan(""), 3};
  EXPECT_EQ(to_json_line(record),
            R"({"type":"case","schema_version":"1.4.0","variant":"flash","seq_q":1024,"status":"ok",)"
            R"("samples_ns":[1.0,3.0]})");
}

TEST(RecordJson, WhatBoundedTheErrorsMayBeMissing) {
  Record record = small_record("flash", 1024);
  const auto before = nlohmann::json::parse(to_json_line(record));
  EXPECT_FALSE(before.contains("err_rule"));
  EXPECT_EQ(record_from_json(before).err_rule, "");
  record.err_rule = "spread";
  record.err_arrays = "output, gradient of q";
  const Record read = record_from_json(nlohmann::json::parse(to_json_line(record)));
  EXPECT_EQ(read.err_rule, "spread");
  EXPECT_EQ(read.err_arrays, "output, gradient of q");
}

TEST(RecordJson, ReplacesBytesThatAreNotUtf8) {
  Record record = small_record("flash", 1024);
  record.status_reason = "last words: \xFF\xFE";
  const auto object = nlohmann::json::parse(to_json_line(record));
  EXPECT_EQ(object.at("status_reason"), "last words: \uFFFD\uFFFD");
}

TEST(RecordJson, KnownColumnsWinOverUnknownFieldsOfTheSameName) {
  Record record = small_record("flash", 1024);
  record.unknown = {{"variant", "impostor"}, {"type", "env"}};
  EXPECT_EQ(to_json(record).at("variant"), "flash");
  EXPECT_EQ(to_json(record).at("type"), "case");
}

TEST(RecordJson, AcceptsNullAndWholeNumbersWrittenAsReals) {
  const Record record = record_from_json({{"schema_version", "1.0.0"},
                                          {"variant", "flash"},
                                          {"status", "ok"},
                                          {"seq_q", 4096.0},
                                          {"heads", nullptr},
                                          {"time_median_ns", 5}});
  EXPECT_EQ(record.seq_q, 4096);
  EXPECT_EQ(record.heads, std::nullopt);
  EXPECT_EQ(record.time_median_ns, 5.0);
  EXPECT_TRUE(record.unknown.empty());
}

TEST(RecordJson, NamesTheFieldThatIsWrong) {
  const auto error_with = [](const char* field, nlohmann::json value) {
    nlohmann::json object{{"schema_version", "1.0.0"}, {"variant", "flash"}, {"status", "ok"}};
    if (value.is_discarded()) {
      object.erase(field);
    } else {
      object[field] = std::move(value);
    }
    return message_of<std::invalid_argument>([&] { record_from_json(object); });
  };
  const nlohmann::json missing(nlohmann::json::value_t::discarded);
  EXPECT_EQ(error_with("status", missing), "field 'status' is missing");
  EXPECT_EQ(error_with("variant", missing), "field 'variant' is missing");
  EXPECT_EQ(error_with("schema_version", missing), "field 'schema_version' is missing");
  EXPECT_EQ(error_with("seq_q", "4k"), "field 'seq_q': expected a whole number, found \"4k\" (string)");
  EXPECT_EQ(error_with("seq_q", 4096.5), "field 'seq_q': expected a whole number, found 4096.5 (number)");
  EXPECT_THAT(error_with("seq_q", 1e30), HasSubstr("'seq_q'"));
  EXPECT_THAT(error_with("seq_q", 9223372036854775808U), HasSubstr("'seq_q'"));
  EXPECT_THAT(error_with("time_median_ns", "fast"), HasSubstr("field 'time_median_ns': expected a number"));
  EXPECT_THAT(error_with("status", "fine"), AllOf(HasSubstr("'status'"), HasSubstr("fine")));
  EXPECT_THAT(error_with("device", 3), HasSubstr("field 'device': expected a string"));
  EXPECT_THAT(error_with("samples_ns", {1, "x"}), HasSubstr("'samples_ns'"));
  EXPECT_THAT(error_with("type", "env"), HasSubstr("'type'"));
}

TEST(EnvironmentJson, RoundTrips) {
  const Environment environment{"e1", {{"cpu", "Zen"}, {"cores", 8}, {"argv", {"attnscope", "run"}}}};
  EXPECT_EQ(to_json_line(environment),
            R"({"type":"env","env_id":"e1","argv":["attnscope","run"],"cores":8,"cpu":"Zen"})");
  const Environment back = environment_from_json(to_json(environment));
  EXPECT_EQ(back.env_id, "e1");
  EXPECT_EQ(back.values, environment.values);
  EXPECT_THROW(environment_from_json({{"type", "env"}}), std::invalid_argument);
}

const std::string env_line = to_json_line(Environment{"e1", {{"cpu", "Zen"}}}) + "\n";
const std::string first_line = to_json_line(small_record("flash", 1024)) + "\n";
const std::string second_line = to_json_line(small_record("softmax", 2048)) + "\n";

TEST_F(LoadJsonl, ReadsEnvironmentsAndRecordsInOrder) {
  const LoadedRun loaded = load(env_line + first_line + second_line);
  EXPECT_THAT(loaded.issues, IsEmpty());
  EXPECT_EQ(loaded.run.path, path_.string());
  ASSERT_EQ(loaded.run.environments.size(), 1U);
  EXPECT_EQ(loaded.run.environments[0].env_id, "e1");
  ASSERT_EQ(loaded.run.records.size(), 2U);
  EXPECT_EQ(loaded.run.records[0].variant, "flash");
  EXPECT_EQ(loaded.run.records[1].seq_q, 2048);
}

TEST_F(LoadJsonl, TakesByteOrderMarkBlankLinesAndCarriageReturns) {
  std::string text = "\xEF\xBB\xBF" + env_line + "\n  \r\n" + first_line;
  text.insert(text.size() - 1, "\r");
  const LoadedRun loaded = load(text);
  EXPECT_THAT(loaded.issues, IsEmpty());
  EXPECT_EQ(loaded.run.records.size(), 1U);
}

// A run can be killed at any byte of the last line.
TEST_F(LoadJsonl, KeepsTheRestWhereverTheLastLineWasCut) {
  const std::string whole = env_line + first_line + second_line;
  for (std::size_t cut = 1; cut + 1 < second_line.size(); ++cut) {
    const std::string text = env_line + first_line + second_line.substr(0, cut);
    const LoadedRun loaded = load(text);
    ASSERT_EQ(loaded.run.records.size(), 1U) << text;
    ASSERT_EQ(loaded.issues.size(), 1U) << text;
    EXPECT_EQ(loaded.issues[0].line, 3U);
    EXPECT_THAT(loaded.issues[0].message, AllOf(HasSubstr("cut off"), HasSubstr("--resume")));
    EXPECT_EQ(loaded.issues[0].path, path_.string());
  }
  const LoadedRun without_line_break = load(whole.substr(0, whole.size() - 1));
  EXPECT_EQ(without_line_break.run.records.size(), 2U);
  EXPECT_THAT(without_line_break.issues, IsEmpty());
}

TEST_F(LoadJsonl, SkipsCorruptLinesAndSaysWhichAndWhy) {
  const std::string corrupt = R"({"type":"case","variant":fl)";
  const LoadedRun loaded = load(env_line + corrupt + "\n" + first_line + "[1]\n" + R"({"type":"timeline"})" + "\n" +
                                R"({"variant":"x"})" + "\n" + R"({"type":"case","variant":"x","status":"ok"})" + "\n" +
                                R"({"type":"case","seq_q":1e999})" + "\n" + second_line);
  EXPECT_EQ(loaded.run.records.size(), 2U);
  ASSERT_EQ(loaded.issues.size(), 6U);
  EXPECT_EQ(loaded.issues[0].line, 2U);
  EXPECT_THAT(loaded.issues[0].message,
              AllOf(HasSubstr("not JSON from column 27"), HasSubstr("expected one JSON object")));
  EXPECT_EQ(loaded.issues[1].line, 4U);
  EXPECT_THAT(loaded.issues[1].message, AllOf(HasSubstr("array"), HasSubstr("expected one JSON object")));
  EXPECT_EQ(loaded.issues[2].line, 5U);
  EXPECT_THAT(loaded.issues[2].message,
              AllOf(HasSubstr("timeline"), HasSubstr("expected \"env\", \"case\" or \"reference\"")));
  EXPECT_THAT(loaded.issues[3].message, HasSubstr("'type' is missing"));
  EXPECT_EQ(loaded.issues[4].line, 7U);
  EXPECT_THAT(loaded.issues[4].message, HasSubstr("'schema_version' is missing"));
  EXPECT_EQ(loaded.issues[5].line, 8U);
}

TEST_F(LoadJsonl, NamesANewerSchemaOnceAndStillLoads) {
  std::string newer = first_line;
  newer.replace(newer.find(schema_version), 5, "2.3.0");
  newer.insert(newer.find("\"variant\""), R"("new_metric":7,)");
  const LoadedRun loaded = load(newer + newer + first_line);
  ASSERT_EQ(loaded.run.records.size(), 3U);
  EXPECT_EQ(loaded.run.records[0].unknown, (nlohmann::json{{"new_metric", 7}}));
  EXPECT_THAT(to_json_line(loaded.run.records[0]), HasSubstr(R"("new_metric":7)"));
  EXPECT_THAT(to_json_line(loaded.run.records[0]), HasSubstr(R"("schema_version":"2.3.0")"));
  ASSERT_EQ(loaded.issues.size(), 1U);
  EXPECT_EQ(loaded.issues[0].line, 1U);
  EXPECT_THAT(loaded.issues[0].message, AllOf(HasSubstr("2.3.0"), HasSubstr(std::string(schema_version))));
}

TEST_F(LoadJsonl, TakesNewerMinorVersionsSilently) {
  std::string newer = first_line;
  newer.replace(newer.find(schema_version), 5, "1.9.0");
  EXPECT_THAT(load(newer).issues, IsEmpty());
}

TEST_F(LoadJsonl, RefusesFilesThatAreNotRunsAndSaysWhatTheyAre) {
  const auto names_file = HasSubstr(path_.string());
  const auto says_expected = HasSubstr("expected JSON lines");
  EXPECT_THAT(error_of(""), AllOf(names_file, HasSubstr("holds nothing"), says_expected, HasSubstr("run it again")));
  EXPECT_THAT(error_of(" \n\n"), AllOf(names_file, HasSubstr("holds nothing")));
  EXPECT_THAT(error_of("schema_version,run_id\n1.0.0,x\n"),
              AllOf(names_file, HasSubstr("CSV"), HasSubstr("schema_version,run_id"), says_expected));
  EXPECT_THAT(error_of(std::string("\x1F\x8B\x08\0\0\0", 6)), AllOf(names_file, HasSubstr("binary"), says_expected));
  EXPECT_THAT(error_of("{\n  \"context\": {}\n}\n"), AllOf(names_file, HasSubstr("JSON document"), says_expected));
  EXPECT_THAT(error_of("# Results\n"), AllOf(names_file, HasSubstr("'# Results'"), says_expected));
  EXPECT_THAT(error_of(env_line.substr(0, 20)), AllOf(names_file, HasSubstr("line 1"), HasSubstr("cut off")));
}

TEST_F(LoadJsonl, RefusesWhatCannotBeOpened) {
  const auto missing = directory_.file("missing.jsonl");
  EXPECT_THAT(message_of<FileError>([&] { load_jsonl(missing); }),
              AllOf(StartsWith(missing.string()), HasSubstr("No such file"), HasSubstr("check the name")));
  EXPECT_THAT(message_of<FileError>([&] { load_jsonl(directory_.file("")); }), HasSubstr("is a directory"));
}

TEST_F(LoadJsonl, SurvivesDamageAnywhere) {
  const std::string whole = env_line + first_line + second_line;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char damage : {'\0', '"', '{', '\xFF', '\n'}) {
      std::string text = whole;
      text[at] = damage;
      const LoadedRun loaded = load(text);
      EXPECT_GE(loaded.run.records.size() + loaded.run.environments.size(), 1U);
      EXPECT_LE(loaded.run.records.size(), 2U);
    }
  }
}

}  // namespace
}  // namespace attnscope::reports
