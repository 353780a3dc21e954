// Every way a case can fail becomes one record with its reason; cases beside it are unaffected.
#include <map>

#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using reports::Record;
using reports::Status;

class Faults : public ProgramTest {};

TEST_F(Faults, EachBecomesOneRecordAndSiblingsLive) {
  const Outcome outcome = attnscope_faulty(
      "run -V softmax,wrong_result,wrong_scale,not_finite,crashes,hangs,throws,hoards,devours,flash -a n=24 -a heads=1 "
      "-a "
      "head_dim=64 --timeout 3 --mem-limit 200m -o " +
      file("r.jsonl") + short_run);
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;

  std::map<std::string, Record> by_variant;
  for (const Record& record : records(file("r.jsonl"))) {
    EXPECT_TRUE(by_variant.emplace(record.variant, record).second) << record.variant << " has two records";
  }
  ASSERT_EQ(by_variant.size(), 10u);
  const std::map<std::string, std::pair<Status, std::string>> expected{
      {"wrong_result", {Status::wrong, "output"}},
      {"wrong_scale", {Status::wrong, "exact attention"}},
      {"not_finite", {Status::wrong, "not finite"}},
      {"crashes", {Status::crashed, "signal 11"}},
      {"hangs", {Status::timeout, "--timeout"}},
      {"throws", {Status::crashed, "planted exception"}},
      {"hoards", {Status::oom, ""}},
      {"devours", {Status::oom, ""}},
  };
  for (const auto& [variant, ending] : expected) {
    const Record& record = by_variant.at(variant);
    EXPECT_EQ(record.status, ending.first) << variant << ": " << to_string(record.status);
    EXPECT_NE(record.status_reason.find(ending.second), std::string::npos) << variant << ": " << record.status_reason;
    EXPECT_FALSE(record.status_reason.empty());
    EXPECT_FALSE(record.time_median_ns) << variant << " must not have a time";
    EXPECT_TRUE(record.samples_ns.empty());
  }
  for (const std::string variant : {"softmax", "flash"}) {
    EXPECT_TRUE(has_measurement(by_variant.at(variant).status)) << by_variant.at(variant).status_reason;
    EXPECT_TRUE(by_variant.at(variant).time_median_ns);
  }
}

TEST_F(Faults, LeakingMaskGetsNoTime) {
  const Outcome outcome = attnscope_faulty("run -V leaking_mask -a n=24 -a heads=1 -a head_dim=64 -a causal=1 -o " +
                                           file("r.jsonl") + short_run);
  EXPECT_EQ(outcome.exit_code, 3);
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].status, Status::wrong);
  EXPECT_FALSE(all[0].time_median_ns);
}

// Cases whose bfloat16 results hang on rounding are held to what rounding does, and to no more.
TEST_F(Faults, IllConditionedResultsInBfloat16AreRightOrWrongByTheirKernels) {
  const std::string variants[][2] = {{"sinkhorn,routing", "core"},
                                     {"performer,set_transformer,sparse_transformer", "layer"}};
  for (const std::string prefix : {"", "forgetful_"}) {
    for (const auto& [names, scope] : variants) {
      std::string planted = prefix + names;
      for (std::size_t at = 0; (at = planted.find(',', at)) != std::string::npos; ++at) planted.insert(at + 1, prefix);
      const std::string run = "run -V " + planted + " -a scope=" + scope + " -a dtype=bf16 -a mode=training " +
                              "-a causal=0,1 -a n=512 -a heads=1 --force -o " + file("r.jsonl") + short_run;
      EXPECT_EQ(attnscope_faulty(run).exit_code, prefix.empty() ? 0 : 3);
      for (const Record& record : records(file("r.jsonl"))) {
        if (record.status == Status::unsupported) continue;
        SCOPED_TRACE(record.case_key + ": " + record.status_reason);
        EXPECT_EQ(record.status == Status::wrong, !prefix.empty());
        if (!prefix.empty()) continue;
        EXPECT_LE(*record.max_rel_err, *record.err_tol);
        EXPECT_EQ(record.err_rule == "exact", record.err_arrays.empty());
      }
    }
  }
}

TEST_F(Faults, CheckFailsForABrokenVariantAndPassesForTheRest) {
  const Outcome broken = attnscope_faulty("check wrong_result softmax");
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_NE(broken.out.find("FAILED"), std::string::npos);
  EXPECT_EQ(attnscope("check softmax flash").exit_code, 0);
  EXPECT_EQ(attnscope("check flash --device cpu --dtype bf16").exit_code, 0);
  const Outcome no_such_type = attnscope("check flash --dtype fp16");
  EXPECT_EQ(no_such_type.exit_code, 2);
  EXPECT_NE(no_such_type.err.find("device cpu computes in f32 and bf16"), std::string::npos) << no_such_type.err;
}

TEST_F(Faults, TooLargeIsPredictedBeforeAnythingIsAllocated) {
  const Outcome outcome =
      attnscope("run -V softmax,flash -a n=4m -a heads=1 --mem-limit 1g -o " + file("r.jsonl") + short_run);
  EXPECT_EQ(outcome.exit_code, 0) << "a prediction is not a failure: " << outcome.err;
  for (const Record& record : records(file("r.jsonl"))) {
    EXPECT_EQ(record.status, Status::oom_predicted) << record.variant;
    EXPECT_FALSE(record.time_median_ns);
    EXPECT_GT(record.peak_memory_predicted_bytes.value_or(0), std::int64_t{1} << 30);
  }
}

}  // namespace
}  // namespace attnscope::end_to_end
