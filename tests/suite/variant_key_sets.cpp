#include "tests/suite/variant_key_sets.h"

#include <cmath>

#include "tests/suite/variant_shapes.h"

namespace attnscope::variant_testing {

oracle::Array equal_weights(VariantCase c, ops::Backend& backend, const oracle::Arrays& given, std::int64_t head) {
  const std::int64_t length = c.problem.seq_len;
  c.problem.scope = Scope::core;
  c.problem.batch = 1;
  c.problem.head_dim = length;
  oracle::Arrays arrays = make_arrays(c);
  for (const auto& [name, shape] : shapes_of(c)) {
    if (given.contains(name) || name == "random_blocks") continue;
    arrays[name] = constant(shape, 0.0);
    if (!name.starts_with("v") || !per_position(c).contains(name)) continue;
    for (std::int64_t h = 0; h < c.problem.heads; ++h)
      for (std::int64_t n = 0; n < length; ++n) arrays[name](0, h, n, n) = 1.0;
  }
  for (const auto& [name, array] : given) arrays[name] = array;
  oracle::Array weights = variant_testing::head(run_forward(c, arrays, backend), head);
  weights.shape = {length, length};
  return weights;
}

testing::AssertionResult sees_exactly(const oracle::Array& weights,
                                      const std::function<bool(std::int64_t i, std::int64_t j)>& sees) {
  const std::int64_t length = weights.extent(0);
  for (std::int64_t i = 0; i < length; ++i) {
    double count = 0.0;
    for (std::int64_t j = 0; j < length; ++j) count += sees(i, j) ? 1.0 : 0.0;
    for (std::int64_t j = 0; j < length; ++j) {
      const double right = sees(i, j) ? 1.0 / count : 0.0;
      if (!(std::abs(weights(i, j) - right) < 1e-6))
        return testing::AssertionFailure() << "query " << i << " gives key " << j << " the weight " << weights(i, j)
                                           << " instead of " << right << " (it sees " << count << " keys)";
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace attnscope::variant_testing
