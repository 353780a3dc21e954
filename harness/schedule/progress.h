// Progress on standard error: one line that is rewritten on a terminal, a plain line per finished case otherwise.
#pragma once

#include <chrono>
#include <string>

#include "reports/record.h"

namespace attnscope::harness::schedule {

// "1:05", "2:03:10"
std::string format_clock(double seconds);
// "ok  softmax n=1024 forward  1.23 ms ±0.8 %"
std::string result_line(const std::string& case_name, const reports::Record& record);

class Progress {
 public:
  // quiet: nothing is printed.
  Progress(std::size_t cases, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // done_s and left_s: predicted seconds of the cases behind and ahead.
  void start_case(std::size_t number, const std::string& case_name, double done_s, double left_s);
  void finish_case(std::size_t number, const std::string& case_name, const reports::Record& record);

 private:
  void clear_line();
  std::size_t cases_;
  bool quiet_, terminal_, colour_;
  std::string bar_;
};

// True when standard error is a terminal that may show colours (NO_COLOR is not set).
bool colours_allowed();

}  // namespace attnscope::harness::schedule
