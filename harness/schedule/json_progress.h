// Progress as JSON Lines on standard output, for programs that start a run; docs/run.md lists the events.
#pragma once

#include <nlohmann/json.hpp>

#include "harness/schedule/progress.h"

namespace attnscope::harness::schedule {

// Grows when the meaning of an event changes; new events and new fields leave it as it is.
inline constexpr int progress_protocol = 1;

class JsonProgress final : public Progress {
 public:
  void begin(const RunOutline& outline) override;
  void start_job(const JobPlace& job, double done_s, double left_s) override;
  void finish_case(const JobPlace& job, const reports::Record& record) override;
  void pause() override;
  void go_on() override;
  void note(std::string_view text) override;
  // The last event of a run that was not cut off.
  void end(int exit_code, std::size_t records, std::string_view remark);

 private:
  static void write(const char* event, const nlohmann::ordered_json& fields);
};

}  // namespace attnscope::harness::schedule
