// The words that completion offers; tests/end_to_end holds the shells' side of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/complete.h"
#include "harness/cli/manual_page.h"
#include "harness/cli/shell.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using Kind = Completion::Kind;

Program tree() {
  CLI::App app{"measures", "attnscope"};
  Shell shell;
  add_run(app, shell);
  add_list(app, shell);
  add_describe(app, shell);
  add_export(app, shell);
  add_merge(app, shell);
  add_complete(app, shell);
  return read_command_tree(app);
}

std::vector<std::string> words(const std::vector<std::string>& line) {
  std::vector<std::string> found;
  for (const Candidate& candidate : complete(tree(), line).candidates) found.push_back(candidate.word);
  return found;
}

TEST(Complete, Subcommands) {
  EXPECT_THAT(words({""}), ElementsAre("run", "list", "describe", "export", "merge")) << "hidden ones are not offered";
  EXPECT_THAT(words({"e"}), ElementsAre("export"));
  EXPECT_THAT(words({"nosuch", ""}), ElementsAre());
  EXPECT_THAT(words({"--h"}), ElementsAre("--help"));
}

TEST(Complete, OptionsOfTheSubcommand) {
  EXPECT_THAT(words({"run", "--res"}), ElementsAre("--resume"));
  EXPECT_THAT(words({"merge", "a.jsonl", "--al"}), ElementsAre("--allow-mixed"));
  EXPECT_THAT(words({"run", "-"}), IsSupersetOf({"--variant", "--axis", "--timeout"}));
}

TEST(Complete, Variants) {
  EXPECT_EQ(words({"describe", ""}), attention::all_names());
  EXPECT_THAT(words({"run", "-V", "lin"}), ElementsAre("linformer", "linear_transformer"));
  EXPECT_THAT(words({"run", "-V", "flash,soft"}), ElementsAre("flash,softmax")) << "the last of a list";
  EXPECT_THAT(words({"run", "--variant=soft"}), ElementsAre("--variant=softmax"));
}

TEST(Complete, Axes) {
  EXPECT_THAT(words({"run", "-a", "ca"}), ElementsAre("causal=", "cache="));
  EXPECT_EQ(complete(tree(), {"run", "-a", "ca"}).kind, Kind::open) << "the value follows without a blank";
  EXPECT_THAT(words({"run", "-a", "mode=forward,t"}), ElementsAre("mode=forward,training"));
  EXPECT_THAT(words({"run", "-a", "causal="}), ElementsAre("causal=auto", "causal=0", "causal=1"));
  EXPECT_THAT(words({"run", "-a", "nosuch="}), ElementsAre());
}

TEST(Complete, HyperParameters) {
  EXPECT_THAT(words({"run", "-P", "longf"}), ElementsAre("longformer."));
  EXPECT_THAT(words({"run", "-P", "longformer.w"}), ElementsAre("longformer.window="));
  EXPECT_THAT(words({"run", "-P", "longformer.window="}), ElementsAre(HasSubstr("longformer.window=")));
}

TEST(Complete, PresetsFormatsColumnsAndFiles) {
  EXPECT_THAT(words({"run", "--preset", "q"}), ElementsAre("quick"));
  EXPECT_THAT(words({"export", "r.jsonl", "--format", "g"}), ElementsAre("gbench", "github"));
  EXPECT_THAT(words({"export", "r.jsonl", "--columns", "time_median_ns,peak_memory_b"}),
              ElementsAre("time_median_ns,peak_memory_bytes"));
  EXPECT_THAT(words({"list", "co"}), ElementsAre("columns"));
  EXPECT_THAT(words({"run", "--where", "n<=8k && dev"}), ElementsAre("n<=8k && device:"));
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"export", ""}, {"run", "-o", ""}, {"merge", "a", "b", "c"}}) {
    EXPECT_EQ(complete(tree(), line).kind, Kind::files) << line.front();
  }
}

TEST(ManualPage, HoldsEveryOption) {
  const Program program = tree();
  for (const Command& command : program.commands) {
    const std::string page = command_page(program, command);
    for (const Parameter& parameter : command.parameters) {
      EXPECT_THAT(page, HasSubstr(troff_escaped(parameter.meaning))) << command.name;
      for (const std::string& name : parameter.names) EXPECT_THAT(page, HasSubstr(troff_escaped(name)));
    }
  }
  EXPECT_THAT(program_page(program), AllOf(HasSubstr("\\fBattnscope\\-merge\\fR(1)"), Not(HasSubstr("complete"))));
}

TEST(ManualPage, TextIsLiteral) {
  EXPECT_EQ(troff_escaped("-o 'a\\n' `b`"), "\\-o \\(aqa\\en\\(aq \\(gab\\(ga");
  EXPECT_EQ(troff_escaped("1 … é 𝛼"), "1 \\[u2026] \\[u00E9] \\[u1D6FC]");
}

}  // namespace
}  // namespace attnscope::harness::cli
