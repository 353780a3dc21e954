// Gate policies: TOML files. docs/gate.md describes the format.
#pragma once

#include <filesystem>
#include <string>

#include "reports/gate.h"

namespace attnscope::harness::gate {

// Throws UsageError "FILE:LINE: …" for anything that the format does not know, and for a waiver that ended before
// `today` (YYYY-MM-DD).
reports::Policy read_policy(const std::filesystem::path& path, const std::string& today);

// The file of that name, or data/policies/NAME.toml of the first data directory that has it. Throws UsageError with the
// nearest spelling.
std::filesystem::path find_policy(const std::string& name);

}  // namespace attnscope::harness::gate
