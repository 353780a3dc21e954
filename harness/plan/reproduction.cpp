#include "harness/plan/reproduction.h"

#include <fmt/format.h>

#include "harness/errors.h"
#include "harness/plan/selection.h"

namespace attnscope::harness::plan {

namespace {

std::string shell_quoted(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=.,:/%+@";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// Optional: std::optional or reports::OptionalNumber.
template <class Optional>
auto required(const Optional& value, const reports::Record& record, std::string_view field) {
  if (!value)
    throw UsageError(fmt::format("record {}: {} is missing or unknown to this program", record.case_id, field));
  return *value;
}

std::string canonical_params(const reports::Record& record) {
  std::vector<ParameterValues> given;
  for (auto& [option, value] : split_params(record.params)) given.push_back({record.variant, option, {value}});
  return expand_parameters(record.variant, given).front().params;
}

}  // namespace

std::vector<std::string> reproduction_arguments(const Case& c, std::uint64_t seed) {
  std::vector<std::string> arguments{"run", "-V", c.variant};
  const auto add = [&](const char* option, std::string value) {
    arguments.emplace_back(option);
    arguments.push_back(std::move(value));
  };
  for (const auto& [name, value] : split_params(c.params)) add("-P", fmt::format("{}.{}={}", c.variant, name, value));
  const auto& p = c.problem;
  add("-a", fmt::format("scope={}", to_string(p.scope)));
  add("-a", fmt::format("mode={}", to_string(p.mode)));
  add("-a", fmt::format("causal={:d}", p.causal));
  add("-a", "dtype=" + c.dtype);
  add("--device", c.device);
  add("-a", fmt::format("threads={}", c.threads));
  add("-a", fmt::format("batch={}", p.batch));
  add("-a", fmt::format("heads={}", p.heads));
  add("-a", fmt::format("head_dim={}", p.head_dim));
  add("-a", fmt::format("n={}", p.seq_len));
  add("-a", "cache=" + c.cache);
  if (c.launch != "stream") add("-a", "launch=" + c.launch);
  add("--input", c.input);
  add("--seed", std::to_string(seed));
  return arguments;
}

std::string command_line(std::span<const std::string> arguments) {
  std::string line = "attnscope";
  for (const std::string& argument : arguments) line.append(" ").append(shell_quoted(argument));
  return line;
}

std::string reproduction(const Case& c, std::uint64_t seed) { return command_line(reproduction_arguments(c, seed)); }

Case recorded_case(const reports::Record& record) {
  Case c;
  c.variant = select_variants({record.variant}).front();
  c.params = canonical_params(record);
  c.problem.scope = required(attention::scope_from_string(record.scope), record, "scope");
  c.problem.mode = required(attention::mode_from_string(record.mode), record, "mode");
  c.problem.causal = required(record.causal, record, "causal") != 0;
  c.problem.batch = required(record.batch, record, "batch");
  c.problem.heads = required(record.heads, record, "heads");
  c.problem.head_dim = required(record.head_dim, record, "head_dim");
  c.problem.seq_len = required(record.seq_q, record, "seq_q");
  c.threads = static_cast<int>(required(record.threads, record, "threads"));
  c.dtype = record.dtype;
  c.device = record.device;
  c.input = record.input;
  c.cache = record.cache_state;
  if (!record.launch.empty()) c.launch = record.launch;
  if (key(c) != record.case_key) {
    throw UsageError(fmt::format(
        "record {}: this program has no such case; it was\n  {}\nand would be\n  {}\nUse the attnscope that "
        "wrote the record",
        record.case_id, record.case_key, key(c)));
  }
  return c;
}

}  // namespace attnscope::harness::plan
