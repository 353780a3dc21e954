// Suspects of a gate, measured again.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "harness/live/turns.h"
#include "reports/gate.h"

namespace attnscope::harness::gate {

struct ConfirmationOptions {
  std::string new_program;
  std::string base_program;  // "": only the new one runs, against the values of the baseline
  live::Options live;        // rounds: fresh measurements of each suspect
};

// Measures each suspect `rounds` times, the two programs in turns, and lets the ratios decide. A suspect that cannot be
// measured here stays a regression. `say` gets a line per suspect.
void confirm_suspects(std::span<reports::Finding> findings, const ConfirmationOptions& options,
                      const std::function<void(const std::string&)>& say);

}  // namespace attnscope::harness::gate
