// What parent and child say to each other. The parent writes one JSON request to the child's standard input; the child
// answers with JSON lines on file descriptor 3, so that nothing a library prints can be mistaken for an answer.
//
//   {"stage": "validate"}                                  what it is about to do
//   {"stage": "kernels", "measured": "ok", "reason": "", "record": {…}}   the same of a case whose time is known: the
//                                                          result, should the process end before the last message
//   {"end": "ok", "reason": "", "record": {…}}             the result of a case, last
//   {"prediction": 3, "multiply_adds": 67108864}           of a prediction request, one per case that could be
//   predicted
//   {"environment": {…}}                                   of an environment request: machine and build of the child
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "harness/device/environment.h"
#include "harness/measure/settings.h"
#include "harness/measure/verdict.h"
#include "harness/plan/case.h"

namespace attnscope::harness::worker {

inline constexpr int message_descriptor = 3;
inline constexpr const char* subcommand = "worker";  // hidden; the child is this program

std::string measure_request(const plan::Case& c, const measure::Settings& settings);
// Asks for the ceilings of a device; the answer is {"ceilings": …}.
std::string calibrate_request(const std::string& device, const std::string& dtype, int threads);
std::string predict_request(std::span<const plan::Case> cases);
std::string environment_request(const device::Invocation& invocation);
device::Invocation invocation_from_json(const nlohmann::json& object);

// Tells the stage and what is known of the case before it.
void send_measured(const std::string& stage, const measure::Verdict& verdict, const reports::Record& record);

// Writes one line. Throws std::runtime_error when the parent is gone.
void send(const nlohmann::json& message);

}  // namespace attnscope::harness::worker
