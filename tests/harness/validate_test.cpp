// What is compared with the oracle, and what is known already.
#include "harness/measure/validate.h"

#include <gtest/gtest.h>

#include "harness/measure/settings.h"

namespace attnscope::harness::measure {
namespace {

Subject softmax_at(std::int64_t n) {
  plan::Case c;
  c.variant = "softmax";
  c.params = "bias=false;norm=pre";
  c.problem.heads = 1;
  c.problem.head_dim = 8;
  c.problem.seq_len = n;
  return make_subject(c);
}

TEST(Validate, TakesOverWhatTheRunHasFoundAtTheSameShape) {
  Settings settings;
  settings.validations = {{"batch=1;heads=1;n=16", 0.25, 0.5, 0.75, "stored", "output"}};
  reports::Record known, other;
  EXPECT_FALSE(validate_against_oracle(softmax_at(16), settings, known));
  EXPECT_EQ(known.validated_at, "batch=1;heads=1;n=16");
  EXPECT_EQ(known.max_abs_err, 0.25) << "not computed again";
  EXPECT_EQ(known.max_rel_err, 0.5);
  EXPECT_EQ(known.err_tol, 0.75);
  EXPECT_EQ(known.err_rule, "stored");
  EXPECT_EQ(known.err_arrays, "output");
  EXPECT_FALSE(validate_against_oracle(softmax_at(32), settings, other));
  EXPECT_EQ(other.validated_at, "batch=1;heads=1;n=32");
  EXPECT_LT(*other.max_rel_err, 1e-5) << "another shape is compared";
  EXPECT_EQ(other.err_rule, "exact");
  EXPECT_EQ(other.err_arrays, "");
}

TEST(Validate, SettingsReachTheWorkerWhole) {
  Settings settings;
  settings.validations = {{"batch=1;heads=1;n=16", 1e-7, 3e-7, 2e-4, "exact", ""},
                          {"batch=1;heads=1;n=32", 0, 0, 0.5, "spread", "gradient of q, output"}};
  EXPECT_EQ(settings_from_json(to_json(settings)).validations, settings.validations);
}

}  // namespace
}  // namespace attnscope::harness::measure
