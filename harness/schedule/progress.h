// What a run tells while it goes on. Two forms: text for people (text_progress.h), JSON Lines for programs
// (json_progress.h).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "reports/record.h"

namespace attnscope::harness::schedule {

// Known before the first case starts.
struct RunOutline {
  std::string run_id;
  std::filesystem::path output;
  std::size_t cases = 0;     // of the plan
  std::size_t recorded = 0;  // of them: in the file already, of the run that is resumed
  std::size_t jobs = 0;      // processes to come: one per case and round
};

// One process of one case.
struct JobPlace {
  std::size_t number;  // from 1 to RunOutline::jobs; a case that failed in an earlier round skips its later ones
  std::string case_name, case_key;
};

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void begin(const RunOutline& outline) = 0;
  // done_s and left_s: predicted seconds of the jobs behind and ahead.
  virtual void start_job(const JobPlace& job, double done_s, double left_s) = 0;
  // The record of the case is in the file.
  virtual void finish_case(const JobPlace& job, const reports::Record& record) = 0;
  virtual void pause() = 0;
  virtual void go_on() = 0;
  virtual void note(std::string_view text) = 0;
};

}  // namespace attnscope::harness::schedule
