// Running a variant of the suite and its oracle on the same arrays, and comparing what comes out.
#pragma once

#include <cstdint>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "suite/attention/problem.h"
#include "suite/attention/session.h"
#include "suite/backends/backends.h"
#include "suite/tensor/host_array.h"
#include "tests/oracle/array.h"
#include "tests/suite/variant_cases.h"

namespace attnscope::variant_testing {

tensor::HostArray to_host(const oracle::Array& array);
oracle::Array from_host(const tensor::HostArray& array);

struct Tolerance {
  double output, gradient;
};
inline constexpr Tolerance double_tolerance{1e-11, 1e-9};
inline constexpr Tolerance single_tolerance{2e-5, 2e-5};
// Besides what storing the results does.
inline constexpr Tolerance bfloat16_tolerance{2e-2, 3e-2}, float16_tolerance{3e-3, 5e-3};
// Elements of products have 11 bits, or two times 11.
inline constexpr Tolerance tf32_tolerance{5e-3, 1e-2}, split_tolerance{1e-4, 1e-4};

// "reference" (float64), "reference_f32", "cpu_1_thread", "cpu_2_threads", "cpu_bf16"; "emulated_gpu" with "_tf32",
// "_bf16" or "_fp16" or in float32.
std::unique_ptr<ops::Backend> make_backend(const std::string& name);
Tolerance tolerance_of(const ops::Backend& backend);

// The registry's variant with the options of the case.
std::unique_ptr<attention::Variant> make_variant(const VariantCase& c);

// A session of the case on these arrays (d_out and option-made masks are left out where the suite makes its own).
std::unique_ptr<attention::Session> make_session(const attention::Variant& variant, const VariantCase& c,
                                                 const oracle::Arrays& arrays, ops::Backend& backend);

// Runs the suite: the output and, in training mode, the gradient of every input and trainable parameter.
oracle::Result run(const VariantCase& c, const oracle::Arrays& arrays, ops::Backend& backend);
// Runs the suite forward only, on those of the arrays that this takes.
oracle::Array run_forward(const VariantCase& c, const oracle::Arrays& arrays, ops::Backend& backend);

// Largest |actual − expected| ≤ tolerance · max(floor, largest |expected|); NaN never is. Says where and how much.
testing::AssertionResult close(const oracle::Array& actual, const oracle::Array& expected, double tolerance,
                               double floor = 0.1);
testing::AssertionResult identical(const oracle::Array& actual, const oracle::Array& expected);
testing::AssertionResult all_zero(const oracle::Array& actual);
testing::AssertionResult all_finite(const oracle::Array& actual);

// Same gradients by name, output and gradients close.
void expect_close(const oracle::Result& actual, const oracle::Result& expected, const Tolerance& tolerance);
void expect_matches_oracle(const VariantCase& c, ops::Backend& backend);
// The same on reference in float64 and on cpu with one and with two threads and in bfloat16; on reference in float32
// and cpu in both types; on cpu in bfloat16. The oracle, often slower, is asked once. Choices that rounding may tip are
// those of the reference in float64.
void expect_matches_oracle_everywhere(const VariantCase& c);
void expect_matches_oracle_in_f32(const VariantCase& c);
void expect_matches_oracle_in_bfloat16(const VariantCase& c);
// The same on the CUDA backend, on the emulated GPU, in the types that it stores; and with products in tf32.
void expect_matches_oracle_on_emulated_gpu(const VariantCase& c);
void expect_matches_oracle_on_emulated_gpu_in_tf32(const VariantCase& c);

class OracleTest : public testing::TestWithParam<VariantCase> {};
std::string case_name(const testing::TestParamInfo<VariantCase>& info);

// Identities are tested in float64 and on the fast backend.
class IdentityTest : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<ops::Backend> backend_ = make_backend(GetParam());
  Tolerance tolerance_ = tolerance_of(*backend_);
};
inline auto both_backends() { return testing::Values("reference", "cpu_2_threads"); }
std::string backend_name(const testing::TestParamInfo<std::string>& info);

// What an argument of the case holds when nobody gives it; and that values look drawn from U(−bound, bound).
oracle::Array initial_value(const VariantCase& c, const std::string& argument);
testing::AssertionResult is_uniform_within(const oracle::Array& actual, double bound);

// The same result without states, and with the gradients that `like` has too.
oracle::Result restricted(oracle::Result result, const oracle::Arrays& like);
// The suite's `softmax` on those of the arrays that it takes, and that output and gradients of `c` equal it.
oracle::Result run_softmax(const VariantCase& c, const oracle::Arrays& arrays, ops::Backend& backend);
void expect_softmax(const VariantCase& c, const oracle::Arrays& arrays, ops::Backend& backend);

// The elements whose indices along `axis` are listed, in this order.
oracle::Array select(const oracle::Array& array, std::size_t axis, const std::vector<std::int64_t>& indices);
// Rows [first, last) of the position axis of [B,H,N,D] or [B,N,E].
oracle::Array positions(const oracle::Array& array, std::int64_t first, std::int64_t last);
// The rows of `second` behind those of `first` along the position axis.
oracle::Array joined(const oracle::Array& first, const oracle::Array& second);
// One example of the batch, one head of [B,H,N,D]; the axis stays, with extent 1.
oracle::Array example(const oracle::Array& array, std::int64_t b);
oracle::Array head(const oracle::Array& array, std::int64_t h);
// array[b, h, order[n], d] at [b, h, n, d].
oracle::Array reorder(const oracle::Array& array, const std::vector<std::int64_t>& order);
// Mean over positions, repeated at each of them.
oracle::Array mean_over_positions(const oracle::Array& array);

}  // namespace attnscope::variant_testing
