// Runs as another program starts them: events on standard output, pausing and stopping by signals.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <signal.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/jsonl.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using nlohmann::json;

class Progress : public ProgramTest {
 protected:
  // Whole lines; throws for one that is no JSON.
  static std::vector<json> events_in(const std::string& text) {
    std::vector<json> events;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && !lines.eof();) events.push_back(json::parse(line));
    return events;
  }
  static std::ptrdiff_t count(const std::vector<json>& events, const std::string& kind) {
    return std::ranges::count_if(events, [&](const json& event) { return event.at("event") == kind; });
  }
  std::vector<json> events_so_far() const { return events_in(read(file("events"))); }
  bool wait_for(const std::string& kind, std::ptrdiff_t times) const {
    for (int i = 0; i < 3000; ++i, ::usleep(10'000)) {
      if (count(events_so_far(), kind) >= times) return true;
    }
    return false;
  }
  int start() const { return start_attnscope(sweep() + " > " + file("events")); }
  static int exit_code(int program) {
    int status = 0;
    ::waitpid(program, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string sweep() const {
    return "run -V softmax,flash -a n=16:64:x2 -a heads=1 -a mode=forward,training --progress json --ceilings off" +
           short_run + "-o " + file("r.jsonl");
  }
  static constexpr std::size_t cases_ = 12;
};

TEST_F(Progress, EventsTellWhatIsInTheFile) {
  const Outcome outcome = attnscope(sweep());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::vector<json> events = events_in(outcome.out);
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), cases_);
  ASSERT_EQ(events.size(), 2 * cases_ + 2);
  EXPECT_EQ(events.front().at("event"), "begin");
  EXPECT_EQ(events.front().at("protocol"), 1);
  EXPECT_EQ(events.front().at("cases"), cases_);
  EXPECT_EQ(events.front().at("jobs"), cases_);
  EXPECT_EQ(events.front().at("recorded"), 0);
  EXPECT_EQ(events.front().at("output"), file("r.jsonl"));
  EXPECT_EQ(events.front().at("run_id"), all.front().run_id);
  for (std::size_t i = 0; i < cases_; ++i) {
    const json &start = events[1 + 2 * i], &end = events[2 + 2 * i];
    EXPECT_EQ(start.at("event"), "start");
    EXPECT_EQ(start.at("job"), i + 1);
    EXPECT_EQ(start.at("case_key"), all[i].case_key);
    EXPECT_GT(start.at("left_s"), 0.0);
    EXPECT_EQ(end.at("event"), "case");
    EXPECT_EQ(end.at("case_key"), all[i].case_key);
    EXPECT_EQ(end.at("status"), to_string(all[i].status));
    EXPECT_EQ(end.at("time_median_ns"), *all[i].time_median_ns);
  }
  EXPECT_EQ(events.back().at("event"), "end");
  EXPECT_EQ(events.back().at("exit_code"), 0);
  EXPECT_EQ(events.back().at("records"), cases_);

  const std::vector<json> again = events_in(attnscope(sweep() + " --resume").out);
  ASSERT_EQ(again.size(), 2u) << "nothing is left to run";
  EXPECT_EQ(again.front().at("recorded"), cases_);
  EXPECT_EQ(again.front().at("jobs"), 0);
}

TEST_F(Progress, APauseEndsTheCaseInProgressFirst) {
  const int program = start();
  ASSERT_TRUE(wait_for("start", 1));
  ::kill(program, SIGUSR1);
  ASSERT_TRUE(wait_for("paused", 1));
  const std::vector<json> events = events_so_far();
  EXPECT_EQ(events.back().at("event"), "paused");
  EXPECT_EQ(count(events, "start"), count(events, "case")) << "no case is left half measured";
  EXPECT_LT(count(events, "case"), static_cast<std::ptrdiff_t>(cases_)) << "paused in mid-sweep";
  ::usleep(500'000);  // several cases long
  EXPECT_EQ(events_so_far().size(), events.size()) << "nothing runs while it is paused";
  EXPECT_EQ(::waitpid(program, nullptr, WNOHANG), 0) << "and it waits";

  ::kill(program, SIGUSR2);
  EXPECT_EQ(exit_code(program), 0);
  EXPECT_EQ(count(events_so_far(), "continued"), 1);
  EXPECT_EQ(records(file("r.jsonl")).size(), cases_);
}

TEST_F(Progress, APauseThatIsTakenBackAtOnceHoldsNothingUp) {
  const int program = start();
  ASSERT_TRUE(wait_for("start", 1));
  ::kill(program, SIGUSR1);
  ::kill(program, SIGUSR2);
  EXPECT_EQ(exit_code(program), 0);
  EXPECT_EQ(records(file("r.jsonl")).size(), cases_);
}

TEST_F(Progress, APausedRunStopsAndKeepsItsCases) {
  const int program = start();
  ASSERT_TRUE(wait_for("start", 1));
  ::kill(program, SIGUSR1);
  ASSERT_TRUE(wait_for("paused", 1));
  ::kill(program, SIGTERM);
  EXPECT_EQ(exit_code(program), 143);
  const std::vector<json> events = events_so_far();
  EXPECT_EQ(events.back().at("event"), "end");
  EXPECT_EQ(events.back().at("exit_code"), 143);
  const auto kept = records(file("r.jsonl"));
  EXPECT_EQ(static_cast<std::ptrdiff_t>(kept.size()), count(events, "case"));
  EXPECT_TRUE(std::ranges::all_of(kept, [](const reports::Record& r) { return has_measurement(r.status); }));
}

TEST_F(Progress, ErrorsAreOnStandardErrorInEveryForm) {
  const Outcome unknown = attnscope("run -V flsh --progress json");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_EQ(unknown.out, "");
  EXPECT_NE(unknown.err.find("flash"), std::string::npos);
  const Outcome form = attnscope("run -V flash -a n=16 --progress xml -o " + file("x.jsonl"));
  EXPECT_EQ(form.exit_code, 2);
  EXPECT_NE(form.err.find("json"), std::string::npos);
}

// A dialog is made of these alone.
TEST_F(Progress, ListAndDescribeTellWhatARunTakes) {
  for (const json& axis : json::parse(attnscope("list axes --json").out)) {
    const std::string kind = axis.at("kind");
    EXPECT_EQ(kind == "word", !axis.at("words").empty() && kind != "flag") << axis.dump();
    EXPECT_TRUE(kind == "count" || kind == "flag" || kind == "word");
    EXPECT_TRUE(axis.at("default").is_string());
  }
  const std::string help = attnscope("run --help").out;
  const json settings = json::parse(attnscope("list settings --json").out);
  EXPECT_GE(settings.size(), 10u);
  for (const json& setting : settings) {
    EXPECT_NE(help.find("--" + setting.at("setting").get<std::string>()), std::string::npos) << setting.dump();
    EXPECT_NE(help.find(setting.at("default")), std::string::npos) << setting.dump();
  }
  json variants = json::parse(attnscope("list variants --json").out);
  // Peers are listed, but no part of `all`.
  std::erase_if(variants.get_ref<json::array_t&>(), [](const json& variant) { return variant.at("class") == "peer"; });
  const json described = json::parse(attnscope("describe all --json").out);
  ASSERT_EQ(described.size(), variants.size());
  for (std::size_t i = 0; i < described.size(); ++i) EXPECT_EQ(described[i].at("name"), variants[i].at("variant"));
}

// What `describe` says is refused is what a plan finds unsupported, and nothing else is.
TEST_F(Progress, RefusalsAreThoseOfThePlan) {
  std::set<std::string> refused;
  for (const json& variant : json::parse(attnscope("describe all --json").out)) {
    for (const json& refusal : variant.at("refusals")) {
      EXPECT_FALSE(refusal.at("reason").get<std::string>().empty());
      if (refusal.at("axis") == "mode") refused.insert(variant.at("name").get<std::string>());
    }
  }
  EXPECT_TRUE(refused.contains("linformer"));
  std::set<std::string> unsupported;
  for (const json& planned : json::parse(attnscope("list cases -V all -a mode=decode --json").out)) {
    const std::string key = planned.at("case");
    const std::string variant =
        key.substr(std::string("variant=").size(), key.find(';') - std::string("variant=").size());
    if (planned.at("status") == "unsupported") unsupported.insert(variant);
  }
  EXPECT_EQ(refused, unsupported);
}

}  // namespace
}  // namespace attnscope::end_to_end
