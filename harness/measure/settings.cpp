#include "harness/measure/settings.h"

namespace attnscope::harness::measure {

namespace {

nlohmann::json to_json(const std::vector<Validation>& validations) {
  nlohmann::json list = nlohmann::json::array();
  for (const Validation& v : validations) {
    list.push_back({v.at, v.max_abs_err, v.max_rel_err, v.err_tol, v.err_rule, v.err_arrays});
  }
  return list;
}

std::vector<Validation> validations_from_json(const nlohmann::json& list) {
  std::vector<Validation> validations;
  for (const nlohmann::json& v : list) {
    validations.push_back({v.at(0), v.at(1), v.at(2), v.at(3), v.at(4), v.at(5)});
  }
  return validations;
}

}  // namespace

nlohmann::json to_json(const Settings& s) {
  return {{"seed", s.seed},
          {"validate", s.validate},
          {"validations", to_json(s.validations)},
          {"profile", s.profile},
          {"cupti", s.cupti},
          {"confidence", s.confidence},
          {"precision", s.precision},
          {"min_samples", s.min_samples},
          {"max_samples", s.max_samples},
          {"min_time_s", s.min_time_s},
          {"max_time_s", s.max_time_s},
          {"min_sample_time_s", s.min_sample_time_s},
          {"warm_up", to_text(s.warm_up)},
          {"throttle_threshold", s.throttle_threshold},
          {"best_clock_hz", s.best_clock_hz},
          {"memory_limit_bytes", s.memory_limit_bytes}};
}

Settings settings_from_json(const nlohmann::json& object) {
  Settings s;
  s.seed = object.at("seed");
  s.validate = object.at("validate");
  s.validations = validations_from_json(object.at("validations"));
  s.profile = object.at("profile");
  s.cupti = object.value("cupti", s.cupti);
  s.confidence = object.at("confidence");
  s.precision = object.at("precision");
  s.min_samples = object.at("min_samples");
  s.max_samples = object.at("max_samples");
  s.min_time_s = object.at("min_time_s");
  s.max_time_s = object.at("max_time_s");
  s.min_sample_time_s = object.at("min_sample_time_s");
  s.warm_up = parse_warm_up(object.at("warm_up"));
  s.throttle_threshold = object.at("throttle_threshold");
  s.best_clock_hz = object.at("best_clock_hz");
  s.memory_limit_bytes = object.at("memory_limit_bytes");
  return s;
}

}  // namespace attnscope::harness::measure
