#include "harness/plan/plan.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <set>

#include "harness/device/cpu.h"
#include "harness/device/devices.h"
#include "harness/errors.h"
#include "harness/input/input.h"
#include "harness/input/random.h"
#include "harness/plan/axes.h"
#include "harness/plan/selection.h"
#include "reports/filter.h"
#include "suite/attention/session.h"

namespace attnscope::harness::plan {

namespace {

using reports::Status;
using AxisMap = std::map<std::string, std::vector<std::string>>;

AxisMap axis_values(const Sweep& sweep) {
  AxisMap values;
  for (const Axis& axis : axes()) values[axis.name] = {axis.default_value};
  for (const std::string& text : sweep.axes) {
    AxisValues given = parse_axis(text);
    values[given.axis] = std::move(given.values);
  }
  return values;
}

std::int64_t as_count(const std::string& text) { return *reports::parse_count(text); }

int as_threads(const std::string& text) {
  return text == "all" ? device::usable_cores() : static_cast<int>(as_count(text));
}

// Axes in the order of the nested loops, outermost first.
constexpr std::array loop_order{"device", "scope",  "mode",  "causal", "dtype",    "threads",
                                "cache",  "launch", "batch", "heads",  "head_dim", "n"};

Case make_case(const std::map<std::string, std::string>& point, const Sweep& sweep) {
  Case c;
  c.device = point.at("device");
  c.problem.scope = attention::scope_from_string(point.at("scope")).value();
  c.problem.mode = attention::mode_from_string(point.at("mode")).value();
  c.problem.causal = point.at("causal") == "1";
  c.problem.batch = as_count(point.at("batch"));
  c.problem.heads = as_count(point.at("heads"));
  c.problem.head_dim = as_count(point.at("head_dim"));
  c.problem.seq_len = as_count(point.at("n"));
  c.dtype = point.at("dtype");
  c.cache = point.at("cache");
  c.launch = point.at("launch");
  c.threads = c.device == "cpu" ? as_threads(point.at("threads")) : 1;
  c.input = sweep.input.empty() ? input::default_source(c.problem.scope) : sweep.input;
  return c;
}

// Every point of the cartesian product of the axes.
std::vector<Case> points(const Sweep& sweep) {
  const AxisMap values = axis_values(sweep);
  std::vector<std::map<std::string, std::string>> product{{}};
  for (const char* axis : loop_order) {
    std::vector<std::map<std::string, std::string>> longer;
    for (const auto& prefix : product) {
      for (const std::string& value : values.at(axis)) {
        longer.push_back(prefix);
        longer.back()[axis] = value;
      }
    }
    product = std::move(longer);
  }
  std::vector<Case> cases;
  for (const auto& point : product) cases.push_back(make_case(point, sweep));
  return cases;
}

// Which of `count` shards a case belongs to, from 1: by its key alone, so that filters move no case.
int shard_of(const Case& c, int count) {
  const std::uint64_t mixed = input::Random(stable_hash(key(c))).bits();  // FNV's low bits are not even enough
  return static_cast<int>(mixed % static_cast<std::uint64_t>(count)) + 1;
}

std::optional<std::string> why_unsupported(const Case& c, const ParameterSet& parameters) {
  if (!parameters.impossible.empty()) return parameters.impossible;
  if (auto reason = device::unsupported_dtype(c.device, c.dtype)) return reason;
  if (c.launch == "graph" && !device::cuda_ordinal(c.device)) {
    return fmt::format("launch graph: device {} has no queue to record, CUDA devices have", c.device);
  }
  return make_variant(c)->refusal(c.problem);
}

std::vector<ParameterValues> parameters_of(const Sweep& sweep, const std::vector<std::string>& variants) {
  std::vector<ParameterValues> parameters;
  for (const std::string& text : sweep.parameters) {
    parameters.push_back(parse_parameter(text));
    const ParameterValues& parameter = parameters.back();
    if (std::ranges::find(variants, parameter.variant) == variants.end()) {
      select_variants({parameter.variant});  // an unknown name is the more helpful error
      throw UsageError(fmt::format("-P {}: {} is not among the selected variants ({})", text, parameter.variant,
                                   fmt::join(variants, ", ")));
    }
    expand_parameters(parameter.variant, {parameter});  // reports unknown options and values
  }
  return parameters;
}

}  // namespace

Order parse_order(const std::string& text) {
  if (text == "plan") return Order::plan;
  if (text == "cost") return Order::cost;
  if (text == "random") return Order::random;
  throw unknown_name("order", text, std::vector<std::string>{"plan", "cost", "random"});
}

std::vector<PlannedCase> make_plan(const Request& request) {
  std::vector<PlannedCase> planned;
  std::set<std::string> keys;
  bool any_included = false;  // in any shard: one that holds nothing but holes still records them
  for (const Sweep& sweep : request.sweeps) {
    const std::vector<std::string> variants = select_variants(sweep.variants);
    const std::vector<ParameterValues> given = parameters_of(sweep, variants);
    const reports::Filter where = reports::Filter::parse(sweep.where);
    if (!sweep.input.empty()) input::require_source(sweep.input);
    const std::vector<Case> product = points(sweep);
    const bool free_causal = axis_values(sweep).at("causal") == std::vector<std::string>{"auto"};
    for (const std::string& variant : variants) {
      for (const ParameterSet& parameters : expand_parameters(variant, given)) {
        for (Case c : product) {
          c.variant = variant;
          c.params = parameters.params;
          if (free_causal && parameters.impossible.empty()) c.problem = make_variant(c)->supported(c.problem);
          if (!keys.insert(key(c)).second) continue;
          const bool included = where.matches(planned_record(c));
          any_included = any_included || included;
          if (shard_of(c, request.shard.count) != request.shard.index) continue;
          PlannedCase entry{std::move(c), std::nullopt, {}};
          if (!included) {
            entry.status = Status::excluded;
            entry.reason = "--where " + where.text();
          } else if (auto reason = why_unsupported(entry.c, parameters)) {
            entry.status = Status::unsupported;
            entry.reason = *reason;
          }
          planned.push_back(std::move(entry));
        }
      }
    }
  }
  if (!any_included) throw NothingMatched(fmt::format("--where excludes all {} cases", keys.size()));
  if (planned.empty())
    throw NothingMatched(fmt::format("shard {}/{} holds no case", request.shard.index, request.shard.count));
  return planned;
}

}  // namespace attnscope::harness::plan
