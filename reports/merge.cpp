#include "reports/merge.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>

#include "reports/environment_class.h"
#include "reports/jsonl.h"

namespace attnscope::reports {

namespace {

// How final a record is: a higher one replaces a lower one of the same case.
int finality(Status status) {
  if (status == Status::excluded) return 0;
  return status == Status::interrupted ? 1 : 2;
}

bool same_result(const Record& one, const Record& other) {
  const auto result = [](const Record& record) {
    nlohmann::json object = to_json(record);
    for (const char* bookkeeping : {"schema_version", "run_id", "env_id", "started_at", "order_index", "repro"})
      object.erase(bookkeeping);
    return object;
  };
  return result(one) == result(other);
}

std::string major_version(const Record& record) {
  return record.schema_version.substr(0, record.schema_version.find('.'));
}

class Merger {
 public:
  explicit Merger(const MergeOptions& options) : options_(options) {}

  void add(const Run& run) {
    for (const Environment& environment : run.environments) {
      if (environments_.insert(environment.env_id).second) merged_.run.environments.push_back(environment);
    }
    for (const Reference& reference : run.references) {
      if (references_.insert(to_json_line(reference)).second) merged_.run.references.push_back(reference);
    }
    for (const Record& record : run.records) add(record, run.path);
  }

  Merged finish() && {
    if (!conflicts_.empty()) throw MergeConflict(conflict_text());
    if (!options_.allow_mixed) refuse_mixed();
    return std::move(merged_);
  }

 private:
  void add(const Record& record, const std::string& path) {
    const auto known = record.case_key.empty() ? positions_.end() : positions_.find(record.case_key);
    if (known == positions_.end()) {
      if (!record.case_key.empty()) positions_[record.case_key] = merged_.run.records.size();
      merged_.run.records.push_back(record);
      paths_.push_back(path);
      return;
    }
    ++merged_.repeated;
    const std::size_t position = known->second;
    if (!replaces(record, path, position)) return;
    merged_.run.records[position] = record;
    paths_[position] = path;
  }

  bool replaces(const Record& record, const std::string& path, std::size_t position) {
    using Prefer = MergeOptions::Prefer;
    const Record& present = merged_.run.records[position];
    const int before = finality(present.status), now = finality(record.status);
    if (before != now) return now > before;
    if (now < finality(Status::ok) || same_result(present, record)) return false;
    if (options_.prefer == Prefer::none) conflicts_.push_back({record.case_key, paths_[position], path});
    return options_.prefer == Prefer::newest && record.started_at >= present.started_at;
  }

  std::string conflict_text() const {
    constexpr std::size_t shown = 5;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, conflicts_.size()); ++i) {
      const auto& [key, one, other] = conflicts_[i];
      text += fmt::format("{}: {} and {} have different results of it\n", key, one, other);
    }
    if (conflicts_.size() > shown) text += fmt::format("… and {} more cases\n", conflicts_.size() - shown);
    return text + "one result per case is expected; --prefer newest or --prefer first chooses, or merge fewer files";
  }

  // Only environments in which a kept record was measured matter.
  void refuse_mixed() const {
    const Environment* first = nullptr;
    std::string first_path;
    std::set<std::string> seen;
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      const Record& record = merged_.run.records[i];
      if (major_version(record) != major_version(merged_.run.records.front())) {
        throw MixedRuns(fmt::format("{} is of schema {}, {} of schema {}; --allow-mixed merges them all the same",
                                    paths_.front(), merged_.run.records.front().schema_version, paths_[i],
                                    record.schema_version));
      }
      if (!seen.insert(record.env_id).second) continue;
      const auto found = std::ranges::find(merged_.run.environments, record.env_id, &Environment::env_id);
      if (found == merged_.run.environments.end()) continue;
      if (first == nullptr) {
        first = &*found;
        first_path = paths_[i];
      } else {
        refuse_differences(class_differences(*first, *found), first_path, paths_[i]);
      }
    }
  }

  static void refuse_differences(const std::vector<EnvironmentDifference>& differences, const std::string& one,
                                 const std::string& other) {
    if (differences.empty()) return;
    std::vector<std::string> parts;
    parts.reserve(differences.size());
    for (const auto& d : differences) parts.push_back(fmt::format("{}: {} and {}", d.field, d.one, d.other));
    throw MixedRuns(
        fmt::format("{} and {} were measured in different environments ({}); --allow-mixed merges them all "
                    "the same",
                    one, other, fmt::join(parts, "; ")));
  }

  struct Conflict {
    std::string key, one, other;
  };

  const MergeOptions options_;
  Merged merged_;
  std::vector<std::string> paths_;  // of the records
  std::map<std::string, std::size_t> positions_;
  std::set<std::string> environments_, references_;
  std::vector<Conflict> conflicts_;
};

}  // namespace

Merged merge(std::span<const Run> runs, const MergeOptions& options) {
  Merger merger(options);
  for (const Run& run : runs) merger.add(run);
  return std::move(merger).finish();
}

}  // namespace attnscope::reports
