#include "harness/plan/case.h"

#include <fmt/format.h>

#include "harness/device/devices.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::plan {

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ull;  // FNV-1a, 64 bits
  for (const unsigned char byte : text) hash = (hash ^ byte) * 0x100000001b3ull;
  return hash;
}

std::vector<std::pair<std::string, std::string>> split_params(std::string_view params) {
  std::vector<std::pair<std::string, std::string>> result;
  while (!params.empty()) {
    const auto end = std::min(params.find(';'), params.size());
    const auto item = params.substr(0, end);
    const auto equals = std::min(item.find('='), item.size());
    const auto value = equals < item.size() ? item.substr(equals + 1) : std::string_view{};
    result.emplace_back(item.substr(0, equals), value);
    params.remove_prefix(std::min(end + 1, params.size()));
  }
  return result;
}

std::string key(const Case& c) {
  std::string text = "variant=" + c.variant;
  for (const auto& [name, value] : split_params(c.params)) text += fmt::format(";params.{}={}", name, value);
  const auto& p = c.problem;
  return text + fmt::format(
                    ";scope={};mode={};causal={:d};dtype={};device={};threads={};batch={};heads={};head_dim={};n={};"
                    "input={};cache={}{}",
                    to_string(p.scope), to_string(p.mode), p.causal, c.dtype, c.device, c.threads, p.batch, p.heads,
                    p.head_dim, p.seq_len, c.input, c.cache, c.launch == "stream" ? "" : ";launch=" + c.launch);
}

std::string id(const Case& c) { return fmt::format("{:016x}", stable_hash(key(c))); }

std::string short_name(const Case& c) {
  const auto& p = c.problem;
  std::string text = fmt::format("{} n={} {}", c.variant, p.seq_len, to_string(p.mode));
  if (p.scope != attention::Scope::core) text += fmt::format(" {}", to_string(p.scope));
  if (p.causal) text += " causal";
  if (c.device != "cpu") text += " " + c.device;
  if (c.launch == "graph") text += " graph";
  return text;
}

reports::Record planned_record(const Case& c) {
  reports::Record record;
  const auto& p = c.problem;
  record.case_key = key(c);
  record.case_id = id(c);
  record.variant = c.variant;
  record.params = c.params;
  record.scope = to_string(p.scope);
  record.mode = to_string(p.mode);
  record.causal = p.causal ? 1 : 0;
  record.pattern = p.causal ? "cs" : "ns";
  record.dtype = c.dtype;
  record.acc_dtype = c.dtype == "f64" ? "f64" : "f32";
  record.device = c.device;
  record.threads = c.threads;
  record.batch = p.batch;
  record.heads = p.heads;
  record.kv_heads = p.heads;
  record.seq_q = p.seq_len;
  record.seq_k = p.seq_len;
  record.head_dim = p.head_dim;
  record.value_dim = p.head_dim;
  record.input = c.input;
  record.cache_state = c.cache;
  if (device::cuda_ordinal(c.device)) record.launch = c.launch;
  record.validated = "none";
  return record;
}

nlohmann::json to_json(const Case& c) {
  const auto& p = c.problem;
  return {{"variant", c.variant},      {"params", c.params}, {"scope", to_string(p.scope)},
          {"mode", to_string(p.mode)}, {"causal", p.causal}, {"batch", p.batch},
          {"heads", p.heads},          {"n", p.seq_len},     {"head_dim", p.head_dim},
          {"dtype", c.dtype},          {"device", c.device}, {"threads", c.threads},
          {"input", c.input},          {"cache", c.cache},   {"launch", c.launch}};
}

Case case_from_json(const nlohmann::json& object) {
  Case c;
  c.variant = object.at("variant");
  c.params = object.at("params");
  c.problem.scope = attention::scope_from_string(object.at("scope").get<std::string>()).value();
  c.problem.mode = attention::mode_from_string(object.at("mode").get<std::string>()).value();
  c.problem.causal = object.at("causal");
  c.problem.batch = object.at("batch");
  c.problem.heads = object.at("heads");
  c.problem.seq_len = object.at("n");
  c.problem.head_dim = object.at("head_dim");
  c.dtype = object.at("dtype");
  c.device = object.at("device");
  c.threads = object.at("threads");
  c.input = object.at("input");
  c.cache = object.at("cache");
  c.launch = object.value("launch", c.launch);
  return c;
}

std::unique_ptr<attention::Variant> make_variant(const Case& c) {
  auto variant = attention::make_variant(c.variant);
  for (const auto& [name, value] : split_params(c.params)) variant->options().set(name, value);
  return variant;
}

}  // namespace attnscope::harness::plan
