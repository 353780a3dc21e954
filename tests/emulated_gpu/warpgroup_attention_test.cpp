// Attention by warpgroups on the emulated GPU: sizes and patterns round its tiles against the reference in float64,
// where it serves and where it must not, and every wait of it.
#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include "suite/backends/cuda/emulated/thread_block.h"
#include "suite/ops/attention.h"
#include "tests/emulated_gpu/op_comparison.h"

namespace attnscope::op_testing {
namespace {

using attention::Mode;
using backends::emulated_gpu::BarrierKind;
using backends::emulated_gpu::BarrierSite;
using ops::AttentionPattern;
using ops::Context;

struct Sizes {
  const char* name;
  std::int64_t queries, keys, dim, value_dim;
  AttentionPattern pattern{};
};

auto blocks(std::int64_t size, std::vector<std::vector<std::int64_t>> lists) {
  return std::make_shared<ops::BlockLists>(ops::BlockLists{size, 1, std::move(lists)});
}

auto segments(std::int64_t queries, std::int64_t length) {
  auto list = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t i = 0; i < queries; ++i) list->push_back({i / length * length - length, i / length * length});
  return list;
}

// A tile of queries has 64 or 128 rows, of keys 64 or 128, and heads are 64 or 128 wide.
const std::vector<Sizes>& sizes() {
  static const std::vector<Sizes> list{
      {"one_query", 1, 1, 64, 64},
      {"one_tile", 64, 64, 64, 64},
      {"whole_tiles", 128, 256, 64, 64},
      {"ragged", 129, 131, 64, 64},
      {"many_stages", 70, 700, 64, 64},
      {"narrow_head", 100, 100, 24, 8},
      {"wide_head", 130, 300, 128, 128},
      {"head_of_80", 65, 190, 80, 80},
      {"wide_values", 90, 90, 40, 120},
      {"wide_keys", 90, 90, 120, 40},
      {"causal", 300, 300, 64, 64, {.causal = true}},
      {"causal_wide", 200, 200, 128, 128, {.causal = true}},
      {"causal_more_keys", 100, 290, 64, 64, {.causal = true}},
      {"causal_fewer_keys", 290, 100, 64, 64, {.causal = true}},
      {"window", 300, 300, 64, 64, {.window = 20}},
      {"window_causal", 300, 300, 64, 64, {.causal = true, .window = 150}},
      {"window_0", 140, 140, 64, 64, {.window = 0}},
      {"ranges", 200, 200, 64, 64, {.ranges = segments(200, 70)}},
      {"blocks_of_16", 60, 80, 64, 64, {.blocks = blocks(16, {{0, 1, 4}, {2}, {}, {0, 3}})}},
      {"blocks_of_64", 200, 256, 64, 64, {.blocks = blocks(64, {{0, 1, 3}, {2}, {}, {0, 3}})}},
      {"blocks_of_128", 300, 384, 64, 64, {.blocks = blocks(128, {{0, 2}, {}, {1, 2}})}},
      {"blocks_of_96", 200, 192, 128, 128, {.blocks = blocks(96, {{0, 1}, {1}, {0}})}},
  };
  return list;
}

OpCase case_of(const Sizes& s) {
  return {s.name, [s](Context& ctx) {
            return ops::attention(ctx, ctx.input("a", {1, 2, s.queries, s.dim}), ctx.input("b", {1, 2, s.keys, s.dim}),
                                  ctx.input("c", {1, 2, s.keys, s.value_dim}), {.scale = 0.2, .pattern = s.pattern});
          }};
}

Type with_warpgroups(const Type& type) {
  Type with = type;
  with.options.warpgroups = true;
  return with;
}

// Waits of the kernels that the last runs met.
std::vector<BarrierSite> waits_met() {
  std::vector<BarrierSite> waits;
  for (const BarrierSite& site : backends::emulated_gpu::take_barriers_met()) {
    if (site.file.find("attention_warpgroup") != std::string::npos) waits.push_back(site);
  }
  return waits;
}

class WarpgroupAttention : public testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
 protected:
  const Sizes& size() const { return sizes()[std::get<0>(GetParam())]; }
  // bf16 and fp16 are the last two types.
  Type type() const { return with_warpgroups(types()[2 + std::get<1>(GetParam())]); }
};

// Output, log-sum-exps (the backward pass reads them) and gradients.
TEST_P(WarpgroupAttention, EqualsReference) {
  backends::emulated_gpu::take_barriers_met();
  expect_as_reference(case_of(size()), type(), Mode::training);
  const std::vector<BarrierSite> waits = waits_met();
  for (const char* file : {"attention_warpgroup.cu", "attention_warpgroup_backward.cu"}) {
    EXPECT_TRUE(std::ranges::any_of(waits, [&](const BarrierSite& site) { return site.file.ends_with(file); }))
        << file << ": its kernels were not used";
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, WarpgroupAttention,
                         testing::Combine(testing::Range<std::size_t>(0, sizes().size()),
                                          testing::Range<std::size_t>(0, 2)),
                         [](const testing::TestParamInfo<std::tuple<std::size_t, std::size_t>>& info) {
                           return std::string(sizes()[std::get<0>(info.param)].name) + "_" +
                                  types()[2 + std::get<1>(info.param)].name;
                         });

// Output and gradients are added to what is there.
TEST(WarpgroupAttentionTraining, AddsToWhatIsThere) {
  const OpCase twice{"twice", [](Context& ctx) {
                       const auto q = ctx.input("a", {1, 2, 70, 64}), k = ctx.input("b", {1, 2, 70, 64});
                       const auto v = ctx.input("c", {1, 2, 70, 64});
                       tensor::Tensor y = ops::attention(ctx, q, k, v, {.scale = 0.2, .pattern = {.window = 9}});
                       return ops::add_attention(ctx, std::move(y), q, k, v,
                                                 {.scale = 0.2, .pattern = {.causal = true, .window = 5}});
                     }};
  backends::emulated_gpu::take_barriers_met();
  expect_as_reference(twice, with_warpgroups(types()[2]), Mode::training);
  EXPECT_FALSE(waits_met().empty());
}

// Steps, globals, wider heads, rows that are not whole and float32 are the other kernel's.
TEST(WarpgroupAttentionServes, OnlyWhatItComputes) {
  auto globals = std::make_shared<ops::PositionList>();
  globals->batch = 1;
  globals->count = 1;
  globals->values = {3};
  const std::vector<Sizes> others{
      {"dilated", 20, 20, 16, 16, {.window = 2, .dilation = {3}}},
      {"globals", 20, 20, 16, 16, {.window = 2, .global = globals}},
      {"wider_head", 9, 9, 136, 136},
      {"not_whole", 9, 9, 12, 12},
  };
  for (const Sizes& s : others) {
    backends::emulated_gpu::take_barriers_met();
    expect_as_reference(case_of(s), with_warpgroups(types()[2]), Mode::training);
    EXPECT_TRUE(waits_met().empty()) << s.name;
  }
  expect_as_reference(case_of(sizes()[1]), with_warpgroups(types()[0]), Mode::training);
  EXPECT_TRUE(waits_met().empty());
}

// Output and gradients, one behind the other; nothing where the kernels were refused.
std::vector<double> results_of(const OpCase& op_case, backends::emulated_gpu::Schedule schedule) {
  backends::emulated_gpu::set_schedule(schedule);
  const auto variant = variant_of(op_case);
  const auto cuda = backends::emulated_gpu::make_cuda({.dtype = tensor::DType::bf16, .warpgroups = true});
  attention::Session session(*variant, {.mode = Mode::training, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1},
                             *cuda);
  try {
    session.run();
  } catch (const backends::emulated_gpu::KernelError&) {
    return {};
  }
  std::vector<double> results = session.output().values;
  for (const char* input : {"a", "b", "c"}) {
    const std::vector<double> gradient = session.gradient(input).values;
    results.insert(results.end(), gradient.begin(), gradient.end());
  }
  return results;
}

// Waits for tiles that are loaded, and for stages that are free: each is needed, and would be missed.
TEST(WarpgroupAttentionWaits, NoneIsForgottenWithoutBeingSeen) {
  using backends::emulated_gpu::Schedule;
  const OpCase op_case = case_of({"many_stages", 330, 300, 64, 64});
  constexpr std::array schedules{Schedule::lowest_warp_first, Schedule::highest_warp_first, Schedule::fair};
  backends::emulated_gpu::take_barriers_met();
  std::vector<std::vector<double>> right;
  for (const Schedule schedule : schedules) right.push_back(results_of(op_case, schedule));
  int waits = 0;
  for (const BarrierSite& site : waits_met()) {
    if (site.kind == BarrierKind::warp) continue;
    ++waits;
    bool is_seen = false;
    for (std::size_t s = 0; s < schedules.size() && !is_seen; ++s) {
      backends::emulated_gpu::forget_barrier(site);
      const std::vector<double> wrong = results_of(op_case, schedules[s]);
      backends::emulated_gpu::forget_barrier(std::nullopt);
      is_seen = wrong.size() != right[s].size() ||
                !std::ranges::equal(wrong, right[s], [](double x, double y) { return x == y; });
    }
    EXPECT_TRUE(is_seen) << site.file << ":" << site.line;
  }
  // In each of three kernels the barriers that are made ready and the rows that stay; tiles that are loaded, and their
  // stages free.
  EXPECT_EQ(waits, 8);
}

}  // namespace
}  // namespace attnscope::op_testing
