#include "harness/plan/plan.h"

#include <gtest/gtest.h>
#include <set>

#include "harness/errors.h"
#include "harness/plan/axes.h"
#include "harness/plan/selection.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::plan {
namespace {

using Texts = std::vector<std::string>;

std::string usage_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(SweepSyntax, ListsAndRanges) {
  EXPECT_EQ(expand_values("1,4"), (Texts{"1", "4"}));
  EXPECT_EQ(parse_axis("n=256:2k:x2").values, (Texts{"256", "512", "1024", "2048"}));
  EXPECT_EQ(parse_axis("n=256:1k:+256").values, (Texts{"256", "512", "768", "1024"}));
  EXPECT_EQ(parse_axis("n=1k,512,1024").values, (Texts{"1024", "512"})) << "in the order given, once each";
  EXPECT_EQ(parse_axis("n=100:1000:x3").values, (Texts{"100", "300", "900"})) << "the end only when a step lands on it";
  EXPECT_EQ(parse_axis("n[pow2]=[8:10]").values, (Texts{"256", "512", "1024"}));
  EXPECT_EQ(parse_axis("causal=0,1").values, (Texts{"0", "1"}));
}

TEST(SweepSyntax, RefusesWhatItCannotMean) {
  for (const char* text : {"n=", "n=0", "n=-4", "n=1:2:x1", "n=1:2:+0", "n=4:1:x2", "n=1:8:2k:x2", "n=abc", "n", "=3",
                           "mode=forwards", "n=99999999999999999999"}) {
    EXPECT_NE(usage_error([&] { parse_axis(text); }), "no error") << text;
  }
  EXPECT_NE(usage_error([] { parse_axis("nn=4"); }).find("'n'"), std::string::npos);
  EXPECT_NE(usage_error([] { parse_axis("mode=trainin"); }).find("training"), std::string::npos);
}

TEST(SweepSyntax, Durations) {
  EXPECT_EQ(parse_duration("600", ""), 600);
  EXPECT_EQ(parse_duration("250ms", ""), 0.25);
  EXPECT_EQ(parse_duration("2m", ""), 120);
  EXPECT_EQ(parse_fraction("2%", ""), 0.02);
  EXPECT_NE(usage_error([] { parse_duration("soon", "--timeout"); }).find("--timeout"), std::string::npos);
}

TEST(Selection, PatternsNamesAndSpelling) {
  EXPECT_EQ(select_variants({"lin*"}), (Texts{"linformer", "linear_transformer"}));
  EXPECT_EQ(select_variants({"flash,softmax,flash"}), (Texts{"flash", "softmax"}));
  EXPECT_EQ(select_variants({"all"}), attention::variant_names());
  EXPECT_EQ(select_variants({"flash,cudnn_sdpa"}), (Texts{"flash", "cudnn_sdpa"}));
  EXPECT_THROW(select_variants({"cudnn*"}), NothingMatched) << "peers go by name only";
  EXPECT_THROW(select_variants({"x*"}), NothingMatched);
  EXPECT_NE(usage_error([] { select_variants({"longfromer"}); }).find("longformer"), std::string::npos);
}

Request request(const Texts& variants, const Texts& axes, const std::string& where = "") {
  Sweep sweep;
  sweep.variants = variants;
  sweep.axes = axes;
  sweep.where = where;
  return {.sweeps = {sweep}, .shard = {}, .seed = 1};
}

TEST(Plan, IsTheProductOfItsAxes) {
  const auto cases = make_plan(request({"softmax", "flash"}, {"n=64,128", "mode=forward,training"}));
  ASSERT_EQ(cases.size(), 8u);
  std::set<std::string> ids;
  for (const PlannedCase& planned : cases) {
    EXPECT_FALSE(planned.status);
    ids.insert(id(planned.c));
  }
  EXPECT_EQ(ids.size(), 8u) << "every case has an identity of its own";
}

TEST(Plan, HolesAreRecords) {
  const auto cases = make_plan(request({"softmax", "linformer"}, {"n=64,128", "causal=0,1"}, "n<=64"));
  ASSERT_EQ(cases.size(), 8u);
  int excluded = 0, unsupported = 0, runnable = 0;
  for (const PlannedCase& planned : cases) {
    if (!planned.status) {
      ++runnable;
    } else {
      excluded += *planned.status == reports::Status::excluded;
      unsupported += *planned.status == reports::Status::unsupported;
      EXPECT_FALSE(planned.reason.empty());
    }
  }
  EXPECT_EQ(runnable, 3);
  EXPECT_EQ(excluded + unsupported, 5);
  EXPECT_GE(unsupported, 1) << "causal Linformer";
}

TEST(Case, KeysAreStableAndSurviveJson) {
  Case c{.variant = "longformer", .params = "bias=true;window=8;dilation=1;global=0"};
  c.problem.seq_len = 512;
  EXPECT_EQ(key(c), key(case_from_json(to_json(c))));
  EXPECT_EQ(id(c).size(), 16u);
  Case other = c;
  other.problem.seq_len = 513;
  EXPECT_NE(id(c), id(other));
  EXPECT_EQ(stable_hash(""), 0xcbf29ce484222325ULL) << "FNV-1a, the same on every machine";
  EXPECT_EQ(stable_hash("a"), 0xaf63dc4c8601ec8cULL);
}

TEST(Plan, ShardsAreAPartition) {
  Request whole = request({"all"}, {"n=64:4k:x2", "mode=forward,training"});
  std::multiset<std::string> together;
  for (int shard = 1; shard <= 3; ++shard) {
    Request part = whole;
    part.shard = {shard, 3};
    for (const PlannedCase& planned : make_plan(part)) together.insert(id(planned.c));
  }
  std::multiset<std::string> all;
  for (const PlannedCase& planned : make_plan(whole)) all.insert(id(planned.c));
  EXPECT_EQ(together, all);
}

// Case by case in shards so small that some hold nothing but excluded cases, and some nothing at all.
TEST(Plan, ShardsOfHolesKeepThem) {
  Request whole = request({"softmax", "flash"}, {"n=64,128,256,512"}, "n<=64");
  std::size_t together = 0, empty = 0, only_holes = 0;
  for (int shard = 1; shard <= 12; ++shard) {
    Request part = whole;
    part.shard = {shard, 12};
    try {
      const auto cases = make_plan(part);
      together += cases.size();
      only_holes += std::ranges::all_of(cases, [](const PlannedCase& planned) { return planned.status.has_value(); });
    } catch (const NothingMatched&) {
      ++empty;
    }
  }
  EXPECT_EQ(together, 8u);
  EXPECT_GT(only_holes, 0u);
  EXPECT_GT(empty, 0u);
  whole.sweeps[0].where = "n<=1";
  EXPECT_THROW(make_plan(whole), NothingMatched);
}

}  // namespace
}  // namespace attnscope::harness::plan
