#include "harness/schedule/run_case.h"

#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <optional>

#include "harness/worker/child_process.h"
#include "harness/worker/observation.h"
#include "harness/worker/protocol.h"
#include "reports/jsonl.h"
#include "reports/markdown.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::schedule {

namespace {

using reports::Record;
using reports::Status;
using worker::ChildEnd;

// What the child needs beside the case's own memory: the program, its libraries, the oracle, the cache thrasher.
constexpr std::int64_t resident_allowance = std::int64_t{1} << 30;

// Beside its resident memory a process may reserve some that it never touches: stacks of threads, arenas.
std::int64_t data_limit(std::int64_t resident_limit) {
#if defined(__SANITIZE_ADDRESS__)
  return 0;  // the sanitizer reserves terabytes
#else
  return resident_limit > std::numeric_limits<std::int64_t>::max() - resident_allowance
             ? 0
             : resident_limit + resident_allowance;
#endif
}

struct Answer {
  std::string stage = "start";
  std::optional<Record> record;
  bool is_last = false;  // nothing was to follow
};

Answer answer_of(const nlohmann::json& message, Answer so_far) {
  if (message.contains("stage")) so_far.stage = message["stage"];
  for (const char* status : {"measured", "end"}) {
    if (!message.contains(status)) continue;
    so_far.record = reports::record_from_json(message.at("record"));
    so_far.record->status = reports::status_from_string(message[status].get<std::string>()).value_or(Status::crashed);
    so_far.record->status_reason = message.at("reason");
    so_far.is_last = message.contains("end");
    if (so_far.is_last) so_far.stage = "shut-down";
  }
  return so_far;
}

std::string with_last_words(std::string text, const ChildEnd& end) {
  return end.last_words.empty() ? text : text + ": " + end.last_words;
}

std::pair<Status, std::string> classify(const ChildEnd& end, const std::string& stage, double timeout_s,
                                        std::int64_t resident_limit) {
  switch (end.kind) {
    case ChildEnd::Kind::timed_out:
      return {Status::timeout, fmt::format("no result within {:g} s (--timeout), killed during {}", timeout_s, stage)};
    case ChildEnd::Kind::interrupted:
      return {Status::interrupted, fmt::format("stopped by signal {} during {}", worker::stop_requested(), stage)};
    case ChildEnd::Kind::too_large:
      return {Status::oom,
              fmt::format("the process grew beyond {} during {} (--mem-limit), killed",
                          reports::format_quantity(static_cast<double>(resident_limit), reports::Unit::bytes), stage)};
    case ChildEnd::Kind::signalled:
      if (end.code == SIGKILL && end.oom_killer) {
        return {Status::oom,
                fmt::format("the kernel killed the process during {}: no memory was left below {} (--mem-limit)", stage,
                            reports::format_quantity(static_cast<double>(resident_limit), reports::Unit::bytes))};
      }
      return {Status::crashed,
              with_last_words(fmt::format("signal {} ({}) during {}", end.code, strsignal(end.code), stage), end)};
    case ChildEnd::Kind::exited:
      break;
  }
  return {Status::crashed,
          with_last_words(fmt::format("ended with exit status {} during {} without a result", end.code, stage), end)};
}

}  // namespace

Record run_case(const plan::PlannedCase& planned, const measure::Settings& settings, double timeout_s,
                const std::string& program) {
  Record record = plan::planned_record(planned.c);
  record.family = attention::make_variant(planned.c.variant)->info().family;
  if (planned.status) {
    record.status = *planned.status;
    record.status_reason = planned.reason;
    return record;
  }

  const std::int64_t resident_limit = settings.memory_limit_bytes + resident_allowance;
  Answer answer;
  const ChildEnd end = worker::run_child(
      worker::measure_request(planned.c, settings), {timeout_s, resident_limit, data_limit(resident_limit)},
      [&](const nlohmann::json& message) { answer = answer_of(message, std::move(answer)); }, program);
  if (end.kind == ChildEnd::Kind::exited && end.code == 0 && answer.is_last) return *answer.record;
  const auto [status, reason] = classify(end, answer.stage, timeout_s, resident_limit);
  // A case that was stopped is run again by --resume, and then observed to the end.
  if (!answer.record || end.kind == ChildEnd::Kind::interrupted) {
    record.status = status;
    record.status_reason = reason;
    return record;
  }
  const measure::Verdict verdict = worker::not_observed({answer.record->status, answer.record->status_reason}, reason);
  answer.record->status_reason = verdict.reason;
  worker::fill_unobserved(reason, settings.profile, *answer.record);
  return *answer.record;
}

}  // namespace attnscope::harness::schedule
