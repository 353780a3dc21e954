// The shells' side of completion, in the shells themselves, and manual pages in groff. What is not installed is
// skipped.
#include <gmock/gmock.h>
#include <sstream>

#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

bool installed(const std::string& program) { return shell("command -v " + program).exit_code == 0; }

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

class ShellCompletion : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    // The shells find the program in PATH, under its own name.
    path_ = "PATH='" + std::filesystem::path(ATTNSCOPE_PROGRAM).parent_path().string() + "':\"$PATH\" ";
    for (const char* name : {"bash", "fish", "zsh"}) {
      const Outcome outcome = attnscope(std::string("completion ") + name);
      ASSERT_EQ(outcome.exit_code, 0);
      write(name, outcome.out);
    }
  }

  // What bash would put in the place of what follows the last blank, = or : of the line.
  std::vector<std::string> bash(const std::string& line) const {
    const std::string script =
        write("ask.sh", "source '" + file("bash") + "'\n" + "COMP_LINE='" + line + "'\nCOMP_POINT=${#COMP_LINE}\n" +
                            "COMP_WORDS=(attnscope)\n_attnscope\n" + "printf '%s\\n' \"${COMPREPLY[@]}\"\n");
    const Outcome outcome = shell(path_ + "bash --norc '" + script + "'");
    EXPECT_EQ(outcome.err, "");
    return lines(outcome.out);
  }

  std::vector<std::string> fish(const std::string& line) const {
    const std::string script = write("ask.fish", "source '" + file("fish") + "'\ncomplete -C '" + line + "'\n");
    const Outcome outcome = shell(path_ + "HOME='" + file("") + "' fish --no-config '" + script + "'");
    EXPECT_EQ(outcome.err, "");
    std::vector<std::string> words = lines(outcome.out);
    for (std::string& word : words) word = word.substr(0, word.find('\t'));
    return words;
  }

  // compadd and _files are what zsh's completion system offers to a function; here they print.
  std::vector<std::string> zsh(const std::string& words) const {
    const std::string script = write("ask.zsh", R"(
compdef() { }
compadd() {
  local -a suffix
  zparseopts -D -E S:=suffix
  print -l -- $texts
  (( $#suffix )) && print "then '$suffix[2]'"
}
_files() { print files }
source ')" + file("zsh") + "'\nwords=(" + words + ")\nCURRENT=${#words}\n_attnscope\n");
    const Outcome outcome = shell(path_ + "zsh -f '" + script + "'");
    EXPECT_EQ(outcome.err, "");
    return lines(outcome.out);
  }

  std::string path_;
};

TEST_F(ShellCompletion, Bash) {
  EXPECT_THAT(bash("attnscope des"), ElementsAre("describe"));
  EXPECT_THAT(bash("attnscope run -V flash,soft"), ElementsAre("flash,softmax"));
  EXPECT_THAT(bash("attnscope run --res"), ElementsAre("--resume"));
  EXPECT_THAT(bash("attnscope run --preset "), IsSupersetOf({"ci", "quick"}));
  EXPECT_THAT(bash("attnscope run -a sc"), ElementsAre("scope="));
  EXPECT_THAT(bash("attnscope run -a scope=l"), ElementsAre("layer")) << "after = bash takes a new word";
  EXPECT_THAT(bash("attnscope run --where dev"), ElementsAre("device:"));
  write("some.jsonl", "");
  EXPECT_THAT(bash("attnscope export " + file("some")), ElementsAre(file("some.jsonl")));
  EXPECT_THAT(bash("attnscope nosuch "), ElementsAre(""));
}

TEST_F(ShellCompletion, BashRegistersIt) {
  const Outcome outcome = shell("bash --norc -c 'source \"" + file("bash") + "\"; complete -p attnscope'");
  EXPECT_EQ(outcome.out, "complete -F _attnscope attnscope\n");
}

TEST_F(ShellCompletion, Fish) {
  if (!installed("fish")) GTEST_SKIP() << "fish is not installed";
  EXPECT_THAT(fish("attnscope des"), ElementsAre("describe"));
  EXPECT_THAT(fish("attnscope run -V soft"), ElementsAre("softmax"));
  EXPECT_THAT(fish("attnscope run --preset "), IsSupersetOf({"ci", "quick"}));
  EXPECT_THAT(fish("attnscope list "), Contains("columns"));
  EXPECT_THAT(fish("attnscope run -a scope=l"), ElementsAre("scope=layer"));
  write("some.jsonl", "");
  EXPECT_THAT(fish("attnscope export " + file("some")), ElementsAre(file("some.jsonl")));
}

TEST_F(ShellCompletion, Zsh) {
  if (!installed("zsh")) GTEST_SKIP() << "zsh is not installed";
  EXPECT_EQ(shell("zsh -n '" + file("zsh") + "'").exit_code, 0);
  EXPECT_THAT(zsh("attnscope des"), ElementsAre("describe"));
  EXPECT_THAT(zsh("attnscope run -V soft"), ElementsAre("softmax"));
  EXPECT_THAT(zsh("attnscope run --preset ''"), IsSupersetOf({"ci", "quick"}));
  EXPECT_THAT(zsh("attnscope run -a 'scope=l'"), ElementsAre("scope=layer"));
  EXPECT_THAT(zsh("attnscope run -a sc"), ElementsAre("scope=", "then ''")) << "the value follows without a blank";
  EXPECT_THAT(zsh("attnscope export ''"), ElementsAre("files"));
}

TEST_F(ShellCompletion, UnknownShellsAreNamed) {
  const Outcome outcome = attnscope("completion bsh");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("bash"), std::string::npos);
}

class ManualPages : public ProgramTest {};

TEST_F(ManualPages, OneForEachSubcommand) {
  ASSERT_EQ(attnscope("man -o " + file("man1")).exit_code, 0);
  for (const char* page : {"attnscope.1", "attnscope-run.1", "attnscope-merge.1", "attnscope-man.1"})
    EXPECT_TRUE(std::filesystem::exists(file("man1") + "/" + page)) << page;
  EXPECT_EQ(attnscope("man run").out, read(file("man1") + "/attnscope-run.1"));
  EXPECT_EQ(attnscope("man").out, read(file("man1") + "/attnscope.1"));
  EXPECT_EQ(attnscope("man nosuch").exit_code, 2);
}

TEST_F(ManualPages, GroffHasNoWarnings) {
  if (!installed("groff")) GTEST_SKIP() << "groff is not installed";
  ASSERT_EQ(attnscope("man -o " + file("man1")).exit_code, 0);
  for (const auto& entry : std::filesystem::directory_iterator(file("man1"))) {
    const Outcome outcome = shell("groff -man -ww -Tutf8 '" + entry.path().string() + "'");
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.err, "") << entry.path();
    EXPECT_NE(outcome.out.find("inconclusive"), std::string::npos) << entry.path() << " has its exit statuses";
  }
}

}  // namespace
}  // namespace attnscope::end_to_end
