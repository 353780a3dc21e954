// Changes the end of a sequence and looks at what that does to its beginning: the test of causality and of padding.
#pragma once

#include "harness/measure/compare.h"
#include "suite/attention/session.h"

namespace attnscope::harness::measure {

// Difference of the outputs before position `from` when the inputs from there on are replaced by others. Forward only.
Difference tail_influence(const attention::Variant& variant, const attention::Problem& problem, ops::Backend& backend,
                          attention::SessionOptions options, std::int64_t from);

}  // namespace attnscope::harness::measure
