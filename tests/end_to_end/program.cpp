#include "tests/end_to_end/program.h"

#include <fcntl.h>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/jsonl.h"

namespace attnscope::end_to_end {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Outcome run(const std::string& command_line) {
  const fs::path base = fs::temp_directory_path() / ("attnscope_out_" + std::to_string(::getpid()));
  const fs::path out = base.string() + ".out";
  const fs::path err = base.string() + ".err";
  const std::string command = command_line + " >'" + out.string() + "' 2>'" + err.string() + "' </dev/null";
  const int status = std::system(command.c_str());
  Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content_of(out), content_of(err)};
  fs::remove(out);
  fs::remove(err);
  return outcome;
}

}  // namespace

Outcome attnscope(const std::string& arguments) { return run("'" ATTNSCOPE_PROGRAM "' " + arguments); }

Outcome attnscope_faulty(const std::string& arguments) { return run("'" ATTNSCOPE_FAULTY_PROGRAM "' " + arguments); }

Outcome shell(const std::string& command) { return run("{ " + command + "\n}"); }

int start_attnscope(const std::string& arguments) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    for (const int descriptor : {0, 1, 2}) ::dup2(null, descriptor);
    const std::string command = std::string("exec '") + ATTNSCOPE_PROGRAM + "' " + arguments;
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  return child;
}

void ProgramTest::SetUp() {
  folder_ = fs::temp_directory_path() / ("attnscope_" + std::to_string(::getpid()) + "_" +
                                         testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::create_directories(folder_);
}

void ProgramTest::TearDown() { fs::remove_all(folder_); }

std::string ProgramTest::write(const std::string& name, const std::string& content) const {
  std::ofstream(file(name), std::ios::binary) << content;
  return file(name);
}

std::string ProgramTest::read(const std::string& path) { return content_of(path); }

std::vector<reports::Record> ProgramTest::records(const std::string& path) {
  return reports::load_jsonl(path).run.records;
}

std::map<std::string, std::string> ProgramTest::endings(const std::string& path) {
  std::map<std::string, std::string> all;
  for (const auto& record : records(path))
    all[record.case_key] = has_measurement(record.status) ? "measured" : to_string(record.status);
  return all;
}

}  // namespace attnscope::end_to_end
