// Which keys every query sees, read off an attention whose logits are all equal.
#pragma once

#include <functional>
#include <gtest/gtest.h>

#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {

// The weight P_ij of every key in a head: [N,N]. Queries and parameters are zero and values are the unit vectors, at
// core scope with heads as wide as the sequence is long; `given` arrays stay as they are.
oracle::Array equal_weights(VariantCase c, ops::Backend& backend, const oracle::Arrays& given = {},
                            std::int64_t head = 0);

// Every query i gives equal weights to the keys with sees(i, j), each once, and nothing to others.
testing::AssertionResult sees_exactly(const oracle::Array& weights,
                                      const std::function<bool(std::int64_t i, std::int64_t j)>& sees);

}  // namespace attnscope::variant_testing
