// One point of the sweep: an immutable value. Two equal cases have the same key in every run and on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "reports/record.h"
#include "suite/attention/problem.h"
#include "suite/attention/variant.h"

namespace attnscope::harness::plan {

struct Case {
  std::string variant;
  std::string params;  // every hyper-parameter, "name=value;…" in declaration order
  attention::Problem problem{};
  std::string dtype = "f32";
  std::string device = "cpu";
  int threads = 1;
  std::string input = "gaussian";  // gaussian, listops or text:FILE
  std::string cache = "warm";      // warm or cold
  std::string launch = "stream";   // stream or graph, on CUDA devices

  bool operator==(const Case&) const = default;
};

// "variant=longformer;params.window=256;scope=core;mode=forward;causal=0;dtype=f32;…;cache=warm"
std::string key(const Case& c);
// 16 hexadecimal digits: FNV-1a of the key.
std::string id(const Case& c);
std::uint64_t stable_hash(std::string_view text);

// "longformer n=1024 training": for progress lines.
std::string short_name(const Case& c);

// The record of the case before it has run: identity and axes filled.
reports::Record planned_record(const Case& c);

nlohmann::json to_json(const Case& c);
Case case_from_json(const nlohmann::json& object);

// The variant with the case's hyper-parameters set.
std::unique_ptr<attention::Variant> make_variant(const Case& c);

// "window=256;dilation=1" -> {window, 256}, {dilation, 1}
std::vector<std::pair<std::string, std::string>> split_params(std::string_view params);

}  // namespace attnscope::harness::plan
