#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iostream>
#include <iterator>
#include <limits>
#include <map>
#include <optional>

#include "harness/cli/forecast_records.h"
#include "harness/cli/shell.h"
#include "harness/cli/text_table.h"
#include "harness/device/memory.h"
#include "harness/measure/subject.h"
#include "harness/plan/plan.h"
#include "reports/advice.h"
#include "reports/data_directories.h"
#include "reports/filter.h"
#include "reports/jsonl.h"
#include "reports/markdown.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::cli {

namespace {

using reports::Recommendation;
using reports::Record;
using reports::Unit;

struct AdviseOptions {
  std::string length, memory, mode = "forward", scope = "core", device = "cpu", dtype = "f32", heads = "8",
                              head_dim = "64", batch = "1", threads;
  std::vector<std::string> runs, parameters;
  bool causal = false, json = false;
};

// What the times come from: files, the machine behind them and their records.
struct Evidence {
  std::vector<std::string> files;
  std::vector<std::string> machines;  // CPU models, each once
  std::vector<Record> records;
};

std::vector<std::filesystem::path> sample_runs() {
  for (const std::filesystem::path& directory : reports::data_directories()) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory / "samples", error)) {
      if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    if (!files.empty()) return files;
  }
  return {};
}

Evidence read_evidence(const AdviseOptions& options, const Shell& shell) {
  std::vector<std::filesystem::path> files(options.runs.begin(), options.runs.end());
  if (files.empty()) files = sample_runs();
  Evidence evidence;
  for (const std::filesystem::path& file : files) {
    reports::LoadedRun loaded = reports::load_jsonl(file);
    for (const reports::ReadIssue& issue : loaded.issues)
      shell.note(fmt::format("{}:{}: {}", issue.path, issue.line, issue.message));
    for (const reports::Environment& environment : loaded.run.environments) {
      const auto cpu = environment.values.value("cpu", nlohmann::json::object());
      const std::string model =
          cpu.is_object() && cpu.contains("model") && cpu["model"].is_string() ? cpu["model"] : "";
      if (!model.empty() && std::ranges::find(evidence.machines, model) == evidence.machines.end())
        evidence.machines.push_back(model);
    }
    evidence.files.push_back(file.filename().string());
    std::ranges::move(loaded.run.records, std::back_inserter(evidence.records));
  }
  return evidence;
}

// The thread count that most measured cases of the device used: times are compared at that one.
std::string usual_threads(const std::vector<Record>& records, const std::string& device) {
  std::map<std::int64_t, std::size_t> counts;
  for (const Record& record : records) {
    if (record.device == device && record.threads && record.time_median_ns) ++counts[*record.threads];
  }
  const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
  return most != counts.end() ? std::to_string(most->first) : "all";
}

std::vector<reports::Candidate> make_candidates(const AdviseOptions& options, const std::string& threads) {
  plan::Sweep sweep;
  sweep.variants = {"all"};
  sweep.axes = {"n=" + options.length,      "mode=" + options.mode,
                "scope=" + options.scope,   fmt::format("causal={:d}", options.causal),
                "device=" + options.device, "dtype=" + options.dtype,
                "heads=" + options.heads,   "head_dim=" + options.head_dim,
                "batch=" + options.batch,   "threads=" + threads};
  sweep.parameters = options.parameters;
  const std::vector<plan::PlannedCase> planned = plan::make_plan({{sweep}, {}, 1});
  const std::vector<Record> forecasts = forecast_records(planned, std::numeric_limits<std::int64_t>::max());
  std::vector<reports::Candidate> candidates;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const bool runs = !planned[i].status;
    const std::int64_t arguments =
        runs ? measure::make_subject(planned[i].c).prediction.memory.arguments_bytes : std::int64_t{0};
    candidates.push_back({forecasts[i], arguments});
  }
  return candidates;
}

void require_one_point(const AdviseOptions& options) {
  const std::pair<const char*, const std::string*> single[] = {
      {"--seq-len", &options.length},    {"--mode", &options.mode},   {"--scope", &options.scope},
      {"--device", &options.device},     {"--dtype", &options.dtype}, {"--heads", &options.heads},
      {"--head-dim", &options.head_dim}, {"--batch", &options.batch}, {"--threads", &options.threads}};
  for (const auto& [name, value] : single) {
    if (value->find_first_of(",:") != std::string::npos && *value != "cuda:0") {
      throw UsageError(
          fmt::format("{} {}: advice is for one point; give one value (`attnscope run` takes lists)", name, *value));
    }
  }
}

std::string time_text(const Recommendation& r) {
  if (!r.time_ns) return "?";
  const std::string time = reports::format_quantity(*r.time_ns, Unit::nanoseconds);
  if (reports::is_lower_bound(r.source)) return "≥ " + time;
  if (r.source != reports::TimeSource::measured) return "≈ " + time;
  if (!r.time_interval) return time;
  return fmt::format("{} ± {}", time,
                     reports::format_quantity((r.time_interval->hi - r.time_interval->lo) / 2, Unit::nanoseconds));
}

std::string memory_text(std::int64_t bytes) {
  return reports::format_quantity(static_cast<double>(bytes), Unit::bytes);
}

std::string origin_text(const Recommendation& r) {
  return r.basis.empty() ? std::string(to_string(r.source)) : fmt::format("{} ({})", to_string(r.source), r.basis);
}

// The variant and those of its hyper-parameters that are not at their defaults: "longformer window=64".
std::string name_text(const std::string& variant, const std::string& params) {
  const auto defaults = attention::make_variant(variant);
  std::string text = variant;
  for (const auto& [name, value] : plan::split_params(params)) {
    const bool is_default = std::ranges::any_of(defaults->options().all(), [&](const attention::OptionBase* option) {
      return option->info().name == name && option->text() == value;
    });
    if (!is_default) text += fmt::format(" {}={}", name, value);
  }
  return text;
}

// "n = 16k, training, causal, core, f32, cpu, 2 threads, batch 1, heads 8, head_dim 64, at most 2 GiB"
std::string question_text(const AdviseOptions& options, const Record& any, std::optional<std::int64_t> budget) {
  std::string text = fmt::format("n = {}, {}, {}, {}, {}, {}, {} threads, batch {}, heads {}, head_dim {}",
                                 reports::format_quantity(static_cast<double>(*any.seq_q), Unit::count), any.mode,
                                 options.causal ? "causal" : "not causal", any.scope, any.dtype, any.device,
                                 *any.threads, *any.batch, *any.heads, *any.head_dim);
  if (budget) text += fmt::format(", at most {}", memory_text(*budget));
  return text;
}

std::string answer_text(const reports::Advice& advice) {
  if (advice.ranked.empty()) return "No variant fits.";
  const Recommendation& best = advice.ranked.front();
  if (best.source == reports::TimeSource::unknown)
    return "Nothing was measured on this device: the variants below fit, by the memory they need.";
  if (reports::is_lower_bound(best.source)) {
    return fmt::format(
        "Perhaps {}: {} a call, {}; no variant was measured like this, the order is that of lower bounds.",
        best.record.variant, time_text(best), memory_text(best.memory_bytes));
  }
  return fmt::format("Use {}: {} a call ({}), {}.", best.record.variant, time_text(best), to_string(best.source),
                     memory_text(best.memory_bytes));
}

void write_text(const reports::Advice& advice, const std::string& question, const Evidence& evidence) {
  std::cout << answer_text(advice) << "\n\nFor " << question << ".\n";
  if (!evidence.files.empty()) {
    std::cout << fmt::format("Times from {}{}. Memory is the peak with inputs and parameters.\n",
                             fmt::join(evidence.files, ", "),
                             evidence.machines.empty() ? "" : fmt::format(" ({})", fmt::join(evidence.machines, ", ")));
  }
  if (!advice.ranked.empty()) {
    std::cout << '\n';
    TextTable table({"", "variant", "time", "memory", "where the time comes from"});
    for (std::size_t i = 0; i < advice.ranked.size(); ++i) {
      const Recommendation& r = advice.ranked[i];
      table.add({std::to_string(i + 1), name_text(r.record.variant, r.record.params), time_text(r),
                 memory_text(r.memory_bytes), origin_text(r)});
    }
    table.write(std::cout);
  }
  if (!advice.excluded.empty()) {
    std::cout << "\nExcluded\n";
    TextTable table({"variant", "why"});
    for (const reports::Exclusion& exclusion : advice.excluded)
      table.add({name_text(exclusion.variant, exclusion.params), exclusion.reason});
    table.write(std::cout);
  }
}

nlohmann::json to_json(const Recommendation& r) {
  nlohmann::json object = {
      {"variant", r.record.variant},
      {"params", r.record.params},
      {"time_ns", r.time_ns ? nlohmann::json(*r.time_ns) : nlohmann::json()},
      {"time_source", to_string(r.source)},
      {"time_basis", r.basis},
      {"memory_bytes", r.memory_bytes},
      {"memory_source", r.memory_measured ? "measured" : "predicted"},
      {"flops_model", r.record.flops_model ? nlohmann::json(*r.record.flops_model) : nlohmann::json()}};
  if (r.time_interval) object["time_ci_ns"] = {r.time_interval->lo, r.time_interval->hi};
  return object;
}

void write_json(const reports::Advice& advice, const std::string& question, const Evidence& evidence) {
  nlohmann::json document = {{"answer", answer_text(advice)},
                             {"question", question},
                             {"runs", evidence.files},
                             {"machines", evidence.machines},
                             {"ranked", nlohmann::json::array()},
                             {"excluded", nlohmann::json::array()}};
  for (const Recommendation& r : advice.ranked) document["ranked"].push_back(to_json(r));
  for (const reports::Exclusion& e : advice.excluded)
    document["excluded"].push_back({{"variant", e.variant}, {"params", e.params}, {"reason", e.reason}});
  std::cout << document.dump(2) << '\n';
}

ExitCode advise(const AdviseOptions& options, const Shell& shell) {
  require_one_point(options);
  const std::optional<std::int64_t> budget =
      options.memory.empty() ? std::nullopt : std::optional(device::parse_memory_limit(options.memory));
  const Evidence evidence = read_evidence(options, shell);
  const std::string threads =
      options.threads.empty() ? usual_threads(evidence.records, options.device) : options.threads;
  const std::vector<reports::Candidate> candidates = make_candidates(options, threads);
  const reports::Advice advice = reports::advise(candidates, evidence.records, budget);
  const std::string question = question_text(options, candidates.front().forecast, budget);
  if (options.json) {
    write_json(advice, question, evidence);
  } else {
    write_text(advice, question, evidence);
  }
  return advice.ranked.empty() ? ExitCode::nothing_matched : ExitCode::ok;
}

}  // namespace

void add_advise(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<AdviseOptions>();
  CLI::App* sub = add_subcommand<AdviseOptions>(
      app, shell, "advise", "which variant to use at a length, on a device, within a memory budget", options, advise);
  sub->add_option("--seq-len", options->length, "sequence length, as in 16k")->required();
  sub->add_option("--memory", options->memory,
                  "memory budget: 2GiB, 500m, or a share of what is available such as 80%");
  sub->add_option("--mode", options->mode, "forward, training or decode [forward]");
  sub->add_flag("--causal", options->causal, "a position may see only itself and earlier ones");
  sub->add_option("--scope", options->scope, "core, layer or block [core]");
  sub->add_option("--device", options->device, "device [cpu]");
  sub->add_option("--dtype", options->dtype, "element type [f32]");
  sub->add_option("--heads", options->heads, "attention heads [8]");
  sub->add_option("--head-dim", options->head_dim, "width of a head [64]");
  sub->add_option("--batch", options->batch, "sequences in a batch [1]");
  sub->add_option("--threads", options->threads, "threads [those of the runs]");
  sub->add_option("-P,--param", options->parameters, "VARIANT.OPTION=VALUES: hyper-parameters")
      ->allow_extra_args(false);
  sub->add_option("--runs", options->runs, "measured runs (JSON Lines) [the samples that come with attnscope]");
  sub->add_flag("--json", options->json, "a JSON object");
}

}  // namespace attnscope::harness::cli
