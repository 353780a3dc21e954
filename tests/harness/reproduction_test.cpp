// A record, its case and its command line are one and the same (acceptance test 14).
#include "harness/plan/reproduction.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/recorded_settings.h"
#include "harness/cli/sweep_options.h"
#include "harness/errors.h"
#include "reports/jsonl.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<reports::Run> samples() {
  std::vector<reports::Run> runs;
  for (const auto& entry : std::filesystem::directory_iterator(ATTNSCOPE_DATA_DIRECTORY "/samples")) {
    if (entry.path().extension() == ".jsonl") runs.push_back(reports::load_jsonl(entry.path()).run);
  }
  return runs;
}

// The plan that `attnscope` makes of these arguments of `run`.
std::vector<PlannedCase> plan_of(std::vector<std::string> arguments) {
  arguments.erase(arguments.begin());  // "run"
  std::ranges::reverse(arguments);     // as CLI11 takes them
  CLI::App app;
  cli::SweepOptions options;
  std::string seed;
  cli::add_sweep_options(app, options);
  app.add_option("--seed", seed);
  app.parse(arguments);
  return make_plan(cli::choose_sweep(options).request);
}

// Record, case, command line and the plan made of that are one and the same.
void expect_same_case_again(const reports::Record& record) {
  SCOPED_TRACE(record.case_key);
  const Case c = recorded_case(record);
  EXPECT_EQ(id(c), record.case_id);
  const auto planned = plan_of(reproduction_arguments(c, 1));
  ASSERT_EQ(planned.size(), 1u);
  EXPECT_EQ(key(planned[0].c), record.case_key);
  EXPECT_EQ(id(planned[0].c), record.case_id);
}

bool has_options_of_today(const reports::Record& record) {
  std::vector<std::string> recorded, today;
  for (const auto& [name, value] : split_params(record.params)) recorded.push_back(name);
  const auto variant = attention::make_variant(record.variant);
  for (const attention::OptionBase* option : variant->options().all()) today.push_back(option->info().name);
  return recorded == today;
}

TEST(Reproduction, EveryVariantIsTheSameCaseAgain) {
  const auto cases = plan_of({"run", "-V", "all", "-a", "scope=core,layer,block", "-a", "mode=forward,training,decode",
                              "-a", "causal=0,1", "-a", "n=64,100", "-a", "dtype=f32,bf16", "-a", "cache=warm,cold"});
  for (const PlannedCase& planned : cases) expect_same_case_again(planned_record(planned.c));
}

// A variant may have got hyper-parameters since the sample was recorded: then no case of today has the recorded id.
TEST(Reproduction, EveryRecordOfTheSamplesIsTheSameCaseAgain) {
  std::size_t again = 0;
  for (const reports::Run& run : samples()) {
    for (const reports::Record& record : run.records) {
      if (!has_options_of_today(record)) {
        EXPECT_THROW(recorded_case(record), UsageError) << record.case_key;
        continue;
      }
      expect_same_case_again(record);
      EXPECT_EQ(reproduction(recorded_case(record), static_cast<std::uint64_t>(*record.seed)), record.repro);
      ++again;
    }
  }
  EXPECT_GE(again, 100u);
}

reports::Record sample() { return samples().at(0).records.at(0); }

TEST(Reproduction, RefusesARecordThatIsNoCaseOfThisProgram) {
  const auto refusal = [](const reports::Record& record) -> std::string {
    try {
      recorded_case(record);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(sample()), "");
  reports::Record record = sample();
  record.variant = "nosuch";
  EXPECT_THAT(refusal(record), HasSubstr("nosuch"));
  record = sample();
  record.scope = "universe";
  EXPECT_THAT(refusal(record), HasSubstr("scope"));
  record = sample();
  record.heads.reset();
  EXPECT_THAT(refusal(record), HasSubstr("heads"));
  record = sample();
  record.case_key += ";more=1";
  EXPECT_THAT(refusal(record), HasSubstr("more=1"));
}

TEST(Reproduction, QuotesForAShell) {
  EXPECT_EQ(command_line(std::vector<std::string>{"run", "text:a b", "it's", ""}),
            "attnscope run 'text:a b' 'it'\\''s' ''");
}

reports::Environment ran(std::vector<std::string> argv) {
  reports::Environment environment;
  environment.values["argv"] = std::move(argv);
  return environment;
}

TEST(RecordedSettings, AreThoseOfTheCommandLine) {
  const auto settings =
      cli::recorded_settings(ran({"/bin/attnscope", "run", "-V", "all", "-a", "n=64", "--precision", "3%", "--shard",
                                  "1/3", "--max-time=0.9s", "--resume", "--seed", "5", "-o", "x"}));
  ASSERT_TRUE(settings);
  EXPECT_THAT(*settings, ::testing::UnorderedElementsAre("--precision", "3%", "--max-time", "0.9s"));
}

TEST(RecordedSettings, IncludeThoseOfThePreset) {
  const auto settings = cli::recorded_settings(ran({"attnscope", "run", "--preset", "ci", "--timeout", "9"}));
  ASSERT_TRUE(settings);
  EXPECT_GT(settings->size(), 2u) << "the preset has settings of its own";
  EXPECT_THAT(*settings, ::testing::IsSupersetOf({"--timeout", "9"}));
}

TEST(RecordedSettings, AreUnknownForOtherCommandLines) {
  EXPECT_FALSE(cli::recorded_settings(ran({"attnscope", "run", "--no-such-option"})));
  EXPECT_FALSE(cli::recorded_settings(ran({"attnscope", "check"})));
  EXPECT_FALSE(cli::recorded_settings({}));
}

}  // namespace
}  // namespace attnscope::harness::plan
