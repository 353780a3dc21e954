#include "harness/gate/confirmation.h"

#include <exception>
#include <fmt/format.h>
#include <optional>

#include "harness/plan/reproduction.h"

namespace attnscope::harness::gate {

namespace {

live::Rounds measure(const reports::Record& record, const ConfirmationOptions& options) {
  std::vector<std::string> programs{options.new_program};
  if (!options.base_program.empty()) programs.push_back(options.base_program);
  live::Options live = options.live;
  if (record.seed) live.settings.seed = static_cast<std::uint64_t>(*record.seed);
  return live::measure_in_turns(programs, {plan::recorded_case(record), std::nullopt, {}}, live);
}

// New over base, round by round. Throws std::runtime_error when a round holds no value.
std::vector<double> fresh_ratios(const live::Rounds& records, const reports::Finding& suspect, std::size_t rounds) {
  const auto value = [&](const reports::Record& record) {
    const auto found = reports::number(record, *suspect.metric);
    if (found && *found != 0) return *found;
    throw std::runtime_error(fmt::format("{}{}{}", to_string(record.status), record.status_reason.empty() ? "" : ": ",
                                         record.status_reason));
  };
  std::vector<double> ratios;
  for (std::size_t round = 0; round < records.front().size(); ++round) {
    const double fresh = value(records[0][round]);
    ratios.push_back(fresh / (records.size() > 1 ? value(records[1].at(round)) : value(*suspect.comparison.base)));
  }
  if (ratios.size() != rounds) throw std::runtime_error("stopped");
  return ratios;
}

void confirm_suspect(reports::Finding& suspect, const ConfirmationOptions& options) {
  try {
    const live::Rounds records = measure(*suspect.comparison.other, options);
    reports::confirm(suspect, fresh_ratios(records, suspect, options.live.looks.back()));
  } catch (const std::exception& error) {
    suspect.reason +=
        fmt::format("{}could not be measured again: {}", suspect.reason.empty() ? "" : "; ", error.what());
  }
}

}  // namespace

void confirm_suspects(std::span<reports::Finding> findings, const ConfirmationOptions& options,
                      const std::function<void(const std::string&)>& say) {
  for (reports::Finding& finding : findings) {
    if (!finding.is_suspect()) continue;
    say(fmt::format("suspect, measured again: {}", finding.comparison.case_key));
    confirm_suspect(finding, options);
    say("  " + finding.reason);
  }
}

}  // namespace attnscope::harness::gate
