// What is measured: a case with its variant, its backend and its predicted cost.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "harness/measure/settings.h"
#include "harness/plan/case.h"
#include "suite/attention/session.h"

namespace attnscope::harness::measure {

struct Subject {
  plan::Case c;
  std::unique_ptr<attention::Variant> variant;
  std::unique_ptr<ops::Backend> backend;
  attention::Prediction prediction;
};
// Computes the prediction; allocates nothing of the case's size.
Subject make_subject(const plan::Case& c);

// Most bytes held at once while the case is set up, validated and measured: the pool, and the float64 arrays through
// which inputs enter and results leave.
std::int64_t needed_bytes(const Subject& subject);

// A session at `problem` on `backend` with the case's inputs, and with these decisions instead of its own.
attention::Session open_session(const Subject& subject, const attention::Problem& problem, ops::Backend& backend,
                                const Settings& settings, std::map<std::string, tensor::HostArray> decisions = {});

}  // namespace attnscope::harness::measure
