// Stands in for `attnscope run --progress json` in the viewer's tests. ATTNSCOPE_FAKE says how it behaves:
//   fast      eight cases at once           slow     forty cases, 30 ms each; pauses and stops as the real one does
//   crash     dies after two cases          garbage  also prints lines that mean nothing
//   failures  one case is wrong, exit 3     refuse   a usage error, exit 2
//   silent    exits before it is done, with code 0
// It writes real records to the file of -o and heeds --resume.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "reports/jsonl.h"
#include "tests/gui/synthetic_runs.h"

namespace {

namespace reports = attnscope::reports;
using attnscope::gui::testing::six_variants;
using attnscope::gui::testing::synthetic_record;

volatile std::sig_atomic_t is_paused = 0, is_stopped = 0;

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

void wait(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

void pause_when_asked() {
  if (!is_paused || is_stopped) return;
  say(R"({"event":"paused"})");
  while (is_paused && !is_stopped) wait(5);
  say(R"({"event":"continued"})");
}

reports::Record numbered_record(int number) {
  const auto variants = six_variants();
  return synthetic_record(variants[static_cast<std::size_t>(number) % variants.size()],
                          256 << (number / static_cast<int>(variants.size())));
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

int run(const std::string& output, bool resumes, const std::string& behaviour) {
  const int cases = behaviour == "slow" ? 40 : 8;
  const int before = resumes ? static_cast<int>(reports::load_jsonl(output).run.records.size()) : 0;
  reports::JsonlWriter writer(output,
                              resumes ? reports::JsonlWriter::Open::append : reports::JsonlWriter::Open::create);
  writer.append(reports::Environment{"fake", {}});
  say(R"({"event":"begin","protocol":1,"run_id":"fake","output":)" + quoted(output) + R"(,"cases":)" +
      std::to_string(cases) + R"(,"recorded":)" + std::to_string(before) + R"(,"jobs":)" +
      std::to_string(cases - before) + "}");
  for (int i = before; i < cases; ++i) {
    pause_when_asked();
    if (is_stopped) break;
    if (behaviour == "garbage")
      say("\x01\xff no JSON {\n{\"event\":\"of the future\",\"x\":[1]}\n[1,2]\n{\"event\":3}");
    const std::string name = R"(,"case":"case )" + std::to_string(i + 1) + R"(","case_key":"k")";
    const std::string job = R"("job":)" + std::to_string(i - before + 1);
    say(R"({"event":"start",)" + job + name + R"(,"done_s":)" + std::to_string(i * 0.03) + R"(,"left_s":)" +
        std::to_string((cases - i) * 0.03) + "}");
    if (behaviour == "slow") wait(30);
    reports::Record record = numbered_record(i);
    if (behaviour == "failures" && i == 3) record.status = reports::Status::wrong;
    writer.append(record);
    say(R"({"event":"case",)" + job + name + R"(,"status":)" + quoted(std::string(to_string(record.status))) +
        R"(,"time_median_ns":)" + std::to_string(*record.time_median_ns) + "}");
    if (behaviour == "crash" && i == before + 1) {
      std::fputs("about to fall over\n", stderr);
      std::raise(SIGSEGV);
    }
    if (behaviour == "silent" && i == 2) return 0;
  }
  const int code = is_stopped ? 143 : behaviour == "failures" ? 3 : 0;
  say(R"({"event":"end","exit_code":)" + std::to_string(code) + R"(,"records":0,"remark":""})");
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  const char* given = std::getenv("ATTNSCOPE_FAKE");
  const std::string behaviour = given != nullptr ? given : "fast";
  if (behaviour == "refuse") {
    std::fputs("attnscope: unknown variant 'flsh'; did you mean 'flash'?\n", stderr);
    return 2;
  }
  struct sigaction action {};
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM}) sigaddset(&action.sa_mask, signal);  // one after the other
  action.sa_handler = [](int signal) {
    if (signal == SIGTERM) is_stopped = 1;
    if (signal != SIGTERM) is_paused = signal == SIGUSR1 ? 1 : 0;
  };
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM}) sigaction(signal, &action, nullptr);
  std::string output;
  bool resumes = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-o" && i + 1 < argc) output = argv[i + 1];
    resumes |= word == "--resume";
  }
  return run(output, resumes, behaviour);
}
