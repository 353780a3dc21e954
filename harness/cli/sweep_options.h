// The options that choose cases: shared by `run`, `predict` and `list cases`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/plan/plan.h"

namespace attnscope::harness::cli {

struct SweepOptions {
  std::vector<std::string> variants, axes, parameters;
  std::string device, where, preset, input, shard = "1/1";
};
void add_sweep_options(CLI::App& sub, SweepOptions& options);

struct SweepChoice {
  plan::Request request;
  std::map<std::string, std::string> settings;  // of the preset
};
// What is given on the command line replaces the preset's: -V its variants, -a the axis, --where and --input.
SweepChoice choose_sweep(const SweepOptions& options);

}  // namespace attnscope::harness::cli
