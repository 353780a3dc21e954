#include "reports/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using testing::small_record;

Record make(std::string variant, std::int64_t n, std::string dtype, std::string device) {
  Record record = small_record(std::move(variant), n);
  record.dtype = std::move(dtype);
  record.device = std::move(device);
  record.mode = "forward";
  record.causal = 0;
  record.time_median_ns = 1.5e6;
  return record;
}

// Six records, named by letter; a test says which letters its filter leaves.
std::string kept(std::string_view text) {
  static const std::vector<Record> records = [] {
    std::vector<Record> all{make("softmax", 1024, "f32", "cpu"),    make("flash", 4096, "bf16", "cuda:0"),
                            make("linformer", 16384, "f32", "cpu"), make("linear", 4096, "bf16", "cuda:0"),
                            make("longformer", 1000, "f16", "cpu"), make("longformer", 4096, "f32", "cuda:1")};
    all[1].causal = 1;
    all[2].params = "k=256;sharing=headwise";
    all[2].time_median_ns.reset();
    all[2].status = Status::oom;
    all[2].status_reason = "needs (3 GiB)";
    all[3].mode = "training";
    all[4].params = "window=512";
    all[5].params = "window=4096";
    all[5].seed = 9007199254740993;  // 2^53 + 1, which a double cannot hold
    return all;
  }();
  const Filter filter = Filter::parse(text);
  EXPECT_EQ(filter.text(), text);
  std::string letters;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (filter.matches(records[i])) letters += static_cast<char>('a' + i);
  }
  return letters;
}

TEST(Filter, OfNothingMatchesEverything) {
  EXPECT_EQ(kept(""), "abcdef");
  EXPECT_EQ(kept(" \t\n"), "abcdef");
  EXPECT_TRUE(Filter().matches(Record{}));
  EXPECT_EQ(Filter().text(), "");
}

TEST(Filter, TakesSearchTerms) {
  EXPECT_EQ(kept("variant:flash"), "b");
  EXPECT_EQ(kept("variant:lin*"), "cd");
  EXPECT_EQ(kept("variant:*former"), "cef");
  EXPECT_EQ(kept("variant:l?n*r"), "cdef");
  EXPECT_EQ(kept("variant:flas"), "");
  EXPECT_EQ(kept("device:cuda:0"), "bd");
  EXPECT_EQ(kept("device:cuda:*"), "bdf");
  EXPECT_EQ(kept("-dtype:bf16"), "acef");
  EXPECT_EQ(kept("!dtype:bf16"), "acef");
  EXPECT_EQ(kept("--dtype:bf16"), "bd");
  EXPECT_EQ(kept("status:oom"), "c");
  EXPECT_EQ(kept("device:cpu dtype:f32"), "ac");
  EXPECT_EQ(kept("n:>=4k device:cuda:0 -dtype:f32"), "bd");
  EXPECT_EQ(kept("device:(cpu OR cuda:1)"), "acef");
  EXPECT_EQ(kept("device:(cpu || cuda:1) n:4k"), "f");
  EXPECT_EQ(kept("n:(<1k OR >=16k)"), "ce");
  EXPECT_EQ(kept("variant:(lin* OR /^so/)"), "acd");
}

TEST(Filter, TakesConditions) {
  EXPECT_EQ(kept("n<=4k"), "abdef");
  EXPECT_EQ(kept("n<4k"), "ae");
  EXPECT_EQ(kept("n>4k"), "c");
  EXPECT_EQ(kept("n>=4k"), "bcdf");
  EXPECT_EQ(kept("n==4096"), "bdf");
  EXPECT_EQ(kept("n=4k"), "bdf");
  EXPECT_EQ(kept("n!=4k"), "ace");
  EXPECT_EQ(kept("variant!=softmax"), "bcdef");
  EXPECT_EQ(kept("variant!=lin*"), "abef");
  EXPECT_EQ(kept("mode==training"), "d");
  EXPECT_EQ(kept("n<=1k||variant!=softmax&&(mode==training)"), "ade");
  EXPECT_EQ(kept("n <= 1k || variant != softmax && ( mode == training )"), "ade");
  EXPECT_EQ(kept("!(n<=1k || mode==training)"), "bcf");
  EXPECT_EQ(kept("-(n<=1k OR mode:training)"), "bcf");
}

TEST(Filter, BindsAndBeforeOrHoweverSpelt) {
  // (dtype f16) or (f32 and cpu), not (f16 or f32) and cpu with another order of evaluation.
  for (const char* text : {"dtype==bf16 || dtype==f32 && device==cpu", "dtype:bf16 OR dtype:f32 device:cpu",
                           "dtype:f32 AND device:cpu OR dtype:bf16", "dtype:f32 device:cpu || dtype:bf16"}) {
    EXPECT_EQ(kept(text), "abcd") << text;
  }
  EXPECT_EQ(kept("(dtype:bf16 OR dtype:f32) device:cpu"), "ac");
}

TEST(Filter, MatchesRegularExpressions) {
  EXPECT_EQ(kept("n:/^(1|4)k$/"), "abdf");
  EXPECT_EQ(kept("n:/^1000$/"), "e");
  EXPECT_EQ(kept("variant:/former/"), "cef");
  EXPECT_EQ(kept("variant!=/former/"), "abd");
  EXPECT_EQ(kept("device:/^cuda:[01]$/ variant:/a/"), "bd");
  EXPECT_EQ(kept("status_reason:/\\(3 G/"), "c");
  EXPECT_EQ(kept("device:/a\\/b/"), "");
}

TEST(Filter, TakesQuotedValuesLiterally) {
  EXPECT_EQ(kept("status_reason:\"needs (3 GiB)\""), "c");
  EXPECT_EQ(kept("status_reason=='needs (3 GiB)'"), "c");
  EXPECT_EQ(kept("variant:\"lin*\""), "");
  EXPECT_EQ(kept("n:\"4k\""), "bdf");
}

TEST(Filter, KnowsNumbersInEverySpelling) {
  EXPECT_EQ(kept("n:16K"), "c");
  EXPECT_EQ(kept("n:>0.9k n:<=1k"), "ae");  // 921.6 < 1000
  EXPECT_EQ(kept("n:>1.5k"), "bcdf");
  EXPECT_EQ(kept("n:1*"), "ace");
  EXPECT_EQ(kept("n:4*"), "bdf");
  EXPECT_EQ(kept("time_median_ns<2e6"), "abdef");
  EXPECT_EQ(kept("time_median_ns==1500000"), "abdef");
  EXPECT_EQ(kept("time_median_ns<1m"), "");
  EXPECT_EQ(kept("seed:9007199254740993"), "f");
  EXPECT_EQ(kept("seed:9007199254740992"), "");
  EXPECT_EQ(kept("n>-5"), "abcdef");
}

TEST(Filter, KnowsCausalAsAFlag) {
  EXPECT_EQ(kept("causal:true"), "b");
  EXPECT_EQ(kept("causal==1"), "b");
  EXPECT_EQ(kept("causal:false"), "acdef");
}

TEST(Filter, LooksIntoHyperParameters) {
  EXPECT_EQ(kept("params.window:512"), "e");
  EXPECT_EQ(kept("params.window:4k"), "f");
  EXPECT_EQ(kept("params.window>1k"), "f");
  EXPECT_EQ(kept("params.window!=512"), "f");
  EXPECT_EQ(kept("params.sharing:head*"), "c");
  EXPECT_EQ(kept("params.sharing>5"), "");
  EXPECT_EQ(kept("params.indow:512"), "");
  EXPECT_EQ(kept("params:*window=512*"), "e");
}

TEST(Filter, MissingValuesSatisfyNoComparison) {
  for (const char* text : {"time_median_ns<1e9", "time_median_ns>=0", "time_median_ns!=0", "time_median_ns:*",
                           "time_median_ns:/./", "time_median_ns!=/x/"}) {
    EXPECT_EQ(kept(text), "abdef") << text;
  }
  EXPECT_EQ(kept("-time_median_ns:*"), "c");
  EXPECT_EQ(kept("status_reason!=x"), "c");
  EXPECT_EQ(kept("heads>0"), "");
  EXPECT_EQ(kept("heads<=0"), "");
  EXPECT_EQ(kept("params.window!=1"), "ef");
}

TEST(Filter, KnowsEveryAxisAndColumn) {
  for (const char* axis :
       {"n", "batch", "heads", "head_dim", "dtype", "mode", "scope", "causal", "device", "threads", "cache"}) {
    EXPECT_NE(find_column(canonical_axis(axis)), nullptr) << axis;
    EXPECT_NO_THROW(Filter::parse(std::string(axis) + ":*")) << axis;
  }
  for (const Column& column : columns()) EXPECT_NO_THROW(Filter::parse(std::string(column.name) + ":*")) << column.name;
  EXPECT_EQ(canonical_axis("n"), "seq_q");
  EXPECT_EQ(canonical_axis("cache"), "cache_state");
  EXPECT_EQ(canonical_axis("dtype"), "dtype");
}

TEST(Filter, IsAValue) {
  Filter copy;
  {
    const Filter original = Filter::parse("variant:(flash OR lin*)");
    copy = original;
  }
  EXPECT_TRUE(copy.matches(small_record("linear", 1)));
  EXPECT_FALSE(copy.matches(small_record("softmax", 1)));
}

// Expressions that make a backtracking matcher exponential or overflow its stack.
TEST(Filter, StaysFastOnHostileInput) {
  Record record = small_record(std::string(100000, 'a'), 1);
  EXPECT_FALSE(Filter::parse("variant:/(a*)*b/").matches(record));
  EXPECT_TRUE(Filter::parse("variant:/^(a|aa)+/").matches(record));
  EXPECT_FALSE(Filter::parse("variant:*a*a*a*a*a*b").matches(small_record(std::string(300, 'a'), 1)));
}

TEST(ParseCount, TakesBinarySuffixes) {
  EXPECT_EQ(parse_count("16"), 16);
  EXPECT_EQ(parse_count("4k"), 4096);
  EXPECT_EQ(parse_count("4K"), 4096);
  EXPECT_EQ(parse_count("1m"), 1048576);
  EXPECT_EQ(parse_count("1g"), 1073741824);
  EXPECT_EQ(parse_count("8589934591g"), 8589934591 * 1073741824);
  for (const char* text : {"", "k", "4kk", "1.5k", "4 k", "4t", "0x4", "8589934592g", "99999999999999999999"}) {
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
  }
}

TEST(NearestSpelling, FindsLikelyTypingErrorsOnly) {
  const std::vector<std::string> candidates{"variant", "device", "dtype", "n", "threads"};
  EXPECT_EQ(nearest_spelling("varaint", candidates), "variant");
  EXPECT_EQ(nearest_spelling("Variant", candidates), "variant");
  EXPECT_EQ(nearest_spelling("dvice", candidates), "device");
  EXPECT_EQ(nearest_spelling("dtypes", candidates), "dtype");
  EXPECT_EQ(nearest_spelling("temperature", candidates), "");
  EXPECT_EQ(nearest_spelling("x", candidates), "");
  EXPECT_EQ(nearest_spelling("", candidates), "");
  EXPECT_EQ(nearest_spelling("variant", {}), "");
}

}  // namespace
}  // namespace attnscope::reports
