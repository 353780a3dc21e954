#include "harness/schedule/json_progress.h"

#include <cstdio>
#include <string>

namespace attnscope::harness::schedule {

using nlohmann::ordered_json;

// Flushed line by line: who reads it waits for it.
void JsonProgress::write(const char* event, const ordered_json& fields) {
  ordered_json line{{"event", event}};
  line.update(fields);
  const std::string text = line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void JsonProgress::begin(const RunOutline& outline) {
  write("begin", {{"protocol", progress_protocol},
                  {"run_id", outline.run_id},
                  {"output", outline.output.string()},
                  {"cases", outline.cases},
                  {"recorded", outline.recorded},
                  {"jobs", outline.jobs}});
}

void JsonProgress::start_job(const JobPlace& job, double done_s, double left_s) {
  write("start", {{"job", job.number},
                  {"case", job.case_name},
                  {"case_key", job.case_key},
                  {"done_s", done_s},
                  {"left_s", left_s}});
}

void JsonProgress::finish_case(const JobPlace& job, const reports::Record& record) {
  ordered_json fields{
      {"job", job.number}, {"case", job.case_name}, {"case_key", job.case_key}, {"status", to_string(record.status)}};
  if (!record.status_reason.empty()) fields["status_reason"] = record.status_reason;
  if (record.time_median_ns) fields["time_median_ns"] = *record.time_median_ns;
  write("case", fields);
}

void JsonProgress::pause() { write("paused", ordered_json::object()); }

void JsonProgress::go_on() { write("continued", ordered_json::object()); }

void JsonProgress::note(std::string_view text) { write("note", {{"text", text}}); }

void JsonProgress::end(int exit_code, std::size_t records, std::string_view remark) {
  write("end", {{"exit_code", exit_code}, {"records", records}, {"remark", remark}});
}

}  // namespace attnscope::harness::schedule
