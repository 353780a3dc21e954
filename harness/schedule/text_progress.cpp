#include "harness/schedule/text_progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reports/markdown.h"

namespace attnscope::harness::schedule {

namespace {

using reports::Status;

constexpr const char* clear_sequence = "\r\x1b[2K";
constexpr int bar_width = 24;

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

const char* colour_of(Status status) {
  switch (status) {
    case Status::ok:
      return "\x1b[32m";
    case Status::wrong:
    case Status::crashed:
    case Status::timeout:
    case Status::oom:
      return "\x1b[31m";
    default:
      return "\x1b[33m";
  }
}

bool worth_a_line(Status status) { return status != Status::ok && status != Status::excluded; }

}  // namespace

bool colours_allowed() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

std::string format_clock(double seconds) {
  const auto total = static_cast<long>(std::lround(std::max(0.0, seconds)));
  if (total >= 3600) return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  return fmt::format("{}:{:02}", total / 60, total % 60);
}

std::string result_line(const std::string& case_name, const reports::Record& record) {
  std::string line = fmt::format("{:<13} {}", to_string(record.status), case_name);
  if (record.time_median_ns) {
    line += "  " + reports::format_quantity(*record.time_median_ns, reports::Unit::nanoseconds);
    if (record.time_ci_lo_ns && record.time_ci_hi_ns) {
      line += fmt::format(" ±{:.1f} %", 50 * (*record.time_ci_hi_ns - *record.time_ci_lo_ns) / *record.time_median_ns);
    }
  }
  if (worth_a_line(record.status) && !record.status_reason.empty()) line += "  (" + record.status_reason + ")";
  return line;
}

TextProgress::TextProgress(bool quiet)
    : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0), colour_(colours_allowed()) {}

TextProgress::~TextProgress() { clear(); }

void TextProgress::clear() {
  if (bar_.empty()) return;
  std::fputs(clear_sequence, stderr);
  std::fflush(stderr);
  bar_.clear();
}

void TextProgress::begin(const RunOutline& outline) { jobs_ = outline.jobs; }

void TextProgress::start_job(const JobPlace& job, double done_s, double left_s) {
  if (quiet_ || !terminal_) return;
  const double share = done_s + left_s > 0 ? done_s / (done_s + left_s) : 0;
  const int filled = static_cast<int>(share * bar_width);
  bar_ = fmt::format("[{}{}] {}/{}  ETA {}  {}", std::string(filled, '#'), std::string(bar_width - filled, '-'),
                     job.number, jobs_, format_clock(left_s), job.case_name);
  bar_.resize(std::min(bar_.size(), terminal_width() - 1));
  fmt::print(stderr, "{}{}", clear_sequence, bar_);
  std::fflush(stderr);
}

void TextProgress::finish_case(const JobPlace& job, const reports::Record& record) {
  if (quiet_ || (terminal_ && !worth_a_line(record.status))) return;
  clear();
  const char* colour = colour_ ? colour_of(record.status) : "";
  fmt::print(stderr, "{}[{}/{}] {}{}\n", colour, job.number, jobs_, result_line(job.case_name, record),
             colour_ ? "\x1b[0m" : "");
}

void TextProgress::pause() { note("paused; SIGUSR2 continues, SIGINT stops"); }

void TextProgress::go_on() { note("continued"); }

void TextProgress::note(std::string_view text) {
  if (quiet_) return;
  clear();
  fmt::print(stderr, "{}\n", text);
}

}  // namespace attnscope::harness::schedule
