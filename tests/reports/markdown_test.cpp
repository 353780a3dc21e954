#include "reports/markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::small_record;

std::string table_of(const std::vector<Record>& records, TableStyle style) {
  std::ostringstream out;
  write_table(out, records, style);
  return out.str();
}

std::vector<Record> sweep() {
  std::vector<Record> records{small_record("softmax", 1024), small_record("longformer", 1024),
                              small_record("longformer", 16384), small_record("softmax", 16384)};
  for (Record& record : records) {
    record.mode = "forward";
    record.dtype = "f32";
    record.device = "cpu";
    record.heads = 8;
    record.seq_k = record.seq_q;
    record.time_median_ns = 1.25e6;
    record.time_ci_lo_ns = 1.23e6;
    record.time_ci_hi_ns = 1.27e6;
    record.peak_memory_bytes = 3 * 1024 * 1024;
    record.flops_model = 12900000000;
    record.flop_per_s = 1.032e10;
  }
  records[1].params = "window=256;dilation=1";
  records[2].params = "window=512;dilation=1";
  records[3].status = Status::oom_predicted;
  records[3].status_reason = "needs 64 GiB | has 8 GiB";
  records[3].time_median_ns.reset();
  records[3].peak_memory_bytes.reset();
  records[3].flop_per_s.reset();
  return records;
}

TEST(TerminalTable, IsAlignedAndNamesConstantAxesOnce) {
  EXPECT_EQ(table_of(sweep(), TableStyle::terminal),
            "mode forward · dtype f32 · device cpu · heads 8\n"
            "params: longformer dilation=1\n"
            "\n"
            "variant     params        n             time  peak memory  GFLOP  GFLOP/s  status\n"
            "softmax                  1k  1.25 ms ± 20 µs        3 MiB   12.9     10.3  ok\n"
            "longformer  window=256   1k  1.25 ms ± 20 µs        3 MiB   12.9     10.3  ok\n"
            "longformer  window=512  16k  1.25 ms ± 20 µs        3 MiB   12.9     10.3  ok\n"
            "softmax                 16k                -            -   12.9        -  "
            "oom_predicted: needs 64 GiB | has 8 GiB\n");
}

TEST(MarkdownTable, EscapesWhatWouldBreakIt) {
  EXPECT_EQ(table_of(sweep(), TableStyle::markdown),
            "mode forward · dtype f32 · device cpu · heads 8\n"
            "\n"
            "params: longformer dilation=1\n"
            "\n"
            "| variant | params | n | time | peak memory | GFLOP | GFLOP/s | status |\n"
            "|:---|:---|---:|---:|---:|---:|---:|:---|\n"
            "| softmax |  | 1k | 1.25 ms ± 20 µs | 3 MiB | 12.9 | 10.3 | ok |\n"
            "| longformer | window=256 | 1k | 1.25 ms ± 20 µs | 3 MiB | 12.9 | 10.3 | ok |\n"
            "| longformer | window=512 | 16k | 1.25 ms ± 20 µs | 3 MiB | 12.9 | 10.3 | ok |\n"
            "| softmax |  | 16k | - | - | 12.9 | - | oom\\_predicted: needs 64 GiB \\| has 8 GiB |\n");
}

TEST(Table, ShowsEveryAxisThatDiffers) {
  auto records = sweep();
  records[0].mode = "training";
  records[1].dtype = "bf16";
  records[2].seq_k = 77;
  const std::string text = table_of(records, TableStyle::markdown);
  EXPECT_THAT(text, HasSubstr("| variant | params | mode | n | n keys | dtype | time |"));
  EXPECT_THAT(text, AllOf(HasSubstr("| training |"), HasSubstr("| 77 |"), HasSubstr("| bf16 |")));
  EXPECT_THAT(text, Not(HasSubstr("mode forward")));
}

TEST(Table, KeepsARowOnOneLine) {
  auto records = sweep();
  records[0].status = Status::crashed;
  records[0].status_reason = "signal 11\nbacktrace:\r\n\x1B[31mred";
  for (const TableStyle style : {TableStyle::terminal, TableStyle::markdown}) {
    const std::string text = table_of(records, style);
    EXPECT_THAT(text, HasSubstr("crashed: signal 11 backtrace:   "));
    EXPECT_THAT(text, Not(HasSubstr("\x1B")));
  }
}

TEST(Table, OfOneRecordIsAllHeading) {
  Record record = small_record("flash", 4096);
  record.time_median_ns = 5;
  EXPECT_EQ(table_of({record}, TableStyle::terminal),
            "flash · n 4k\n"
            "\n"
            "time  peak memory  GFLOP  GFLOP/s  status\n"
            "5 ns            -      -        -  ok\n");
}

TEST(Table, ShowsSmallAndLargeWorkWithoutExponents) {
  Record record = small_record("flash", 4096);
  record.flops_model = 1234567;
  record.flop_per_s = 1.2345e14;
  EXPECT_THAT(table_of({record}, TableStyle::markdown), HasSubstr("| 0.00123 | 123450 |"));
}

TEST(Table, OfNoRecordsSaysSo) { EXPECT_EQ(table_of({}, TableStyle::terminal), "no records\n"); }

}  // namespace
}  // namespace attnscope::reports
