#include "harness/measure/subject.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/device/devices.h"
#include "harness/input/input.h"
#include "reports/markdown.h"

namespace attnscope::harness::measure {

Subject make_subject(const plan::Case& c) {
  Subject subject{c, plan::make_variant(c), device::make_backend(c.device, c.dtype, c.threads), {}};
  subject.prediction = attention::predict(*subject.variant, c.problem, *subject.backend);
  return subject;
}

NeededMemory needed_memory(const Subject& subject) {
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
  const std::int64_t arrays = host_elements * static_cast<std::int64_t>(sizeof(double));
  const std::int64_t pool = std::max(memory.reserved_bytes, memory.arguments_bytes + memory.peak_bytes);
  if (subject.gpu() == nullptr) return {.host_bytes = pool + arrays};
  // What enters or leaves the device is converted in one more copy.
  const auto element = static_cast<std::int64_t>(tensor::size_of(subject.backend->dtype()));
  return {.host_bytes = arrays + largest_array * element, .device_bytes = pool};
}

std::optional<std::string> why_too_large(const NeededMemory& needed, std::int64_t host_limit_bytes,
                                         const std::optional<backends::DeviceMemory>& device) {
  const auto text = [](std::int64_t bytes) {
    return reports::format_quantity(static_cast<double>(bytes), reports::Unit::bytes);
  };
  if (needed.host_bytes > host_limit_bytes) {
    return fmt::format("needs {}{}; the limit is {} (--mem-limit)", text(needed.host_bytes),
                       device ? " of the host's memory" : "", text(host_limit_bytes));
  }
  if (device && needed.device_bytes > device->free_bytes) {
    return fmt::format("needs {} of the device's memory, of which {} of {} are free", text(needed.device_bytes),
                       text(device->free_bytes), text(device->total_bytes));
  }
  return std::nullopt;
}

std::optional<std::string> why_too_large(const Subject& subject, std::int64_t host_limit_bytes) {
  const backends::GpuBackend* gpu = subject.gpu();
  return why_too_large(needed_memory(subject), host_limit_bytes,
                       gpu == nullptr ? std::nullopt : std::optional(gpu->device_memory()));
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
  // The limit is the host's.
  if (dynamic_cast<const backends::GpuBackend*>(&backend) == nullptr) {
    options.memory_limit_bytes = settings.memory_limit_bytes;
  }
  return attention::Session(*subject.variant, problem, backend, std::move(options));
}

}  // namespace attnscope::harness::measure
