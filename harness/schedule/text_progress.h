// Progress on standard error: one line that is rewritten on a terminal, a plain line per finished case otherwise.
#pragma once

#include <string>

#include "harness/schedule/progress.h"

namespace attnscope::harness::schedule {

// "1:05", "2:03:10"
std::string format_clock(double seconds);
// "ok  softmax n=1024 forward  1.23 ms ±0.8 %"
std::string result_line(const std::string& case_name, const reports::Record& record);

class TextProgress final : public Progress {
 public:
  // quiet: nothing is printed.
  explicit TextProgress(bool quiet);
  ~TextProgress() override;
  TextProgress(const TextProgress&) = delete;
  TextProgress& operator=(const TextProgress&) = delete;

  void begin(const RunOutline& outline) override;
  void start_job(const JobPlace& job, double done_s, double left_s) override;
  void finish_case(const JobPlace& job, const reports::Record& record) override;
  void pause() override;
  void go_on() override;
  void note(std::string_view text) override;
  void clear();  // the line that is rewritten

 private:
  std::size_t jobs_ = 0;
  bool quiet_, terminal_, colour_;
  std::string bar_;
};

// True when standard error is a terminal that may show colours (NO_COLOR is not set).
bool colours_allowed();

}  // namespace attnscope::harness::schedule
