#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "reports/filter.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::AllOf;
using testing::full_record;
using ::testing::HasSubstr;
using testing::message_of;
using testing::small_record;

std::string error_of(std::string_view text) {
  return message_of<FilterError>([&] { Filter::parse(text); });
}

TEST(FilterErrors, NameThePlaceAndTheNearestSpelling) {
  EXPECT_EQ(error_of("varaint:flash"), "unknown name 'varaint' at column 1; did you mean 'variant'?");
  EXPECT_EQ(error_of("n<4k && divice==cpu"), "unknown name 'divice' at column 9; did you mean 'device'?");
  EXPECT_EQ(error_of("variant:größer  dtyp:f32"), "unknown name 'dtyp' at column 17; did you mean 'dtype'?");
  EXPECT_THAT(error_of("flavour:x"), AllOf(HasSubstr("unknown name 'flavour' at column 1"), HasSubstr("params.NAME")));
  EXPECT_EQ(error_of("status:okk"), "unknown status 'okk' at column 8; did you mean 'ok'?");
  EXPECT_THAT(error_of("status:fine"), AllOf(HasSubstr("'fine' at column 8"), HasSubstr("ok, unstable, wrong")));
}

TEST(FilterErrors, SayWhatWasExpected) {
  EXPECT_EQ(error_of("flash"),
            "expected ':' or a comparison after 'flash', as in variant:flash or n>=4k, at column 6, found the end");
  EXPECT_EQ(error_of("n:"), "expected a value at column 3, found the end");
  EXPECT_EQ(error_of("n>=4k &&"), "expected a term such as variant:flash or n>=4k at column 9, found the end");
  EXPECT_EQ(error_of("n>=4k || || n<2"), "expected a term such as variant:flash or n>=4k at column 10, found '||'");
  EXPECT_EQ(error_of("(n>=4k"), "expected ')' at column 7, found the end");
  EXPECT_EQ(error_of("n>=4k)"), "expected another term, '&&' or '||' at column 6, found ')'");
  EXPECT_EQ(error_of("device:(cpu cuda:0)"), "expected OR or ')' at column 13, found 'cuda:0)'");
  EXPECT_EQ(error_of("OR n:4k"), "expected a term such as variant:flash or n>=4k at column 1, found 'OR'");
  EXPECT_EQ(error_of("n<8 | n>9"), "expected a term such as variant:flash or n>=4k at column 5, found '|'");
  EXPECT_EQ(error_of("n=>4"), "expected a value at column 3, found '>4'");
  EXPECT_EQ(error_of("n:many"),
            "'n' is compared as a number: expected one such as 4096, 4k or 1.5, found 'many' at column 3");
  EXPECT_THAT(error_of("n<4*"), HasSubstr("found '4*' at column 3"));
  EXPECT_THAT(error_of("n</4/"), HasSubstr("expected one such as 4096"));
  EXPECT_EQ(error_of("device<cpu"),
            "'device' holds text and has no order: expected ':', '==' or '!=' before 'cpu' at column 8");
  EXPECT_EQ(error_of("variant:\"flash"), "the \" opened at column 9 is never closed; expected \" before the end");
  EXPECT_EQ(error_of("variant:/fl"), "the / opened at column 9 is never closed; expected / before the end");
  EXPECT_THAT(error_of("variant:/(fl/"), AllOf(HasSubstr("/(fl/ at column 9"), HasSubstr("not valid")));
}

TEST(FilterErrors, BoundWhatCouldExhaustTheMachine) {
  EXPECT_THAT(error_of(std::string(100000, '(') + "n:1"), HasSubstr("nested"));
  EXPECT_THAT(error_of(std::string(100000, '-') + "n:1"), HasSubstr("nested"));
  EXPECT_THAT(error_of("variant:/" + std::string(100000, '(') + "/"), HasSubstr("at most 500"));
  std::string many = "n:1";
  for (int i = 0; i < 20000; ++i) many += " OR n:1";
  EXPECT_TRUE(Filter::parse(many).matches(small_record("x", 1)));
  EXPECT_NO_THROW(Filter::parse(std::string(90, '(') + "n:1" + std::string(90, ')')));
}

// Any text either parses, and then evaluates, or yields a message with a place in it.
TEST(FilterFuzz, RandomTokensNeverCrash) {
  const std::vector<std::string> tokens{"variant",
                                        "n",
                                        "device",
                                        "params.k",
                                        "status",
                                        "time_median_ns",
                                        "causal",
                                        "bogus",
                                        ":",
                                        "==",
                                        "!=",
                                        "<=",
                                        ">=",
                                        "<",
                                        ">",
                                        "=",
                                        "&&",
                                        "||",
                                        "!",
                                        "-",
                                        "(",
                                        ")",
                                        " ",
                                        " OR ",
                                        " AND ",
                                        "4k",
                                        "1.5",
                                        "flash",
                                        "lin*",
                                        "?",
                                        "/a/",
                                        "/(/",
                                        "/[a/",
                                        "\"q\"",
                                        "\"",
                                        "'",
                                        "/",
                                        "cuda:0",
                                        "ok",
                                        "9999999999999999999999",
                                        "\\",
                                        "é",
                                        "\xFF",
                                        ";",
                                        "variant:flash",
                                        "n>=4k",
                                        "device:(cpu OR cuda:0)",
                                        "-dtype:bf16"};
  const std::vector<Record> records{Record{}, full_record(), small_record("flash", 4096)};
  std::mt19937 random(7);
  int accepted = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string text;
    const auto length = random() % 12;
    for (std::size_t i = 0; i < length; ++i) {
      text += tokens[random() % tokens.size()];
      if (random() % 2 == 0) text += ' ';
    }
    try {
      const Filter filter = Filter::parse(text);
      for (const Record& record : records) filter.matches(record);
      ++accepted;
    } catch (const FilterError& error) {
      EXPECT_THAT(error.what(), HasSubstr("column")) << text;
    }
  }
  // The fuzz is worth something only while it reaches both outcomes.
  EXPECT_GT(accepted, 500);
  EXPECT_LT(accepted, 19500);
}

TEST(FilterFuzz, RandomBytesNeverCrash) {
  std::mt19937 random(11);
  int refused = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::string text;
    const auto length = 1 + random() % 30;
    for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(random() % 256);
    try {
      Filter::parse(text).matches(Record{});
    } catch (const FilterError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1500);
}

// A filter built from random terms agrees with the same terms evaluated by hand.
TEST(FilterFuzz, AgreesWithBooleanLogic) {
  std::mt19937 random(13);
  for (int trial = 0; trial < 500; ++trial) {
    const auto n = static_cast<std::int64_t>(random() % 8);
    const Record record = small_record("x", n);
    std::string text;
    bool any = false, all = true;
    const auto terms = 1 + random() % 6;
    for (std::size_t i = 0; i < terms; ++i) {
      const auto bound = static_cast<std::int64_t>(random() % 8);
      const bool negated = random() % 3 == 0, less = random() % 2 == 0;
      if (i > 0) {
        const bool is_or = random() % 2 == 0;
        text += is_or ? " || " : random() % 2 == 0 ? " && " : " ";
        if (is_or) {
          any = any || all;
          all = true;
        }
      }
      text += negated ? "!" : "";
      text += less ? "n<" : "n:>=";
      text += std::to_string(bound);
      all = all && ((less ? n < bound : n >= bound) != negated);
    }
    EXPECT_EQ(Filter::parse(text).matches(record), any || all) << text << " for n = " << n;
  }
}

}  // namespace
}  // namespace attnscope::reports
