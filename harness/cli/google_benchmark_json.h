// A run in the JSON shape of Google Benchmark, so that its compare.py and other tools of that world read it.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "reports/record.h"

namespace attnscope::harness::cli {

// Records without a time become entries with error_occurred and their status as error_message.
nlohmann::json to_google_benchmark(const reports::Environment* environment, std::span<const reports::Record> records);

}  // namespace attnscope::harness::cli
