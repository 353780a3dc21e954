// Policies of the gate: what a file says, and every way in which it can be wrong.
#include "harness/gate/policy.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness/errors.h"

namespace attnscope::harness::gate {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PolicyFile : public ::testing::Test {
 protected:
  ~PolicyFile() override { std::filesystem::remove(path_); }

  reports::Policy read(const std::string& text) const {
    std::ofstream(path_) << text;
    return read_policy(path_, "2026-11-25");
  }

  std::string error_of(const std::string& text) const {
    try {
      read(text);
    } catch (const UsageError& error) {
      return error.what();
    }
    ADD_FAILURE() << "accepted: " << text;
    return "";
  }

  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("attnscope_policy_" + std::to_string(::getpid()) + ".toml");
};

TEST_F(PolicyFile, HoldsRulesAndWaivers) {
  const reports::Policy policy = read(R"(
[default]
min_effect = "5%"
confidence = 0.95
confirm = 3
[memory]
metric = "peak_memory_bytes"
min_effect = 0.01
confidence = "99%"
[error]
metric = "approx_err_vs_exact"
one_sided = "lower"
[[waive]]
filter = "variant:reformer device:cpu"
until = 2026-11-25
reason = "issue 12"
)");
  EXPECT_EQ(policy.confirm, 3);
  ASSERT_EQ(policy.rules.size(), 3u);
  const auto rule = [&](std::string_view name) { return *std::ranges::find(policy.rules, name, &reports::Rule::name); };
  EXPECT_EQ(rule("default").metric->name, "time_median_ns");
  EXPECT_EQ(rule("default").min_effect, 0.05);
  EXPECT_EQ(rule("default").fails, reports::Direction::higher);
  EXPECT_EQ(rule("memory").confidence, 0.99);
  EXPECT_EQ(rule("memory").min_effect, 0.01);
  EXPECT_EQ(rule("error").confidence, 0.95) << "of [default]";
  EXPECT_EQ(rule("error").min_effect, 0);
  EXPECT_EQ(rule("error").fails, reports::Direction::lower);
  ASSERT_EQ(policy.waivers.size(), 1u);
  EXPECT_EQ(policy.waivers[0].until, "2026-11-25") << "holds to the end of that day";
  reports::Record record;
  record.variant = "reformer";
  record.device = "cpu";
  EXPECT_TRUE(policy.waivers[0].filter.matches(record));
}

TEST_F(PolicyFile, TheShippedOnesAreSound) {
  const reports::Policy standard = read_policy(find_policy("default"), "2026-11-25");
  EXPECT_EQ(standard.rules.size(), 5u);
  EXPECT_GT(standard.confirm, 0);
  const reports::Policy exact = read_policy(find_policy("exact"), "2026-11-25");
  EXPECT_TRUE(
      std::ranges::none_of(exact.rules, [](const auto& rule) { return rule.metric->name.starts_with("time"); }));
  EXPECT_THROW(find_policy("exakt"), UsageError);
}

TEST_F(PolicyFile, ErrorsNameTheLine) {
  const std::string at = path_.string() + ":";
  EXPECT_THAT(error_of("[time]\nmetric = \"time_medain_ns\"\n"),
              AllOf(HasSubstr(at + "2: "), HasSubstr("'time_median_ns'")));
  EXPECT_THAT(error_of("[time]\n\nmetric = \"variant\"\n"), HasSubstr(at + "3: unknown metric 'variant'"));
  EXPECT_THAT(error_of("[time]\nmetric = 3\n"), HasSubstr(at + "2: metric must be a text"));
  EXPECT_THAT(error_of("\n[time]\nmin_effect = \"1%\"\n"), HasSubstr(at + "2: [time] names no metric"));
  EXPECT_THAT(error_of("[default]\nmin_effect = \"much\"\n"), HasSubstr(at + "2: "));
  EXPECT_THAT(error_of("[default]\nmin_effect = -0.1\n"), HasSubstr(at + "2: min_effect"));
  EXPECT_THAT(error_of("[default]\nmin_effect = true\n"), HasSubstr(at + "2: min_effect must be a fraction"));
  EXPECT_THAT(error_of("[default]\nconfidence = 1\n"), HasSubstr(at + "2: confidence"));
  EXPECT_THAT(error_of("[default]\nconfirm = 1.5\n"), HasSubstr(at + "2: confirm"));
  EXPECT_THAT(error_of("[default]\none_sided = \"up\"\n"), HasSubstr(at + "2: unknown one_sided 'up'"));
  EXPECT_THAT(error_of("[default]\nmin_efect = 0\n"), AllOf(HasSubstr(at + "2: "), HasSubstr("'min_effect'")));
  EXPECT_THAT(error_of("[m]\nmetric = \"flops_model\"\nconfirm = 2\n"), HasSubstr(at + "3: "));
  EXPECT_THAT(error_of("[rss]\nmetric = \"mem_peak_rss_bytes\"\n"),
              AllOf(HasSubstr(at + "1: "), HasSubstr("min_effect above 0")));
  EXPECT_THAT(error_of("default = 3\n"), HasSubstr(at + "1: '[default]' must be a table"));
  EXPECT_THAT(error_of("[default\n"), HasSubstr(at + "1: "));
  EXPECT_THAT(error_of(""), HasSubstr(at + "1: has no rule"));
}

TEST_F(PolicyFile, WaiversMustBeWholeAndCurrent) {
  const std::string at = path_.string() + ":";
  const std::string rule = "[default]\n";
  const auto waiver = [&](const std::string& until) {
    return rule + "[[waive]]\nfilter = \"variant:reformer\"\nuntil = " + until + "\nreason = \"x\"\n";
  };
  EXPECT_THAT(error_of(waiver("\"2026-11-24\"")), AllOf(HasSubstr(at + "4: "), HasSubstr("ended on 2026-11-24")));
  EXPECT_THAT(error_of(waiver("2020-01-01")), HasSubstr(at + "4: "));
  EXPECT_THAT(error_of(waiver("\"2026-13-01\"")), HasSubstr(at + "4: until: '2026-13-01' is no date"));
  EXPECT_THAT(error_of(waiver("\"soon\"")), HasSubstr(at + "4: "));
  EXPECT_THAT(error_of(rule + "[[waive]]\nfilter = \"varaint:x\"\nuntil = 2030-01-01\nreason = \"x\"\n"),
              AllOf(HasSubstr(at + "3: "), HasSubstr("variant")));
  EXPECT_THAT(error_of(rule + "[[waive]]\nfilter = \"n:4\"\nuntil = 2030-01-01\n"),
              HasSubstr(at + "2: [[waive]] needs reason"));
  EXPECT_THAT(error_of("[waive]\nfilter = \"n:4\"\n"), HasSubstr(at + "1: waivers are [[waive]] tables"));
}

}  // namespace
}  // namespace attnscope::harness::gate
