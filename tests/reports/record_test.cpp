#include "reports/record.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using testing::full_record;

// A member that was added to the struct but not to the table leaves a hole in the struct's bytes.
TEST(Columns, CoverEveryMemberUpToTheJsonlOnlyOnes) {
  const Record record;
  const auto offset = [&](const auto& member) {
    return reinterpret_cast<const char*>(&member) - reinterpret_cast<const char*>(&record);
  };
  std::vector<std::pair<std::ptrdiff_t, std::ptrdiff_t>> extents;
  for (const Column& column : columns()) {
    std::visit(
        [&](auto member) {
          const auto start = offset(record.*member);
          extents.emplace_back(start, start + static_cast<std::ptrdiff_t>(sizeof(record.*member)));
        },
        column.member);
  }
  std::ranges::sort(extents);
  std::ptrdiff_t end = 0;
  for (const auto& [start, stop] : extents) {
    EXPECT_GE(start, end) << "two columns share a member at byte " << start;
    EXPECT_LT(start - end, 8) << "a member without a column at byte " << end;
    end = stop;
  }
  EXPECT_LT(offset(record.samples_ns) - end, 8) << "a member without a column at byte " << end;
}

TEST(Columns, AreNamedOnceAndExplained) {
  std::set<std::string_view> names;
  for (const Column& column : columns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    EXPECT_GT(column.meaning.size(), 10U) << column.name;
    EXPECT_EQ(column.meaning.back(), '.') << column.name;
    EXPECT_EQ(find_column(column.name), &column);
  }
  EXPECT_EQ(find_column("samples_ns"), nullptr);
  EXPECT_EQ(find_column(""), nullptr);
}

TEST(Columns, FollowTheOrderOfTheSchema) {
  std::vector<std::string_view> names;
  for (const Column& column : columns()) names.push_back(column.name);
  const std::vector<std::string_view> expected{"schema_version",
                                               "run_id",
                                               "case_key",
                                               "variant",
                                               "scope",
                                               "mode",
                                               "dtype",
                                               "batch",
                                               "seq_q",
                                               "params",
                                               "device",
                                               "cache_state",
                                               "status",
                                               "validated",
                                               "time_median_ns",
                                               "rel_noise",
                                               "clock_mean_hz",
                                               "flops_model",
                                               "flops_dense",
                                               "mfu",
                                               "peak_source",
                                               "mem_io_bytes",
                                               "peak_memory_bytes",
                                               "env_id"};
  auto position = names.begin();
  for (const auto name : expected) {
    position = std::find(position, names.end(), name);
    ASSERT_NE(position, names.end()) << name << " is missing or out of order";
  }
  EXPECT_EQ(names.front(), "schema_version");
  EXPECT_EQ(names.back(), "env_id");
}

// The unit is the suffix of the name: the two must not contradict each other.
TEST(Columns, CarryTheUnitThatTheirNameSays) {
  const std::vector<std::pair<std::string_view, Unit>> suffixes{{"_ns", Unit::nanoseconds},
                                                                {"_bytes", Unit::bytes},
                                                                {"_hz", Unit::hertz},
                                                                {"_c", Unit::celsius},
                                                                {"_w", Unit::watt},
                                                                {"_j", Unit::joule},
                                                                {"flop_per_s", Unit::flop_per_second},
                                                                {"tokens_per_s", Unit::tokens_per_second},
                                                                {"bytes_per_s", Unit::bytes_per_second}};
  for (const Column& column : columns()) {
    for (const auto& [suffix, unit] : suffixes) {
      if (column.name.ends_with(suffix)) {
        EXPECT_EQ(column.unit, unit) << column.name;
      }
    }
    if (std::holds_alternative<std::string Record::*>(column.member)) {
      EXPECT_EQ(column.unit, Unit::none) << column.name;
      EXPECT_EQ(column.better, Better::none) << column.name;
    }
  }
  EXPECT_EQ(find_column("time_median_ns")->better, Better::lower);
  EXPECT_EQ(find_column("flop_per_s")->better, Better::higher);
  EXPECT_EQ(find_column("flops_model")->better, Better::exact);
}

TEST(Status, IsAClosedSetOfNames) {
  const std::vector<std::string_view> names{"ok",  "unstable", "wrong",   "unsupported", "excluded",   "oom_predicted",
                                            "oom", "timeout",  "crashed", "throttled",   "interrupted"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(to_string(static_cast<Status>(i)), names[i]);
    EXPECT_EQ(status_from_string(names[i]), static_cast<Status>(i));
  }
  EXPECT_EQ(status_from_string("OK"), std::nullopt);
  EXPECT_EQ(status_from_string(""), std::nullopt);
}

TEST(Status, OnlyMeasuredCasesHaveAMeasurement) {
  for (int i = 0; i <= static_cast<int>(Status::interrupted); ++i) {
    const auto status = static_cast<Status>(i);
    const bool expected = status == Status::ok || status == Status::unstable || status == Status::throttled;
    EXPECT_EQ(has_measurement(status), expected) << to_string(status);
  }
}

TEST(Values, FormatAsTheCsvPrintsThem) {
  Record record;
  record.variant = "flash";
  record.seq_q = 4096;
  record.time_median_ns = 1e6;
  record.rel_noise = 0.1;
  record.status = Status::oom;
  EXPECT_EQ(format_value(record, *find_column("variant")), "flash");
  EXPECT_EQ(format_value(record, *find_column("seq_q")), "4096");
  EXPECT_EQ(format_value(record, *find_column("time_median_ns")), "1000000");
  EXPECT_EQ(format_value(record, *find_column("rel_noise")), "0.1");
  EXPECT_EQ(format_value(record, *find_column("status")), "oom");
  EXPECT_EQ(format_value(record, *find_column("heads")), "");
  EXPECT_EQ(format_value(record, *find_column("device")), "");
}

TEST(Values, AreNumbersOnlyWhenAvailableAndFinite) {
  Record record = full_record();
  EXPECT_EQ(number(record, *find_column("time_median_ns")), record.time_median_ns);
  EXPECT_EQ(number(record, *find_column("variant")), std::nullopt);
  EXPECT_EQ(number(record, *find_column("status")), std::nullopt);
  record.seq_q = 4096;
  EXPECT_EQ(number(record, *find_column("seq_q")), 4096.0);
  record.seq_q.reset();
  EXPECT_EQ(number(record, *find_column("seq_q")), std::nullopt);
  for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    record.mfu = value;
    EXPECT_EQ(number(record, *find_column("mfu")), std::nullopt);
    EXPECT_EQ(format_value(record, *find_column("mfu")), "");
  }
}

}  // namespace
}  // namespace attnscope::reports
