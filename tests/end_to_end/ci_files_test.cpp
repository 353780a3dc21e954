// The ready CI jobs of docs/ci: their commands are taken out of the files and run, in a repository whose scripts/build
// "builds" programs that are there already.
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <sys/wait.h>

#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

struct Job {
  std::map<std::string, std::string> variables;
  std::vector<std::string> commands;
};

std::size_t indentation(const std::string& line) { return std::min(line.find_first_not_of(' '), line.size()); }

// As much of YAML as docs/ci uses: `env:` or `variables:` with one "NAME: value" a line, and commands after `run:` or
// in the list of `script:`, each on its line or as a block after `|`.
class JobReader {
 public:
  explicit JobReader(const std::string& path) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      const auto start = line.find_first_not_of(' ');
      if (start != std::string::npos && line[start] != '#') lines_.push_back(line);
    }
  }

  Job read() {
    Job job;
    while (at_ < lines_.size()) {
      const std::string text = lines_[at_].substr(indentation(lines_[at_]));
      if (text == "env:" || text == "variables:") {
        for (const std::string& line : children()) {
          const auto colon = line.find(": ");
          job.variables[line.substr(0, colon)] = line.substr(colon + 2);
        }
      } else if (text == "script:") {
        const std::size_t depth = indentation(lines_[at_++]);
        while (at_ < lines_.size() && indentation(lines_[at_]) > depth) job.commands.push_back(command("- "));
      } else if (text.starts_with("run: ")) {
        job.commands.push_back(command("run: "));
      } else {
        ++at_;
      }
    }
    return job;
  }

 private:
  // The lines below this one that are further in, without their common indentation.
  std::vector<std::string> children() {
    const std::size_t depth = indentation(lines_[at_++]);
    std::vector<std::string> result;
    const std::size_t inner = at_ < lines_.size() ? indentation(lines_[at_]) : 0;
    while (at_ < lines_.size() && indentation(lines_[at_]) > depth) result.push_back(lines_[at_++].substr(inner));
    return result;
  }

  std::string command(const std::string& key) {
    const std::string text = lines_[at_].substr(indentation(lines_[at_]));
    EXPECT_TRUE(text.starts_with(key)) << text;
    const std::string rest = text.substr(key.size());
    if (rest != "|") {
      ++at_;
      return rest;
    }
    std::string block;
    for (const std::string& line : children()) block += line + "\n";
    return block;
  }

  std::vector<std::string> lines_;
  std::size_t at_ = 0;
};

class CiFiles : public ProgramTest {
 protected:
  // A clone with `base` on origin/main and `change` checked out.
  void make_repository(const std::string& base, const std::string& change) {
    const auto build = [](const std::string& program) {
      return "mkdir -p scripts && printf '%s\\n' '#!/bin/sh' 'mkdir -p build/release/bin' "
             "'ln -sf \"" +
             program +
             "\" build/release/bin/attnscope' > scripts/build && chmod +x scripts/build && git add scripts && "
             "git -c user.name=t -c user.email=t@t commit -q --allow-empty -m build";
    };
    shell("git init -q -b main origin && cd origin && " + build(base));
    shell("git clone -q origin work && cd work && git checkout -q -b change && " + build(change));
  }

  void shell(const std::string& command) const {
    const std::string in_folder = "cd '" + file("") + "' && " + command;
    ASSERT_EQ(std::system(in_folder.c_str()), 0) << command;
  }

  // Runs the job's commands as a runner does, until one fails; returns that exit code.
  int run(const Job& job, const std::string& measure) const {
    std::ostringstream script;
    script << "cd '" << file("work") << "'\nexec >log 2>&1\n";
    for (const auto& [name, value] : job.variables) {
      if (name != "MEASURE") script << "export " << name << "=" << value << "\n";
    }
    script << "export MEASURE='" << measure << "' GITHUB_BASE_REF=main CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main"
           << " GITHUB_STEP_SUMMARY='" << file("summary.md") << "'\n";
    for (std::size_t i = 0; i < job.commands.size(); ++i) {
      const std::string step = write("step" + std::to_string(i), job.commands[i]);
      script << "bash -eo pipefail '" << step << "' || exit $?\n";
    }
    const int status = std::system(("bash '" + write("job", script.str()) + "'").c_str());
    return WEXITSTATUS(status);
  }

  std::string planted(const std::string& plant) const {
    const std::string path =
        write("planted", "#!/bin/sh\nATTNSCOPE_PLANT=" + plant + " exec '" ATTNSCOPE_FAULTY_PROGRAM "' \"$@\"\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  static Job job(const std::string& name) { return JobReader(ATTNSCOPE_DOCS_DIRECTORY "/ci/" + name).read(); }
};

const std::string sweep = "-V steady -a n=24 -a heads=1 --min-time 1ms --max-time 20ms --precision 50%";

TEST_F(CiFiles, GitHubWorkflowPassesTheSameProgram) {
  make_repository(ATTNSCOPE_FAULTY_PROGRAM, ATTNSCOPE_FAULTY_PROGRAM);
  const Job workflow = job("github-actions.yml");
  EXPECT_EQ(workflow.commands.size(), 5u);
  EXPECT_EQ(workflow.variables.at("MEASURE"), "--preset ci --rounds 5");
  EXPECT_EQ(run(workflow, sweep), 0) << read(file("work/log"));
  EXPECT_NE(read(file("summary.md")).find("gate: PASSED"), std::string::npos);
  EXPECT_NE(read(file("summary.md")).find("geometric mean"), std::string::npos);
  for (const char* name : {"work/gate.md", "work/gate.json", "work/gate.xml"}) EXPECT_FALSE(read(file(name)).empty());
}

TEST_F(CiFiles, GitHubWorkflowFailsAPlantedByte) {
  make_repository(ATTNSCOPE_FAULTY_PROGRAM, planted("bytes=1"));
  EXPECT_EQ(run(job("github-actions.yml"), sweep), 1) << read(file("work/log"));
  EXPECT_NE(read(file("summary.md")).find("gate: FAILED"), std::string::npos) << "the summary tells of failures too";
}

TEST_F(CiFiles, GitLabJobPassesTheSameProgram) {
  make_repository(ATTNSCOPE_FAULTY_PROGRAM, ATTNSCOPE_FAULTY_PROGRAM);
  const Job gitlab = job("gitlab-ci.yml");
  EXPECT_EQ(gitlab.commands.size(), 8u);
  EXPECT_EQ(run(gitlab, sweep), 0) << read(file("work/log"));
  EXPECT_NE(read(file("work/gate.xml")).find("<testsuites"), std::string::npos);
}

TEST_F(CiFiles, GitLabJobFailsAPlantedByte) {
  make_repository(ATTNSCOPE_FAULTY_PROGRAM, planted("bytes=1"));
  EXPECT_EQ(run(job("gitlab-ci.yml"), sweep), 1) << read(file("work/log"));
}

}  // namespace
}  // namespace attnscope::end_to_end
