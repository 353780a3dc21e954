// What tests of ops look at in a session's results.
#pragma once

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "suite/attention/session.h"

namespace attnscope::op_testing {

// Largest magnitude.
inline double largest(const tensor::HostArray& x) {
  double most = 0;
  for (const double value : x.values) most = std::max(most, std::abs(value));
  return most;
}

// Largest difference, or NaN when there is one.
inline double difference(const tensor::HostArray& x, const tensor::HostArray& y) {
  EXPECT_EQ(x.shape, y.shape);
  double most = 0;
  for (std::size_t i = 0; i < std::min(x.values.size(), y.values.size()); ++i) {
    const double error = std::abs(x.values[i] - y.values[i]);
    if (!(error <= most)) most = error;
  }
  return most;
}

// The op's operands, whose gradients are checked: see OpCase.
inline std::vector<std::string> inputs_of(const attention::Session& session) {
  std::vector<std::string> names;
  for (const ops::ArgumentSpec& spec : session.arguments()) {
    if (spec.role == ops::Role::input && spec.name.size() == 1 && spec.name < "q") names.push_back(spec.name);
  }
  return names;
}

}  // namespace attnscope::op_testing
