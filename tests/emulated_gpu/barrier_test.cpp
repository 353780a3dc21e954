// Every block barrier of attention's kernels is needed, and the tests would see it missing: forgotten, it changes what
// some op computes under a greedy schedule of warps, or the emulated GPU refuses what threads then do.
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>

#include "suite/attention/session.h"
#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/emulated/thread_block.h"
#include "tests/suite/op_cases.h"

namespace attnscope::op_testing {
namespace {

using attention::Mode;
using attention::Problem;
using attention::Session;
using backends::CudaOptions;
using backends::emulated_gpu::BarrierKind;
using backends::emulated_gpu::BarrierSite;
using backends::emulated_gpu::Schedule;

constexpr Problem training{.mode = Mode::training, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};

struct TrainingRun {
  const OpCase* op_case;
  CudaOptions options;
  Schedule schedule;

  // Output and gradients, or nothing where the kernels were refused.
  std::vector<std::vector<double>> results() const {
    backends::emulated_gpu::set_schedule(schedule);
    const auto variant = variant_of(*op_case);
    const auto cuda = backends::emulated_gpu::make_cuda(options);
    Session session(*variant, training, *cuda);
    try {
      session.run();
    } catch (const backends::emulated_gpu::KernelError&) {
      return {};
    }
    std::vector<std::vector<double>> values{session.output().values};
    for (const ops::ArgumentSpec& spec : session.arguments()) {
      if (spec.role == ops::Role::input) values.push_back(session.gradient(spec.name).values);
    }
    return values;
  }
};

// NaN is equal to NaN here: inputs nobody uses have gradients of zeros, and nothing else is compared with itself.
bool are_identical(const std::vector<std::vector<double>>& x, const std::vector<std::vector<double>>& y) {
  if (x.size() != y.size()) return false;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto equal = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
    if (!std::ranges::equal(x[i], y[i], equal)) return false;
  }
  return true;
}

// Barriers of a warp are left out: on the emulated GPU products and shuffles order what its lanes do, which the memory
// model of a GPU does not promise.
bool is_of_attention(const BarrierSite& site) {
  return site.kind == BarrierKind::block && site.file.find("cuda/attention_") != std::string::npos;
}

TEST(Barriers, NoneOfAttentionIsMissedWithoutBeingSeen) {
  std::map<BarrierSite, std::vector<TrainingRun>> runs_at;
  for (const OpCase& op_case : op_cases()) {
    if (!op_case.name.starts_with("attention_")) continue;
    for (const Schedule schedule : {Schedule::lowest_warp_first, Schedule::highest_warp_first}) {
      const TrainingRun run{&op_case, {.dtype = tensor::DType::bf16}, schedule};
      backends::emulated_gpu::take_barriers_met();
      run.results();
      for (const BarrierSite& site : backends::emulated_gpu::take_barriers_met()) {
        if (is_of_attention(site)) runs_at[site].push_back(run);
      }
    }
  }
  EXPECT_EQ(runs_at.size(), 6u);
  for (const auto& [site, runs] : runs_at) {
    const bool is_seen = std::ranges::any_of(runs, [&site = site](const TrainingRun& run) {
      const auto right = run.results();
      backends::emulated_gpu::forget_barrier(site);
      const auto wrong = run.results();
      backends::emulated_gpu::forget_barrier(std::nullopt);
      return !are_identical(right, wrong);
    });
    EXPECT_TRUE(is_seen) << site.file << ":" << site.line << ", met by " << runs.size() << " runs";
  }
}

}  // namespace
}  // namespace attnscope::op_testing
