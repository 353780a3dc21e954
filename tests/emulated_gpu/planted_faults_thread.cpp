// Under ThreadSanitizer a barrier of the block that is forgotten must be a race.
#include <algorithm>
#include <cstdio>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sanitizer/common_interface_defs.h>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "suite/attention/session.h"
#include "suite/backends/cuda/cuda.h"
#include "suite/backends/cuda/emulated/thread_block.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/initializers.h"
#include "suite/ops/selection.h"
#include "suite/ops/softmax.h"
#include "tests/suite/op_cases.h"

namespace {

int answer = -1;  // in a process that is there to race: where it tells of its first race

void say(const std::string& text) {
  if (write(answer, text.data(), text.size()) < 0) _exit(1);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

// ThreadSanitizer's interface for reports, which it has no header for.
extern "C" int __tsan_get_report_mop(void* report, unsigned long index, int* thread, void** address, int* size,
                                     int* is_write, int* is_atomic, void** trace, unsigned long trace_size);
namespace __tsan {
class ReportDesc;
bool OnReport(const ReportDesc* report, bool is_suppressed) {
  if (answer < 0) return is_suppressed;
  std::string text;
  for (unsigned long access = 0; access < 2; ++access) {
    int thread = 0, size = 0, is_write = 0, is_atomic = 0;
    void *address = nullptr, *trace[1] = {};
    __tsan_get_report_mop(const_cast<ReportDesc*>(report), access, &thread, &address, &size, &is_write, &is_atomic,
                          trace, 1);
    char place[512] = {};
    __sanitizer_symbolize_pc(static_cast<char*>(trace[0]) - 1, "%S", place, sizeof place);
    std::string where = name_of(place);
    if (where == "<null>") {  // inlined: the function is known
      __sanitizer_symbolize_pc(trace[0], "%f", place, sizeof place);
      where = place;
      where.resize(std::min(where.size(), where.find_first_of("<(")));
      where.erase(0, where.rfind(':') + 1);
    }
    text += (access == 0 ? "" : ", ") + std::string(is_write != 0 ? "write" : "read") + " of " + std::to_string(size) +
            " bytes by a thread at " + where;
  }
  say(text);
  _exit(0);
}
}  // namespace __tsan

namespace attnscope::op_testing {
namespace {

using backends::emulated_gpu::BarrierKind;
using backends::emulated_gpu::BarrierSite;
using backends::emulated_gpu::Schedule;
using ops::Context;

// What a process of its own says. Until then this one must not have run a kernel: ThreadSanitizer sees nothing after a
// fork from several threads, and fibres are threads to it.
template <class Work>
std::string answer_of(Work work) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    answer = ends[1];
    work();
    _exit(0);
  }
  close(ends[1]);
  std::string text(1 << 16, '\0');
  std::size_t length = 0;
  for (ssize_t more = 0; (more = read(ends[0], text.data() + length, text.size() - length)) > 0;) {
    length += static_cast<std::size_t>(more);
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return text.substr(0, length);
}

struct OpWithBarriers {
  OpCase op_case;
  bool warpgroups = false;

  void run() const {
    const auto variant = variant_of(op_case);
    const auto gpu = backends::emulated_gpu::make_cuda({.dtype = tensor::DType::bf16, .warpgroups = warpgroups});
    constexpr attention::Problem training{
        .mode = attention::Mode::training, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};
    attention::Session(*variant, training, *gpu).run();
  }

  // Those of the block, and waits for conditions.
  std::vector<BarrierSite> barriers() const {
    std::istringstream said(answer_of([&] {
      run();
      for (const BarrierSite& site : backends::emulated_gpu::take_barriers_met()) {
        if (site.kind == BarrierKind::warp) continue;
        say(site.file + " " + std::to_string(site.line) + " " + std::to_string(static_cast<int>(site.kind)) + "\n");
      }
    }));
    std::vector<BarrierSite> sites;
    BarrierSite site{};
    for (int kind = 0; said >> site.file >> site.line >> kind;) {
      site.kind = static_cast<BarrierKind>(kind);
      sites.push_back(site);
    }
    return sites;
  }

  // The first race without that barrier, or what the emulated GPU said when it refused to go on before there was one.
  std::string race_without(const BarrierSite& site, Schedule schedule) const {
    return answer_of([&] {
      backends::emulated_gpu::set_schedule(schedule);
      backends::emulated_gpu::forget_barrier(site);
      try {
        run();
      } catch (const backends::emulated_gpu::KernelError& error) {
        say(std::string("refused: ") + error.what());
      }
    });
  }
};

OpCase named(const char* name) { return *std::ranges::find(op_cases(), name, &OpCase::name); }

// Whose kernels have barriers, at sizes at which every one matters.
std::vector<OpWithBarriers> ops_with_barriers() {
  std::vector<OpWithBarriers> list;
  for (const char* name : {"attention_sets_default_tiles", "linear_attention_70x7x33_causal", "linear_with_bias",
                           "sum_long_lines", "cumulative_sum_long_columns", "scatter_mean_by_index_per_head",
                           "layer_norm_gain_and_shift_1", "log_normalize_columns_square"}) {
    list.push_back({named(name)});
  }
  list.push_back({{"softmax_wide", [](Context& ctx) {
                     return ops::softmax(ctx, ops::affine(ctx, ctx.input("a", {1, 1, 2, 3000}), 1), {});
                   }}});
  // More parts than one launch takes: the next one reads what it writes. A row takes more than a warp.
  list.push_back({{"merge_many_wide", [](Context& ctx) {
                     const ops::PartialAttention part{ctx.input("a", {1, 1, 3, 509}),
                                                      ops::argmax(ctx, ctx.input("b", {1, 1, 3, 9}))};
                     return ops::merge(ctx, std::vector(70, part)).out;
                   }}});
  list.push_back({{"positive_features_long", [](Context& ctx) {
                     const auto projection = ctx.buffer("w", {5, 6}, ops::random_projection(true, true));
                     return ops::positive_features(ctx, ctx.input("a", {1, 1, 1100, 6}), projection, {},
                                                   {ops::Stabiliser::running, 1e-3})
                         .features;
                   }}});
  list.push_back({{"sorted_groups", [](Context& ctx) {
                     const auto group = ops::argmax(ctx, ctx.input("a", {1, 1, 500, 300}));
                     return ops::sort_by_group(ctx, group).place;
                   }}});
  list.push_back({{"top_positions", [](Context& ctx) {
                     const auto scores = ops::argmax(ctx, ctx.input("a", {1, 1, 700, 3, 9}));
                     return ops::top_positions(ctx, scores, 20, {});
                   }}});
  list.push_back({{"attention_by_warpgroups",
                   [](Context& ctx) {
                     return ops::attention(ctx, ctx.input("a", {1, 1, 70, 64}), ctx.input("b", {1, 1, 300, 64}),
                                           ctx.input("c", {1, 1, 300, 64}), {});
                   }},
                  true});
  return list;
}

class PlantedFault : public testing::TestWithParam<OpWithBarriers> {};
INSTANTIATE_TEST_SUITE_P(Ops, PlantedFault, testing::ValuesIn(ops_with_barriers()),
                         [](const auto& info) { return info.param.op_case.name; });

TEST_P(PlantedFault, AMissingBarrierIsARace) {
  const std::vector<BarrierSite> sites = GetParam().barriers();
  EXPECT_FALSE(sites.empty());
  for (const BarrierSite& site : sites) {
    // What is ordered by chance depends on the schedule: transfers may never arrive where nobody waits for them, and
    // who waits at a barrier for the first time learns of those who should have come later.
    std::string race;
    for (const Schedule schedule : {Schedule::lowest_warp_first, Schedule::highest_warp_first, Schedule::fair}) {
      const std::string found = GetParam().race_without(site, schedule);
      if (!found.empty()) race = found;
      if (!race.empty() && !race.starts_with("refused")) break;
    }
    std::printf("without the barrier at %s:%u: %s\n", name_of(site.file).c_str(), site.line, race.c_str());
    EXPECT_NE(race, "");
  }
}

}  // namespace
}  // namespace attnscope::op_testing
