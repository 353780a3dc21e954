#include "harness/measure/subject.h"

#include <algorithm>

#include "harness/device/devices.h"
#include "harness/input/input.h"

namespace attnscope::harness::measure {

Subject make_subject(const plan::Case& c) {
  Subject subject{c, plan::make_variant(c), device::make_backend(c.device, c.dtype, c.threads), {}};
  subject.prediction = attention::predict(*subject.variant, c.problem, *subject.backend);
  return subject;
}

std::int64_t needed_bytes(const Subject& subject) {
  const attention::MemoryReport& memory = subject.prediction.memory;
  const attention::Problem& problem = subject.c.problem;
  const std::int64_t tokens = problem.batch * problem.seq_len * problem.model_dim();
  std::int64_t largest_array = tokens;
  for (const ops::ArgumentSpec& spec : subject.prediction.arguments) {
    largest_array = std::max(largest_array, spec.shape.elements());
  }
  // Token inputs are given as whole arrays, of which the session keeps copies.
  const std::int64_t given =
      subject.c.input == "gaussian" ? 0 : 3 * (problem.scope == attention::Scope::core ? 3 : 1) * tokens;
  const std::int64_t host_elements = given + 2 * largest_array;
  return std::max(memory.reserved_bytes, memory.arguments_bytes + memory.peak_bytes) +
         host_elements * static_cast<std::int64_t>(sizeof(double));
}

attention::Session open_session(const Subject& subject, const attention::Problem& problem, ops::Backend& backend,
                                const Settings& settings, std::map<std::string, tensor::HostArray> decisions) {
  attention::SessionOptions options;
  options.seed = settings.seed;
  options.given = input::make_arrays(subject.c.input, problem, settings.seed);
  // A variant without keys of its own (Reformer shares them with the queries) takes no array of that name.
  std::erase_if(options.given, [&](const auto& named) {
    return std::ranges::none_of(subject.prediction.arguments,
                                [&](const ops::ArgumentSpec& spec) { return spec.name == named.first; });
  });
  decisions.merge(options.given);  // what the caller says goes before the input
  options.given = std::move(decisions);
  options.memory_limit_bytes = settings.memory_limit_bytes;
  return attention::Session(*subject.variant, problem, backend, std::move(options));
}

}  // namespace attnscope::harness::measure
