#include "harness/cli/run_files.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <set>

#include "reports/jsonl.h"

namespace attnscope::harness::cli {

namespace {

bool all_different(const std::vector<std::string>& names) {
  return std::set<std::string>(names.begin(), names.end()).size() == names.size();
}

}  // namespace

reports::Run read_run(const std::string& path, const reports::Filter& filter, const Shell& shell) {
  reports::LoadedRun loaded = reports::load_jsonl(path);
  for (const reports::ReadIssue& issue : loaded.issues) {
    shell.note(fmt::format("{}:{}: {}", issue.path, issue.line, issue.message));
  }
  std::erase_if(loaded.run.records, [&](const reports::Record& record) { return !filter.matches(record); });
  if (loaded.run.records.empty()) {
    throw NothingMatched(filter.text().empty() ? fmt::format("{} holds no case", path)
                                               : fmt::format("no case of {} matches '{}'", path, filter.text()));
  }
  return std::move(loaded.run);
}

std::vector<std::string> short_names(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) names.push_back(std::filesystem::path(path).stem().string());
  if (all_different(names)) return names;
  if (all_different(paths)) return paths;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] += fmt::format(" ({})", static_cast<char>('A' + i % 26));
  return names;
}

void write_text_file(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::cout << text;
    return;
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw UsageError(fmt::format("{}: cannot be written; choose another file", path));
}

}  // namespace attnscope::harness::cli
