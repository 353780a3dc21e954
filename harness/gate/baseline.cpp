#include "harness/gate/baseline.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <string_view>

#include "harness/errors.h"
#include "reports/jsonl.h"

namespace attnscope::harness::gate {

namespace {

namespace fs = std::filesystem;

std::string_view major_version(std::string_view version) { return version.substr(0, version.find('.')); }

void require_known_schema(const reports::Run& run) {
  for (const reports::Record& record : run.records) {
    if (major_version(record.schema_version) == major_version(reports::schema_version)) continue;
    throw EnvironmentUnfit(fmt::format(
        "{}: holds records of schema {}; this attnscope compares schema {}.x; measure it again, or allow it with "
        "--allow-machine",
        run.path, record.schema_version, major_version(reports::schema_version)));
  }
}

void require_environment(const reports::Run& run) {
  for (const reports::Record& record : run.records) {
    if (std::ranges::find(run.environments, record.env_id, &reports::Environment::env_id) != run.environments.end()) {
      continue;
    }
    throw EnvironmentUnfit(fmt::format(
        "{}: does not tell the machine of {} (no environment record '{}'); expected a file written by `attnscope run`; "
        "allow it with --allow-machine",
        run.path, record.case_key, record.env_id));
  }
}

// The new file under a name of its own, on the disk.
void write_all(const fs::path& path, const reports::Run& environments, const reports::Run& more_environments,
               std::span<const reports::Record* const> records) {
  std::set<std::string_view> named, written;
  for (const reports::Record* record : records) named.insert(record->env_id);
  fs::remove(path);
  reports::JsonlWriter writer(path, reports::JsonlWriter::Open::create);
  for (const reports::Run* run : {&environments, &more_environments}) {
    for (const reports::Environment& environment : run->environments) {
      if (named.contains(environment.env_id) && written.insert(environment.env_id).second) writer.append(environment);
    }
  }
  for (const reports::Record* record : records) writer.append(*record);
}

}  // namespace

void require_comparable(const reports::Run& base, const reports::Run& other,
                        std::span<const reports::FactDifference> differences) {
  for (const reports::Run* run : {&base, &other}) {
    require_known_schema(*run);
    require_environment(*run);
  }
  const auto differs = std::ranges::find_if(differences, &reports::FactDifference::machine_class);
  if (differs == differences.end()) return;
  throw EnvironmentUnfit(
      fmt::format("{} is of another machine: {} is {} there and {} in {}; measure a baseline on this machine (gate "
                  "--update-baseline), or allow it with --allow-machine",
                  base.path, differs->name, differs->values[0], differs->values[1], other.path));
}

Renewal update_baseline(const fs::path& path, const reports::Run& base, const reports::Run& other) {
  std::vector<const reports::Record*> records;
  std::set<std::string_view> renewed;
  for (const reports::Record& record : other.records) {
    if (record.status != reports::Status::ok) continue;
    records.push_back(&record);
    renewed.insert(record.case_key);
  }
  Renewal renewal{records.size(), 0};
  for (const reports::Record& record : base.records) {
    if (renewed.contains(record.case_key)) continue;
    records.push_back(&record);
    ++renewal.kept;
  }
  const fs::path fresh = path.string() + ".update";
  write_all(fresh, other, base, records);
  std::error_code error;
  fs::rename(fresh, path, error);
  if (error) {
    fs::remove(fresh);
    throw reports::FileError(fmt::format("{}: cannot be replaced ({}); choose a place where files can be written",
                                         path.string(), error.message()));
  }
  return renewal;
}

}  // namespace attnscope::harness::gate
