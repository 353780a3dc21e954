// The environment record of a run: the machine, the build and the invocation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/record.h"

namespace attnscope::harness::device {

struct Invocation {
  std::vector<std::string> argv;
  std::uint64_t seed = 1;
  std::string run_id;
  std::vector<std::string> tags;  // "key=value" of --tag
};
reports::Environment read_environment(const Invocation& invocation);

std::string utc_now();    // "2026-11-23T23:56:42Z"
std::string make_uuid();  // random, version 4

}  // namespace attnscope::harness::device
