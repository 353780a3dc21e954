// The baseline of a gate: whether it may be compared with, and how it is renewed.
#pragma once

#include <filesystem>
#include <span>

#include "reports/environment_facts.h"
#include "reports/record.h"

namespace attnscope::harness::gate {

// Throws EnvironmentUnfit when the two come from machines of different classes, when either does not tell its machine,
// or when a file holds records of a newer schema.
void require_comparable(const reports::Run& base, const reports::Run& other,
                        std::span<const reports::FactDifference> differences);

struct Renewal {
  std::size_t written = 0;  // cases of the new run that are ok
  std::size_t kept = 0;     // cases of the baseline for which the new run has no ok one
};
// Replaces the file: every ok case of `other`, and the base's record where there is none. The old file stays whole
// until the new one is complete on the disk. Throws reports::FileError.
Renewal update_baseline(const std::filesystem::path& path, const reports::Run& base, const reports::Run& other);

}  // namespace attnscope::harness::gate
