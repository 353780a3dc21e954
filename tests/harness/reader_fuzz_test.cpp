// Every reader of files and texts, fed with damaged ones: a result or an error for people, never a crash.
//
// ATTNSCOPE_READER_FUZZ_CASES sets the executions per reader; scripts/campaigns/readers runs many, under sanitizers.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>

#include "harness/errors.h"
#include "harness/gate/policy.h"
#include "harness/numpy/npz.h"
#include "harness/plan/preset.h"
#include "harness/plan/sweep.h"
#include "reports/csv.h"
#include "reports/filter.h"
#include "reports/jsonl.h"
#include "tests/reports/damage.h"
#include "tests/reports/support.h"

namespace attnscope::harness {
namespace {

namespace fs = std::filesystem;

int wanted_cases() {
  const char* text = std::getenv("ATTNSCOPE_READER_FUZZ_CASES");
  return text != nullptr ? std::atoi(text) : 300;
}

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

using reports::testing::Damage;

class ReaderFuzz : public ::testing::Test {
 protected:
  // Exceptions are answers, as long as they say something.
  void fuzz(const std::string& valid, const std::function<void(const std::string&)>& read) {
    ASSERT_FALSE(valid.empty());
    Damage damage(20261125);
    int accepted = 0, refused = 0;
    for (int i = 0; i < wanted_cases(); ++i) {
      const std::string damaged = damage.apply(valid);
      try {
        read(damaged);
        ++accepted;
      } catch (const std::exception& error) {
        ASSERT_GT(std::string(error.what()).size(), 10U) << error.what();
        ++refused;
      }
    }
    std::printf("%d accepted, %d refused\n", accepted, refused);
    EXPECT_GT(refused + accepted, 0);
  }
  void fuzz_file(const std::string& name, const std::string& valid, const std::function<void(const fs::path&)>& read) {
    const fs::path path = folder_ / name;
    fuzz(valid, [&](const std::string& damaged) {
      std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
      read(path);
    });
  }

  static std::string run_lines() {
    reports::Environment environment{"e1", {{"cpu", {{"model", "x"}}}, {"load", {0.1, 0.2}}}};
    reports::Record record;
    record.variant = "flash";
    record.seq_q = 1024;
    record.time_median_ns = 1.5e6;
    record.samples_ns = {1e6, 2e6};
    record.samples_per_process = {1, 1};
    record.profile = {{"runs", 1}, {"wall_ns", 2.0}, {"spans", nlohmann::json::array()}};
    reports::Reference reference;
    reference.time_median_ns = 5;
    return to_json_line(environment) + "\n" + to_json_line(record) + "\n" + to_json_line(reference) + "\n" +
           to_json_line(record) + "\n";
  }

  const reports::testing::TemporaryDirectory directory_;
  const fs::path folder_ = directory_.file("");
};

TEST_F(ReaderFuzz, JsonLines) {
  fuzz_file("run.jsonl", run_lines(), [](const fs::path& path) { reports::load_jsonl(path); });
}

TEST_F(ReaderFuzz, Csv) {
  std::ostringstream out;
  reports::Record record;
  record.variant = "fla\"sh,";
  record.seq_q = 64;
  reports::write_csv(out, std::vector{record, record});
  fuzz_file("run.csv", out.str(), [](const fs::path& path) { reports::read_csv(path); });
}

TEST_F(ReaderFuzz, Npz) {
  std::map<std::string, tensor::HostArray> arrays;
  arrays["q"] = {tensor::Shape{2, 3}, {1, 2, 3, 4, 5, 6}};
  arrays["key_mask"] = {tensor::Shape{1, 4}, {1, 1, 1, 0}};
  const fs::path path = folder_ / "valid.npz";
  numpy::write_npz(path, arrays, numpy::Element::f8);
  fuzz_file("in.npz", content_of(path), [](const fs::path& damaged) { numpy::read_npz(damaged); });
}

TEST_F(ReaderFuzz, Presets) {
  const std::string valid =
      "title = \"t\"\n[settings]\nprecision = \"5%\"\n[[sweep]]\nvariants = \"longformer,lin*\"\n"
      "axes = { n = \"4k:16k:x2\", mode = [\"forward\", \"training\"] }\nparams.longformer.window = [64, 256]\n"
      "where = \"n<=8k || variant!=longformer\"\n";
  fuzz_file("p.toml", valid, [](const fs::path& path) { plan::read_preset(path); });
}

TEST_F(ReaderFuzz, Policies) {
  const std::string valid =
      "[default]\nmetric = \"time_median_ns\"\nmin_effect = \"5%\"\nconfidence = 0.99\nconfirm = 2\n"
      "[memory]\nmetric = \"peak_memory_bytes\"\nmin_effect = 0\n"
      "[error]\nmetric = \"approx_err_vs_exact\"\none_sided = \"higher\"\nmin_effect = \"1%\"\n"
      "[[waive]]\nfilter = \"variant:reformer device:cpu\"\nuntil = \"2999-12-01\"\nreason = \"known\"\n";
  std::ofstream(folder_ / "valid.toml") << valid;
  ASSERT_NO_THROW(gate::read_policy(folder_ / "valid.toml", "2026-11-25"));
  fuzz_file("policy.toml", valid, [](const fs::path& path) { gate::read_policy(path, "2026-11-25"); });
}

TEST_F(ReaderFuzz, Filters) {
  const reports::Record record = [] {
    reports::Record r;
    r.variant = "flash";
    r.seq_q = 4096;
    return r;
  }();
  fuzz("variant:/^fl.*h$/ (n:>=4k OR -dtype:bf16) && time_median_ns<=2e6 || variant!='softmax'",
       [&](const std::string& text) { reports::Filter::parse(text).matches(record); });
}

TEST_F(ReaderFuzz, SweepSyntax) {
  fuzz("n=256:64k:x2,1k:2k:+256,[1,2]", [](std::string text) {
    std::erase(text, '\0');  // which no command line can hold
    plan::parse_axis(text);
  });
}

}  // namespace
}  // namespace attnscope::harness
