#include "harness/device/ceilings.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <functional>
#include <stdexcept>

#include "harness/device/cpu.h"
#include "harness/device/devices.h"
#include "harness/device/load.h"
#include "reports/roofline.h"
#include "suite/backends/cpu/ceilings.h"
#include "suite/ops/context.h"
#include "suite/ops/initializers.h"
#include "suite/ops/matmul.h"

namespace attnscope::harness::device {

namespace {

using Clock = std::chrono::steady_clock;

// The best rate of square products over `seconds`, after one that creates the library's kernel.
double matmul_rate(ops::Backend& backend, std::int64_t size, double seconds) {
  tensor::MemoryPool pool(&backend.memory());
  ops::ArgumentStore arguments(pool, backend, 1, {});
  ops::CostLedger ledger;
  std::vector<ops::NamedResult> results;
  ops::Context ctx(backend, pool, arguments, ledger, results);
  const tensor::Tensor a = ctx.parameter("a", {size, size}, ops::uniform(-1, 1));
  const tensor::Tensor b = ctx.parameter("b", {size, size}, ops::uniform(-1, 1));
  ops::matmul(ctx, a, b);
  backend.synchronize();
  const double flops = 2.0 * static_cast<double>(size * size * size);
  double best = 0;
  const auto begin = Clock::now();
  do {
    const auto start = Clock::now();
    ops::matmul(ctx, a, b);
    backend.synchronize();
    best = std::max(best, flops / std::chrono::duration<double>(Clock::now() - start).count());
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < seconds);
  return best;
}

// The best rate of what `queue` queues, by the device's events.
double best_rate(backends::Stopwatch& stopwatch, double work, double seconds, const std::function<void()>& queue) {
  double best = 0;
  const auto begin = Clock::now();
  do {
    stopwatch.hold();
    stopwatch.start();
    queue();
    stopwatch.stop();
    stopwatch.release();
    const backends::Stopwatch::Lap lap = stopwatch.wait();
    if (lap.held && lap.ns > 0) best = std::max(best, 1e9 * work / lap.ns);
  } while (std::chrono::duration<double>(Clock::now() - begin).count() < seconds);
  return best;
}

backends::Arithmetic multiply_add_of(const ops::Backend& backend) {
  switch (backend.dtype()) {
    case tensor::DType::bf16:
      return backends::Arithmetic::tensor_bf16;
    case tensor::DType::fp16:
      return backends::Arithmetic::tensor_fp16;
    default:
      return backend.multiplies_in_tf32() ? backends::Arithmetic::tensor_tf32 : backends::Arithmetic::f32_multiply_add;
  }
}

// Of multiply-adds in registers, two blocks a multiprocessor. Throws std::runtime_error when they do not come to what
// they must: the rate would be that of something else.
double multiply_add_rate(backends::GpuBackend& gpu, backends::Stopwatch& stopwatch, std::int64_t rounds,
                         double seconds) {
  const backends::ArithmeticWork work{multiply_add_of(gpu), 2 * gpu.multiprocessors(), rounds};
  tensor::MemoryPool pool(&gpu.memory());
  const tensor::Tensor results(pool, {work.results()}, tensor::DType::f32, tensor::Category::workspace);
  const double rate = best_rate(stopwatch, work.flops(), seconds, [&] { gpu.arithmetic(work, results.data<float>()); });
  std::vector<double> values(static_cast<std::size_t>(work.results()));
  gpu.read(results, values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float expected = work.result(static_cast<std::int64_t>(i));
    if (values[i] == expected) continue;
    throw std::runtime_error(
        fmt::format("a chain of multiply-adds ends at {} instead of {} on this device", values[i], expected));
  }
  return rate;
}

// Of plain copies that read and write `bytes` in all, by the device's events.
double copy_rate(backends::GpuBackend& gpu, backends::Stopwatch& stopwatch, std::int64_t bytes, double seconds) {
  tensor::MemoryPool pool(&gpu.memory());
  const auto half = static_cast<std::size_t>(bytes / 2);
  const tensor::MemoryPool::Block from = pool.allocate(bytes / 2, tensor::Category::workspace);
  const tensor::MemoryPool::Block to = pool.allocate(bytes / 2, tensor::Category::workspace);
  const double rate =
      best_rate(stopwatch, static_cast<double>(bytes), seconds, [&] { gpu.copy_bytes(to.data, from.data, half); });
  pool.release(from);
  pool.release(to);
  return rate;
}

// From what fits the first-level caches of all threads to four times the last-level cache, in factors of four.
std::vector<std::int64_t> working_sets(int threads) {
  const std::int64_t largest = 4 * last_level_cache_bytes();
  std::vector<std::int64_t> sets;
  for (std::int64_t bytes = std::int64_t{24} * 1024 * threads; bytes < largest; bytes *= 4) sets.push_back(bytes);
  sets.push_back(largest);
  return sets;
}

}  // namespace

bool has_ceilings(const std::string& device, const std::string& dtype) {
  return device != "reference" && !unsupported_dtype(device, dtype);
}

Ceilings measure_gpu_ceilings(backends::GpuBackend& gpu, double seconds, const GpuSizes& sizes) {
  Ceilings result{.streams = {}};
  const auto stopwatch = gpu.make_stopwatch();
  if (sizes.rounds > 0) result.flop_per_s = multiply_add_rate(gpu, *stopwatch, sizes.rounds, seconds);
  for (const std::int64_t size : sizes.products) {
    result.matmul_flop_per_s = std::max(result.matmul_flop_per_s, matmul_rate(gpu, size, seconds));
  }
  for (const std::int64_t bytes : sizes.copies) {
    if (bytes > gpu.device_memory().free_bytes) break;
    result.streams.push_back({bytes, copy_rate(gpu, *stopwatch, bytes, seconds)});
  }
  return result;
}

Ceilings measure_ceilings(const std::string& device, const std::string& dtype, int threads, double seconds) {
  const auto backend = make_backend(device, dtype, threads);
  if (auto* gpu = dynamic_cast<backends::GpuBackend*>(backend.get())) {
    constexpr std::int64_t mebibyte = 1 << 20;
    Ceilings result = measure_gpu_ceilings(
        *gpu, seconds,
        {{2048, 4096}, {8 * mebibyte, 32 * mebibyte, 128 * mebibyte, 512 * mebibyte, 2048 * mebibyte}, 2048});
    result.device = device;
    result.dtype = dtype;
    result.threads = threads;
    return result;
  }
  Ceilings result{.device = device, .dtype = dtype, .threads = threads, .streams = {}};
  const OtherLoad load;
  result.flop_per_s = backends::fused_multiply_add_rate(backend->dtype(), threads, seconds);
  for (const std::int64_t size : {512, 1024}) {
    result.matmul_flop_per_s = std::max(result.matmul_flop_per_s, matmul_rate(*backend, size, seconds));
  }
  for (const std::int64_t bytes : working_sets(threads)) {
    result.streams.push_back({bytes, backends::stream_rate(threads, bytes, seconds)});
  }
  result.load = load.mean();
  return result;
}

double stream_ceiling(const Ceilings& ceilings, std::int64_t working_set_bytes) {
  if (ceilings.streams.empty()) return 0;
  for (const StreamCeiling& stream : ceilings.streams) {
    if (working_set_bytes <= stream.working_set_bytes) return stream.bytes_per_s;
  }
  return ceilings.streams.back().bytes_per_s;
}

void fill_roofline(const std::vector<Ceilings>& known, reports::Record& record) {
  const auto found = std::ranges::find_if(known, [&](const Ceilings& c) {
    return c.device == record.device && c.dtype == record.dtype && c.threads == record.threads;
  });
  if (found == known.end() || !record.flop_per_s || !record.arithmetic_intensity) return;
  const std::int64_t working_set = record.mem_io_bytes.value_or(0) + record.peak_memory_bytes.value_or(0);
  const double compute = std::max(found->flop_per_s, found->matmul_flop_per_s);
  const double bandwidth = stream_ceiling(*found, working_set);
  if (!(compute > 0 && bandwidth > 0)) return;
  record.peak_flop_per_s = compute;
  record.peak_bytes_per_s = bandwidth;
  record.peak_source = "calibrated";
  record.mfu = *record.flop_per_s / compute;
  record.roofline_frac =
      reports::roofline_fraction({compute, bandwidth}, *record.arithmetic_intensity, *record.flop_per_s);
}

nlohmann::json to_json(const Ceilings& ceilings) {
  nlohmann::json streams = nlohmann::json::array();
  for (const StreamCeiling& stream : ceilings.streams) {
    streams.push_back({{"working_set_bytes", stream.working_set_bytes}, {"bytes_per_s", stream.bytes_per_s}});
  }
  nlohmann::json object{{"device", ceilings.device},
                        {"dtype", ceilings.dtype},
                        {"threads", ceilings.threads},
                        {"flop_per_s", ceilings.flop_per_s},
                        {"matmul_flop_per_s", ceilings.matmul_flop_per_s},
                        {"streams", std::move(streams)},
                        {"load", ceilings.load}};
  for (const gpu::CheckedCounter& counter : ceilings.counters) {
    object["counters"].push_back({{"kind", to_string(counter.kind)},
                                  {"metrics", counter.metrics},
                                  {"counted", counter.counted},
                                  {"expected", counter.expected}});
  }
  if (!ceilings.counters_missing.empty()) object["counters_missing"] = ceilings.counters_missing;
  return object;
}

Ceilings ceilings_from_json(const nlohmann::json& object) {
  try {
    Ceilings result{object.at("device"),
                    object.at("dtype"),
                    object.at("threads"),
                    object.at("flop_per_s"),
                    object.at("matmul_flop_per_s"),
                    {},
                    object.value("load", 0.0),
                    {},
                    object.value("counters_missing", "")};
    for (const nlohmann::json& stream : object.at("streams")) {
      result.streams.push_back({stream.at("working_set_bytes"), stream.at("bytes_per_s")});
    }
    for (const nlohmann::json& counter : object.value("counters", nlohmann::json::array())) {
      const auto kind = gpu::counter_kind(counter.at("kind").get<std::string>());
      if (kind)
        result.counters.push_back({*kind, counter.at("metrics"), counter.at("counted"), counter.at("expected")});
    }
    return result;
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(fmt::format("not a ceiling as `attnscope calibrate` writes it ({})", error.what()));
  }
}

}  // namespace attnscope::harness::device
