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
using ops::Context;

// What a process of its own says. Until then this one must not have run a kernel: ThreadSanitizer sees nothing after a
// fork from several threads, and fibres are threads to it.
template <class Work>
std::string answer_of(Work work) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
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

void train(const OpCase& op_case) {
  const auto variant = variant_of(op_case);
  const auto gpu = backends::emulated_gpu::make_cuda({.dtype = tensor::DType::bf16});
  constexpr attention::Problem training{
      .mode = attention::Mode::training, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};
  attention::Session(*variant, training, *gpu).run();
}

std::vector<BarrierSite> barriers_of(const OpCase& op_case) {
  std::istringstream said(answer_of([&] {
    train(op_case);
    for (const BarrierSite& site : backends::emulated_gpu::take_barriers_met()) {
      if (site.kind == BarrierKind::block) say(site.file + " " + std::to_string(site.line) + "\n");
    }
  }));
  std::vector<BarrierSite> sites;
  for (BarrierSite site{{}, 0, BarrierKind::block}; said >> site.file >> site.line;) sites.push_back(site);
  return sites;
}

std::string first_race_without(const BarrierSite& site, const OpCase& op_case) {
  return answer_of([&] {
    backends::emulated_gpu::forget_barrier(site);
    try {
      train(op_case);
    } catch (const backends::emulated_gpu::KernelError&) {
      // Threads that went different ways: seen, but not as a race.
    }
  });
}

OpCase named(const char* name) { return *std::ranges::find(op_cases(), name, &OpCase::name); }

// Whose kernels have barriers, at sizes at which every one matters.
std::vector<OpCase> ops_with_barriers() {
  std::vector<OpCase> list;
  for (const char* name : {"attention_sets_default_tiles", "linear_attention_70x7x33_causal", "linear_with_bias",
                           "sum_long_lines", "cumulative_sum_long_columns", "scatter_mean_by_index_per_head",
                           "layer_norm_gain_and_shift_1", "log_normalize_columns_square"}) {
    list.push_back(named(name));
  }
  list.push_back({"softmax_wide", [](Context& ctx) {
                    return ops::softmax(ctx, ops::affine(ctx, ctx.input("a", {1, 1, 2, 3000}), 1), {});
                  }});
  // More parts than one launch takes: the next one reads what it writes. A row takes more than a warp.
  list.push_back({"merge_many_wide", [](Context& ctx) {
                    const ops::PartialAttention part{ctx.input("a", {1, 1, 3, 509}),
                                                     ops::argmax(ctx, ctx.input("b", {1, 1, 3, 9}))};
                    return ops::merge(ctx, std::vector(70, part)).out;
                  }});
  list.push_back({"positive_features_long", [](Context& ctx) {
                    const auto projection = ctx.buffer("w", {5, 6}, ops::random_projection(true, true));
                    return ops::positive_features(ctx, ctx.input("a", {1, 1, 1100, 6}), projection, {},
                                                  {ops::Stabiliser::running, 1e-3})
                        .features;
                  }});
  list.push_back({"sorted_groups", [](Context& ctx) {
                    const auto group = ops::argmax(ctx, ctx.input("a", {1, 1, 500, 300}));
                    return ops::sort_by_group(ctx, group).place;
                  }});
  list.push_back({"top_positions", [](Context& ctx) {
                    const auto scores = ops::argmax(ctx, ctx.input("a", {1, 1, 700, 3, 9}));
                    return ops::top_positions(ctx, scores, 20, {});
                  }});
  return list;
}

class PlantedFault : public testing::TestWithParam<OpCase> {};
INSTANTIATE_TEST_SUITE_P(Ops, PlantedFault, testing::ValuesIn(ops_with_barriers()),
                         [](const auto& info) { return info.param.name; });

TEST_P(PlantedFault, AMissingBarrierIsARace) {
  const std::vector<BarrierSite> sites = barriers_of(GetParam());
  EXPECT_FALSE(sites.empty());
  for (const BarrierSite& site : sites) {
    const std::string race = first_race_without(site, GetParam());
    std::printf("without the barrier at %s:%u: %s\n", name_of(site.file).c_str(), site.line, race.c_str());
    EXPECT_THAT(race, testing::HasSubstr("write of"));
  }
}

}  // namespace
}  // namespace attnscope::op_testing
