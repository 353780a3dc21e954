// Each subcommand does what its page says.
#include <nlohmann/json.hpp>
#include <set>

#include "reports/csv.h"
#include "reports/profile.h"
#include "suite/attention/registry.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using reports::Record;

class Commands : public ProgramTest {};

TEST_F(Commands, RunRecordsTrueFigures) {
  const Outcome outcome =
      attnscope("run -V all -a n=72 -a heads=2 -a head_dim=16 -a mode=forward,training -a scope=core,layer,block -o " +
                file("r.jsonl") + short_run);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), 6 * attention::variant_names().size());
  for (const Record& record : all) {
    SCOPED_TRACE(record.case_key);
    ASSERT_TRUE(has_measurement(record.status)) << record.status_reason;
    EXPECT_EQ(record.peak_memory_bytes, record.peak_memory_predicted_bytes) << "to the byte";
    EXPECT_GT(*record.time_median_ns, 0);
    EXPECT_EQ(static_cast<std::size_t>(*record.samples), record.samples_ns.size());
    EXPECT_EQ(record.validated, "full");
    EXPECT_LE(*record.max_rel_err, *record.err_tol);
    EXPECT_GT(*record.flops_model, 0);
    EXPECT_GT(*record.mem_peak_rss_bytes, 0);
    if (record.variant == "softmax" && record.scope == "core" && record.mode == "forward") {
      EXPECT_EQ(*record.flops_model, 4 * 2 * 72 * 72 * 16);
      EXPECT_EQ(*record.flops_dense, *record.flops_model);
      EXPECT_LT(*record.approx_err_vs_exact, 1e-5);
    }
    EXPECT_EQ(record.input, record.scope == "core" ? "gaussian" : "listops");
  }
}

TEST_F(Commands, LongCasesAreValidatedAtTheShapeTheyShare) {
  const Outcome outcome =
      attnscope("run -V softmax -a n=1k:4k:x2 -a head_dim=64 --ceilings off -o " + file("r.jsonl") + short_run);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].validated, "reduced");
  EXPECT_EQ(all[1].validated_at, "batch=1;heads=1;n=1024");
  EXPECT_EQ(all[2].validated_at, all[1].validated_at);
  EXPECT_EQ(all[2].max_rel_err, all[1].max_rel_err);
  EXPECT_TRUE(all[2].approx_err_vs_exact) << "at its own shape";
}

TEST_F(Commands, ExportGivesTheSameFiguresInEveryFormat) {
  ASSERT_EQ(
      attnscope("run -V flash,linformer -a n=16 -a causal=0,1 -a heads=1 -o " + file("r.jsonl") + short_run).exit_code,
      0);
  const auto all = records(file("r.jsonl"));
  ASSERT_EQ(attnscope("export " + file("r.jsonl") + " --format csv -o " + file("r.csv")).exit_code, 0);
  const auto rows = reports::read_csv(file("r.csv"));
  ASSERT_EQ(rows.size(), all.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const reports::Column& column : reports::columns()) {
      EXPECT_EQ(format_value(rows[i], column), format_value(all[i], column)) << column.name;
    }
  }
  const auto json = nlohmann::json::parse(attnscope("export " + file("r.jsonl") + " --format json").out);
  EXPECT_FALSE(json.empty());
  const auto gbench = nlohmann::json::parse(attnscope("export " + file("r.jsonl") + " --format gbench").out);
  EXPECT_TRUE(gbench.contains("context"));
  EXPECT_GE(gbench.at("benchmarks").size(), 1u);
  EXPECT_NE(attnscope("export " + file("r.jsonl") + " --format md").out.find("| "), std::string::npos);
}

TEST_F(Commands, DecodingCountsOneTokenACall) {
  ASSERT_EQ(attnscope("run -V softmax -a n=64 -a batch=2 -a heads=1 -a head_dim=16 -a mode=decode,forward -o " +
                      file("d.jsonl") + short_run)
                .exit_code,
            0);
  for (const Record& record : records(file("d.jsonl"))) {
    SCOPED_TRACE(record.case_key);
    const bool decode = record.mode == "decode";
    EXPECT_DOUBLE_EQ(*record.tokens_per_s, 2 * (decode ? 1 : 64) / (*record.time_median_ns * 1e-9));
    // f32. Decoding: q, k, v and output of one position, and the keys and values of the 64 before it.
    const std::int64_t row = 4 * 2 * 16;
    EXPECT_EQ(*record.mem_io_bytes, decode ? (4 + 2 * 64) * row : 4 * 64 * row);
  }
}

TEST_F(Commands, ProfilesAccountForTheirRecord) {
  ASSERT_EQ(attnscope("run --profile -V longformer,softmax -a n=64 -a heads=2 -a mode=forward,training -o " +
                      file("p.jsonl") + short_run)
                .exit_code,
            0);
  for (const Record& record : records(file("p.jsonl"))) {
    SCOPED_TRACE(record.case_key);
    const auto profile = reports::profile_of(record);
    ASSERT_TRUE(profile);
    std::int64_t flops = 0, bytes = 0, highest = 0;
    bool backward = false;
    for (const reports::OpSpan& span : profile->spans) {
      flops += span.flops;
      bytes += span.bytes;
      highest = std::max(highest, span.pool_bytes);
      backward = backward || span.backward;
      EXPECT_LE(span.start_ns + span.duration_ns, profile->wall_ns);
    }
    EXPECT_EQ(flops, record.flops_model);
    EXPECT_EQ(bytes, record.bytes_model);
    EXPECT_GE(highest, record.peak_memory_bytes);
    EXPECT_EQ(backward, record.mode == "training");
  }
  EXPECT_NE(attnscope("export " + file("p.jsonl") + " --format profile").out.find("(between ops)"), std::string::npos);
  const auto trace = nlohmann::json::parse(attnscope("export " + file("p.jsonl") + " --format trace").out);
  EXPECT_GT(trace.at("traceEvents").size(), 8U);
  ASSERT_EQ(attnscope("run -V flash -a n=16 -o " + file("none.jsonl") + short_run).exit_code, 0);
  EXPECT_EQ(attnscope("export " + file("none.jsonl") + " --format trace").exit_code, 6);
}

TEST_F(Commands, ListAndDescribeSpeakJson) {
  const auto variants = nlohmann::json::parse(attnscope("list variants --json").out);
  EXPECT_EQ(variants.size(), attention::all_names().size());
  for (const auto& variant : variants) EXPECT_EQ(variant["peer"], variant["class"] == "peer") << variant;
  for (const char* what : {"devices", "presets", "axes"}) {
    EXPECT_FALSE(nlohmann::json::parse(attnscope(std::string("list ") + what + " --json").out).empty()) << what;
  }
  const auto card = nlohmann::json::parse(attnscope("describe longformer --json").out);
  EXPECT_NE(card.dump().find("\"w_q\""), std::string::npos) << "parameters are named";
  EXPECT_NE(card.dump().find("dilation"), std::string::npos);
  EXPECT_NE(card.dump().find("2004.05150"), std::string::npos);
}

// A peer that the device has no library for is a hole with its reason, in what is measured and in what is predicted.
TEST_F(Commands, PeersNeedTheirLibrary) {
  const std::string sweep = " -V flash,cudnn_sdpa -a n=16 -a mode=forward,training ";
  ASSERT_EQ(attnscope("run" + sweep + "-o " + file("r.jsonl") + short_run).exit_code, 0);
  const Outcome predicted = attnscope("predict" + sweep + "--format csv");
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  for (const auto& all : {records(file("r.jsonl")), reports::read_csv(write("p.csv", predicted.out))}) {
    ASSERT_EQ(all.size(), 4u);
    for (const Record& record : all) {
      if (record.variant != "cudnn_sdpa") continue;
      EXPECT_EQ(record.status, reports::Status::unsupported);
      const std::string reason = record.mode == "forward" ? "the cpu backend has no library" : "forward only";
      EXPECT_NE(record.status_reason.find(reason), std::string::npos) << record.status_reason;
    }
  }
  const Outcome check = attnscope("check cudnn_sdpa --json");
  EXPECT_EQ(check.exit_code, 0) << check.out;
  for (const auto& outcome : nlohmann::json::parse(check.out)) {
    const bool on_cpu = outcome["check"] == "forward" || outcome["check"] == "memory";
    if (on_cpu) {
      EXPECT_EQ(outcome["verdict"], "not applicable") << outcome;
    }
    if (outcome["check"] == "identities" || outcome["check"] == "cost") {
      EXPECT_EQ(outcome["verdict"], "passed") << outcome;
    }
  }
}

TEST_F(Commands, PredictNeedsNoMachine) {
  const Outcome outcome = attnscope("predict -V softmax -a n=1m");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.out.find("1048576"), std::string::npos);
}

TEST_F(Commands, PresetsRun) {
  const Outcome plan = attnscope("run --preset quick --dry-run");
  EXPECT_EQ(plan.exit_code, 0);
  EXPECT_NE(plan.out.find("linear_transformer"), std::string::npos);
  EXPECT_EQ(attnscope("run --preset ci --max-time 10ms --min-time 1ms -o " + file("ci.jsonl")).exit_code, 0);
}

// No preset may ask for what a laptop of 32 GiB cannot hold: the quadratic variants end where they are affordable.
TEST_F(Commands, PresetsPlanWhatTheySay) {
  const auto presets = nlohmann::json::parse(attnscope("list presets --json").out);
  EXPECT_EQ(presets.size(), 5u);
  for (const auto& preset : presets) {
    const std::string name = preset["preset"];
    SCOPED_TRACE(name);
    const Outcome plan = attnscope("predict --preset " + name + " --format csv");
    ASSERT_EQ(plan.exit_code, 0) << plan.err;
    std::set<std::string> variants;
    for (const Record& record : reports::read_csv(write(name + ".csv", plan.out))) {
      if (record.status == reports::Status::ok) variants.insert(record.variant);
      EXPECT_LE(record.peak_memory_predicted_bytes.value_or(0), std::int64_t{20} << 30) << record.case_key;
    }
    EXPECT_EQ(variants.size(), attention::variant_names().size());
    EXPECT_EQ(attnscope("run --dry-run --preset " + name).exit_code, 0);
  }
}

TEST_F(Commands, QuietIsQuiet) {
  const Outcome outcome = attnscope("run -V flash -a n=16 -a heads=1 --quiet -o " + file("r.jsonl") + short_run);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
}

TEST_F(Commands, HelpAndVersion) {
  EXPECT_EQ(attnscope("--help").exit_code, 0);
  EXPECT_EQ(attnscope("--version").exit_code, 0);
  for (const char* command : {"run", "list", "describe", "check", "eval", "predict", "compare", "gate", "export",
                              "advise", "merge", "repro", "completion", "man"}) {
    EXPECT_EQ(attnscope(std::string(command) + " --help").exit_code, 0) << command;
  }
}

}  // namespace
}  // namespace attnscope::end_to_end
