// attnscope-microbench: Google Benchmark over every op × length × head_dim × pass. Beside the time each benchmark
// reports
//   FLOP/s   the op's own operations (2 per multiply-add) over the time
//   exp/s    its exponentials, logarithms and roots, over the time
//   bytes/s  what the op reads and writes, over the time
//   share    of the roofline: the least time that the measured ceilings allow over the time taken
// A training benchmark is one forward and one backward pass.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/device/ceilings.h"
#include "harness/device/devices.h"
#include "harness/errors.h"
#include "harness/microbench/op_case.h"
#include "reports/roofline.h"
#include "suite/attention/session.h"

namespace attnscope::harness::microbench {
namespace {

using attention::Mode;
using attention::Problem;

struct Options {
  std::vector<std::int64_t> lengths{512, 2048, 8192}, head_dims{64, 128};
  std::vector<std::string> dtypes{"f32"};
  std::int64_t heads = 8, batch = 1;
  int threads = 1;
  std::string device = "cpu";
  bool measure_ceilings = true;
};

// The ceilings that the work is held against: those of its working set.
reports::Ceilings ceilings_of(const device::Ceilings& measured, const attention::Prediction& prediction) {
  const std::int64_t working_set = prediction.memory.arguments_bytes + prediction.memory.peak_bytes;
  return {std::max(measured.flop_per_s, measured.matmul_flop_per_s), stream_ceiling(measured, working_set)};
}

void measure(benchmark::State& state, const OpCase& op, const Problem& problem, const std::string& dtype,
             const Options& options, const device::Ceilings* measured) {
  using benchmark::Counter;
  const OpVariant variant(op);
  const auto backend = device::make_backend(options.device, dtype, options.threads);
  const attention::Prediction prediction = attention::predict(variant, problem, *backend);
  attention::Session session(variant, problem, *backend);
  session.run();  // first touch of the pool's pages
  backend->synchronize();
  for (auto _ : state) {
    session.run();
    backend->synchronize();
  }
  const auto flops = static_cast<double>(prediction.cost.flops());
  const auto bytes = static_cast<double>(prediction.cost.bytes());
  const auto rate = [](double per_run, Counter::OneK unit = Counter::kIs1000) {
    return Counter(per_run, Counter::kIsIterationInvariantRate, unit);
  };
  // Of what an op does not do there is no rate.
  if (flops > 0) state.counters["FLOP/s"] = rate(flops);
  if (const std::int64_t exponentials = prediction.cost.exponentials; exponentials > 0) {
    state.counters["exp/s"] = rate(static_cast<double>(exponentials));
  }
  state.counters["bytes/s"] = rate(bytes);
  if (measured != nullptr) {
    state.counters["share"] = rate(reports::least_seconds(ceilings_of(*measured, prediction), flops, bytes));
  }
  state.SetLabel(backend->implementation());
}

// An op that refuses its operands is an error of its own line; the others are measured all the same.
void run(benchmark::State& state, const OpCase& op, const Problem& problem, const std::string& dtype,
         const Options& options, const device::Ceilings* measured) {
  try {
    measure(state, op, problem, dtype, options, measured);
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

void register_all(const Options& options, const std::map<std::string, device::Ceilings>& ceilings) {
  for (const OpCase& op : op_cases()) {
    for (const std::string& dtype : options.dtypes) {
      const auto found = ceilings.find(dtype);
      const device::Ceilings* measured = found == ceilings.end() ? nullptr : &found->second;
      for (const Mode mode : {Mode::forward, Mode::training}) {
        if (mode == Mode::training && !op.differentiable) continue;
        for (const std::int64_t head_dim : options.head_dims) {
          for (const std::int64_t n : options.lengths) {
            const Problem problem{
                .mode = mode, .batch = options.batch, .heads = options.heads, .seq_len = n, .head_dim = head_dim};
            const std::string name = fmt::format("{}/n:{}/head_dim:{}/{}/{}", op.name, n, head_dim,
                                                 mode == Mode::forward ? "forward" : "training", dtype);
            benchmark::RegisterBenchmark(name.c_str(),
                                         [&op, problem, dtype, &options, measured](benchmark::State& state) {
                                           run(state, op, problem, dtype, options, measured);
                                         })
                ->UseRealTime()
                ->Unit(benchmark::kMicrosecond);
          }
        }
      }
    }
  }
}

int run_program(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);  // takes its own flags out
  Options options;
  CLI::App app{
      "Google Benchmark over every op; its own flags (--benchmark_filter=REGEX, --benchmark_format=json, …) "
      "work as ever",
      "attnscope-microbench"};
  bool no_ceilings = false;
  app.add_option("-n,--lengths", options.lengths, "sequence lengths")->delimiter(',')->capture_default_str();
  app.add_option("--head_dim", options.head_dims, "head dimensions")->delimiter(',')->capture_default_str();
  app.add_option("--dtype", options.dtypes, "element types")->delimiter(',')->capture_default_str();
  app.add_option("--heads", options.heads, "heads")->capture_default_str();
  app.add_option("--batch", options.batch, "examples")->capture_default_str();
  app.add_option("--threads", options.threads, "threads of a kernel")->capture_default_str();
  app.add_option("--device", options.device, "as attnscope list devices has them")->capture_default_str();
  app.add_flag("--no-ceilings", no_ceilings, "do not measure ceilings: no column share");
  CLI11_PARSE(app, argc, argv);
  std::map<std::string, device::Ceilings> ceilings;
  try {
    for (const std::string& dtype : options.dtypes) {
      device::make_backend(options.device, dtype, options.threads);  // refuses what cannot run, before anything runs
      if (no_ceilings || !device::has_ceilings(options.device, dtype)) continue;
      constexpr double seconds = 0.02;
      ceilings[dtype] = device::measure_ceilings(options.device, dtype, options.threads, seconds);
    }
  } catch (const UsageError& error) {
    fmt::print(stderr, "attnscope-microbench: {}\n", error.what());
    return 2;
  }
  register_all(options, ceilings);
  return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 6;
}

}  // namespace
}  // namespace attnscope::harness::microbench

int main(int argc, char** argv) { return attnscope::harness::microbench::run_program(argc, argv); }
