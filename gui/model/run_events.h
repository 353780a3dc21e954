// The events of `attnscope run --progress json` (docs/run.md), read from the lines of its standard output.
#pragma once

#include <QByteArray>
#include <QString>
#include <optional>

namespace attnscope::gui::model {

struct RunEvent {
  enum class Kind { begin, start, finished_case, paused, continued, note, end, unknown };
  Kind kind = Kind::unknown;
  int protocol = 0;                       // begin
  QString output;                         // begin
  int cases = 0, recorded = 0, jobs = 0;  // begin
  int job = 0;                            // start, finished_case
  QString case_name;                      // start, finished_case
  double done_s = 0, left_s = 0;          // start
  QString status, reason;                 // finished_case
  std::optional<double> time_median_ns;   // finished_case
  QString text;                           // note; end: the remark
  int exit_code = 0;                      // end
};

// The protocol that this program knows.
inline constexpr int known_protocol = 1;

// std::nullopt when the line is no JSON object with an "event".
std::optional<RunEvent> parse_run_event(const QByteArray& line);

}  // namespace attnscope::gui::model
