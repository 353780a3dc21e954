#include "tests/suite/variant_testing.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <set>
#include <stdexcept>

#include "suite/attention/registry.h"
#include "suite/backends/cuda/cuda.h"
#include "suite/backends/meta/meta_backend.h"
#include "tests/suite/variant_shapes.h"

namespace attnscope::variant_testing {
namespace {

std::string index_text(const oracle::Array& array, std::size_t flat) {
  std::string text;
  for (std::size_t axis = array.shape.size(); axis-- > 0;) {
    const auto extent = static_cast<std::size_t>(array.shape[axis]);
    text = std::to_string(flat % extent) + (text.empty() ? "" : ", ") + text;
    flat /= extent;
  }
  return "[" + text + "]";
}

testing::AssertionResult same_shape(const oracle::Array& actual, const oracle::Array& expected) {
  if (actual.shape == expected.shape) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "shape " << testing::PrintToString(actual.shape) << " instead of "
                                     << testing::PrintToString(expected.shape);
}

double largest(const oracle::Array& array) {
  double most = 0.0;
  for (const double value : array.values) most = std::max(most, std::abs(value));
  return most;
}

std::set<std::string> names(const oracle::Arrays& arrays) {
  std::set<std::string> all;
  for (const auto& [name, array] : arrays) all.insert(name);
  return all;
}

std::size_t position_axis(const oracle::Array& array) { return array.shape.size() == 4 ? 2 : 1; }

}  // namespace

tensor::HostArray to_host(const oracle::Array& array) { return {tensor::Shape(array.shape), array.values}; }

oracle::Array from_host(const tensor::HostArray& array) { return {array.shape.extents(), array.values}; }

std::unique_ptr<ops::Backend> make_backend(const std::string& name) {
  if (name == "reference") return backends::make_reference(tensor::DType::f64);
  if (name == "reference_f32") return backends::make_reference(tensor::DType::f32);
  if (name == "cpu_1_thread") return backends::make_cpu(1);
  if (name == "cpu_2_threads") return backends::make_cpu(2);
  if (name == "cpu_bf16") return backends::make_cpu(2, tensor::DType::bf16);
  using backends::emulated_gpu::make_cuda;
  if (name == "emulated_gpu") return make_cuda({});
  if (name == "emulated_gpu_tf32") return make_cuda({.products = backends::Float32Products::tf32});
  if (name == "emulated_gpu_bf16") return make_cuda({.dtype = tensor::DType::bf16});
  if (name == "emulated_gpu_fp16") return make_cuda({.dtype = tensor::DType::fp16});
  throw std::invalid_argument("no backend named " + name);
}

Tolerance tolerance_of(const ops::Backend& backend) {
  return backend.dtype() == tensor::DType::f64 ? double_tolerance : single_tolerance;
}

std::unique_ptr<attention::Variant> make_variant(const VariantCase& c) {
  auto variant = attention::make_variant(c.variant);
  for (const auto& [option, value] : c.options) variant->options().set(option, value);
  return variant;
}

std::unique_ptr<attention::Session> make_session(const attention::Variant& variant, const VariantCase& c,
                                                 const oracle::Arrays& arrays, ops::Backend& backend) {
  attention::SessionOptions options;
  options.seed = c.seed;
  for (const auto& [name, array] : arrays) {
    if (name == "d_out" && c.problem.mode == Mode::forward) continue;
    if (name == "global_positions" && c.global_positions.empty()) continue;
    options.given[name] = to_host(array);
  }
  return std::make_unique<attention::Session>(variant, c.problem, backend, std::move(options));
}

namespace {

bool decides(const VariantCase& c, ops::Backend& backend) {
  backends::MetaBackend meta(backend);
  const auto variant = make_variant(c);
  attention::Session plan(*variant, c.problem, meta);
  plan.run();
  return !plan.decisions().empty();
}

// The arrays, and the choices that the reference makes of them.
oracle::Arrays with_decisions(const VariantCase& c, oracle::Arrays arrays) {
  const auto variant = make_variant(c);
  const auto reference = make_backend("reference");
  const auto session = make_session(*variant, c, arrays, *reference);
  session->run();
  for (const std::string& name : session->decisions()) arrays[name] = from_host(session->result(name));
  return arrays;
}

}  // namespace

oracle::Result run(const VariantCase& c, const oracle::Arrays& arrays, ops::Backend& backend) {
  const auto variant = make_variant(c);
  const auto session = make_session(*variant, c, arrays, backend);
  session->run();
  oracle::Result result{from_host(session->output()), {}, {}, session->auxiliary_objective()};
  for (const std::string& name : session->results()) result.states[name] = from_host(session->result(name));
  if (c.problem.mode == Mode::training)
    for (const ops::ArgumentSpec& spec : session->arguments())
      if (spec.name != "d_out" && (spec.role == ops::Role::input || spec.role == ops::Role::parameter))
        result.gradients[spec.name] = from_host(session->gradient(spec.name));
  return result;
}

oracle::Array run_forward(const VariantCase& c, const oracle::Arrays& arrays, ops::Backend& backend) {
  VariantCase forward = c, training = c;
  forward.problem.mode = Mode::forward;
  training.problem.mode = Mode::training;
  oracle::Arrays taken = arrays;
  const Shapes in_forward = shapes_of(forward);
  for (const auto& [name, shape] : shapes_of(training))
    if (!in_forward.contains(name)) taken.erase(name);
  return run(forward, taken, backend).output;
}

testing::AssertionResult close(const oracle::Array& actual, const oracle::Array& expected, double tolerance,
                               double floor) {
  if (auto same = same_shape(actual, expected); !same) return same;
  const double scale = std::max(floor, largest(expected));
  double worst = 0.0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < expected.values.size(); ++i) {
    const double error = std::abs(actual.values[i] - expected.values[i]);
    if (error <= worst) continue;
    worst = error, where = i;
    if (std::isnan(error)) break;
  }
  if (worst <= tolerance * scale) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "largest error " << worst << " = " << worst / scale << " of scale " << scale
                                     << ", allowed " << tolerance << "; at " << index_text(expected, where) << " "
                                     << actual.values[where] << " instead of " << expected.values[where];
}

testing::AssertionResult identical(const oracle::Array& actual, const oracle::Array& expected) {
  if (auto same = same_shape(actual, expected); !same) return same;
  for (std::size_t i = 0; i < expected.values.size(); ++i)
    if (!(actual.values[i] == expected.values[i]))
      return testing::AssertionFailure() << "at " << index_text(expected, i) << " " << actual.values[i]
                                         << " instead of " << expected.values[i] << " (difference "
                                         << actual.values[i] - expected.values[i] << ")";
  return testing::AssertionSuccess();
}

testing::AssertionResult all_zero(const oracle::Array& actual) {
  return identical(actual, oracle::Array(actual.shape));
}

testing::AssertionResult all_finite(const oracle::Array& actual) {
  for (std::size_t i = 0; i < actual.values.size(); ++i)
    if (!std::isfinite(actual.values[i]))
      return testing::AssertionFailure() << actual.values[i] << " at " << index_text(actual, i);
  return testing::AssertionSuccess();
}

namespace {

// Gradients that vanish by cancellation (that of a bias of the keys) leave rounding of the others.
double gradient_floor(const oracle::Result& expected, double share, double floor) {
  for (const auto& [name, gradient] : expected.gradients) floor = std::max(floor, share * largest(gradient));
  return floor;
}

}  // namespace

void expect_close(const oracle::Result& actual, const oracle::Result& expected, const Tolerance& tolerance) {
  EXPECT_TRUE(close(actual.output, expected.output, tolerance.output)) << "output";
  for (const auto& [name, state] : expected.states) {
    ASSERT_TRUE(actual.states.contains(name)) << "no result " << name;
    const bool is_scalar = state.values.size() == 1;  // of shape [] here and [1] there
    const oracle::Array same_rank = is_scalar ? oracle::Array(actual.states.at(name).shape, state.values) : state;
    EXPECT_TRUE(close(actual.states.at(name), same_rank, tolerance.output)) << name;
  }
  EXPECT_EQ(names(actual.gradients), names(expected.gradients));
  const double floor = gradient_floor(expected, 0.1, 0.1);
  for (const auto& [name, gradient] : expected.gradients) {
    if (!actual.gradients.contains(name)) continue;
    EXPECT_TRUE(close(actual.gradients.at(name), gradient, tolerance.gradient, floor)) << "gradient of " << name;
  }
}

void expect_matches_oracle(const VariantCase& c, ops::Backend& backend) {
  const oracle::Arrays arrays = make_arrays(c);
  expect_close(run(c, arrays, backend), expected(c, arrays), tolerance_of(backend));
}

namespace {

// Numbers that bfloat16 has too, so that all backends and the oracle compute with the same. The oracles have sinusoids
// of their own.
oracle::Arrays rounded(oracle::Arrays arrays) {
  for (auto& [name, array] : arrays)
    for (double& value : array.values)
      if (name != "sinusoids") value = tensor::BFloat16(static_cast<float>(value));
  return arrays;
}

double distance(const oracle::Array& a, const oracle::Array& b) {
  double most = 0;
  for (std::size_t i = 0; i < b.values.size(); ++i) most = std::max(most, std::abs(a.values[i] - b.values[i]));
  return most;
}

// Types of 16 bits round every result, so they are held to what that does to the exact kernels too.
void expect_close_as_rounded(const VariantCase& c, const oracle::Arrays& arrays, const oracle::Result& actual,
                             const oracle::Result& expected, const ops::Backend& like, const Tolerance& tolerance) {
  double output = 0;
  std::map<std::string, double> gradients;
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    const auto how = seed == 0 ? backends::StoredRounding::to_nearest : backends::StoredRounding::by_chance;
    const oracle::Result stored = run(c, arrays, *backends::make_reference_storing_as(like, how, seed));
    output = std::max(output, distance(stored.output, expected.output));
    for (const auto& [name, gradient] : expected.gradients) {
      gradients[name] = std::max(gradients[name], distance(stored.gradients.at(name), gradient));
    }
  }
  const auto allowed = [](double tolerance, double change, double scale) { return tolerance + 2 * change / scale; };
  const double output_scale = std::max(1.0, largest(expected.output));
  EXPECT_TRUE(close(actual.output, expected.output, allowed(tolerance.output, output, output_scale), 1)) << "output";
  EXPECT_EQ(names(actual.gradients), names(expected.gradients));
  const double floor = gradient_floor(expected, 0.5, 1);
  for (const auto& [name, gradient] : expected.gradients) {
    const double scale = std::max(floor, largest(gradient));
    EXPECT_TRUE(close(actual.gradients.at(name), gradient, allowed(tolerance.gradient, gradients[name], scale), floor))
        << "gradient of " << name;
  }
}

void expect_matches_oracle_on(const VariantCase& c, std::initializer_list<const char*> backends) {
  const oracle::Arrays arrays = rounded(make_arrays(c));
  const oracle::Result right = expected(c, arrays);
  for (const std::string name : backends) {
    SCOPED_TRACE(name);
    const auto backend = make_backend(name);
    const bool may_differ = backend->dtype() != tensor::DType::f64 && decides(c, *backend);
    const oracle::Arrays given = may_differ ? with_decisions(c, arrays) : arrays;
    const oracle::Result actual = run(c, given, *backend);
    if (tensor::is_half(backend->dtype())) {
      const bool is_bfloat16 = backend->dtype() == tensor::DType::bf16;
      expect_close_as_rounded(c, given, actual, right, *backend, is_bfloat16 ? bfloat16_tolerance : float16_tolerance);
    } else if (name.starts_with("emulated_gpu")) {
      expect_close(actual, right, name == "emulated_gpu_tf32" ? tf32_tolerance : split_tolerance);
    } else {
      expect_close(actual, right, tolerance_of(*backend));
    }
  }
}

}  // namespace

void expect_matches_oracle_everywhere(const VariantCase& c) {
  expect_matches_oracle_on(c, {"reference", "cpu_1_thread", "cpu_2_threads", "cpu_bf16"});
}

void expect_matches_oracle_in_f32(const VariantCase& c) {
  expect_matches_oracle_on(c, {"reference_f32", "cpu_2_threads", "cpu_bf16"});
}

void expect_matches_oracle_in_bfloat16(const VariantCase& c) { expect_matches_oracle_on(c, {"cpu_bf16"}); }

void expect_matches_oracle_on_emulated_gpu(const VariantCase& c) {
  expect_matches_oracle_on(c, {"emulated_gpu", "emulated_gpu_bf16", "emulated_gpu_fp16"});
}

void expect_matches_oracle_on_emulated_gpu_in_tf32(const VariantCase& c) {
  expect_matches_oracle_on(c, {"emulated_gpu_tf32"});
}

std::string case_name(const testing::TestParamInfo<VariantCase>& info) { return name_of(info.param); }
std::string backend_name(const testing::TestParamInfo<std::string>& info) { return info.param; }

oracle::Array initial_value(const VariantCase& c, const std::string& argument) {
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  return from_host(make_session(*variant, c, {}, *backend)->argument(argument));
}

testing::AssertionResult is_uniform_within(const oracle::Array& actual, double bound) {
  double square = 0.0;
  for (const double value : actual.values) square += value * value / static_cast<double>(actual.values.size());
  const double most = largest(actual), deviation = std::sqrt(3.0 * square);
  if (most <= bound && most > 0.95 * bound && std::abs(deviation - bound) < 0.1 * bound)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "largest value " << most << ", √3 standard deviations " << deviation
                                     << ", expected both to be about " << bound;
}

oracle::Result restricted(oracle::Result result, const oracle::Arrays& like) {
  result.states.clear();
  std::erase_if(result.gradients, [&](const auto& named) { return !like.contains(named.first); });
  return result;
}

oracle::Result run_softmax(const VariantCase& c, const oracle::Arrays& arrays, ops::Backend& backend) {
  VariantCase softmax = c;
  softmax.variant = "softmax";
  softmax.options.clear();
  if (c.problem.scope != Scope::core) softmax.options["bias"] = arrays.contains("b_q") ? "true" : "false";
  oracle::Arrays taken;
  for (const auto& [name, shape] : shapes_of(softmax)) taken[name] = arrays.at(name);
  if (arrays.contains("key_mask")) taken["key_mask"] = arrays.at("key_mask");
  return run(softmax, taken, backend);
}

void expect_softmax(const VariantCase& c, const oracle::Arrays& arrays, ops::Backend& backend) {
  const oracle::Result softmax = run_softmax(c, arrays, backend);
  SCOPED_TRACE(name_of(c));
  expect_close(restricted(run(c, arrays, backend), softmax.gradients), softmax, tolerance_of(backend));
}

oracle::Array select(const oracle::Array& array, std::size_t axis, const std::vector<std::int64_t>& indices) {
  std::vector<std::int64_t> shape = array.shape;
  shape[axis] = static_cast<std::int64_t>(indices.size());
  oracle::Array selected(shape);
  std::int64_t outer = 1, inner = 1;
  for (std::size_t a = 0; a < axis; ++a) outer *= shape[a];
  for (std::size_t a = axis + 1; a < shape.size(); ++a) inner *= shape[a];
  auto out = selected.values.begin();
  for (std::int64_t o = 0; o < outer; ++o)
    for (const std::int64_t index : indices)
      out = std::copy_n(array.values.begin() + (o * array.shape[axis] + index) * inner, inner, out);
  return selected;
}

oracle::Array positions(const oracle::Array& array, std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> indices;
  for (std::int64_t n = first; n < last; ++n) indices.push_back(n);
  return select(array, position_axis(array), indices);
}

oracle::Array joined(const oracle::Array& first, const oracle::Array& second) {
  const std::size_t axis = position_axis(first);
  std::vector<std::int64_t> shape = first.shape;
  shape[axis] += second.shape[axis];
  oracle::Array both(shape);
  const std::int64_t width = first.shape.back(), rows = first.shape[axis] * width, more = second.shape[axis] * width;
  auto to = both.values.begin();
  for (auto a = first.values.begin(), b = second.values.begin(); to != both.values.end(); a += rows, b += more)
    to = std::copy_n(b, more, std::copy_n(a, rows, to));
  return both;
}

oracle::Array example(const oracle::Array& array, std::int64_t b) { return select(array, 0, {b}); }

oracle::Array head(const oracle::Array& array, std::int64_t h) { return select(array, 1, {h}); }

oracle::Array reorder(const oracle::Array& array, const std::vector<std::int64_t>& order) {
  return select(array, position_axis(array), order);
}

oracle::Array mean_over_positions(const oracle::Array& array) {
  oracle::Array mean(array.shape);
  const std::int64_t length = array.extent(2);
  for (std::int64_t b = 0; b < array.extent(0); ++b)
    for (std::int64_t h = 0; h < array.extent(1); ++h)
      for (std::int64_t n = 0; n < length; ++n)
        for (std::int64_t m = 0; m < length; ++m)
          for (std::int64_t d = 0; d < array.extent(3); ++d)
            mean(b, h, n, d) += array(b, h, m, d) / static_cast<double>(length);
  return mean;
}

}  // namespace attnscope::variant_testing
