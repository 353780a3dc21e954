#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <stdexcept>

#include "reports/jsonl.h"

namespace attnscope::reports {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

void put(ordered_json& object, std::string_view name, const std::string& value) {
  if (!value.empty()) object[std::string(name)] = value;
}
void put(ordered_json& object, std::string_view name, Status value) { object[std::string(name)] = to_string(value); }
void put(ordered_json& object, std::string_view name, OptionalNumber<std::int64_t> value) {
  if (value) object[std::string(name)] = *value;
}
void put(ordered_json& object, std::string_view name, OptionalNumber<double> value) {
  if (value && std::isfinite(*value)) object[std::string(name)] = *value;
}

ordered_json ordered(const Record& record) {
  ordered_json object{{"type", "case"}};
  for (const Column& column : columns()) {
    std::visit([&](auto member) { put(object, column.name, record.*member); }, column.member);
  }
  put(object, "started_at", record.started_at);
  put(object, "order_index", record.order_index);
  if (!record.samples_ns.empty()) {
    ordered_json samples = ordered_json::array();
    for (const double sample : record.samples_ns) {
      if (std::isfinite(sample)) samples.push_back(sample);
    }
    object["samples_ns"] = std::move(samples);
  }
  if (!record.samples_per_process.empty()) object["samples_per_process"] = record.samples_per_process;
  if (!record.profile.is_null()) object["profile"] = record.profile;
  if (record.unknown.is_object()) {
    for (const auto& [name, value] : record.unknown.items()) {
      if (!object.contains(name)) object[name] = value;
    }
  }
  return object;
}

ordered_json ordered(const Environment& environment) {
  ordered_json object{{"type", "env"}, {"env_id", environment.env_id}};
  if (environment.values.is_object()) {
    for (const auto& [name, value] : environment.values.items()) {
      if (!object.contains(name)) object[name] = value;
    }
  }
  return object;
}

ordered_json ordered(const Reference& reference) {
  ordered_json object{{"type", "reference"}};
  put(object, "run_id", reference.run_id);
  put(object, "started_at", reference.started_at);
  put(object, "device", reference.device);
  object["order_index"] = reference.order_index;
  object["time_median_ns"] = reference.time_median_ns;
  object["time_ci_lo_ns"] = reference.time_ci_lo_ns;
  object["time_ci_hi_ns"] = reference.time_ci_hi_ns;
  put(object, "clock_mean_hz", reference.clock_mean_hz);
  put(object, "load_mean", reference.load_mean);
  return object;
}

std::string line_of(const ordered_json& object) {
  return object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

[[noreturn]] void wrong_type(std::string_view name, std::string_view expected, const json& found) {
  constexpr std::size_t shown = 60;
  std::string text = found.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > shown) text = text.substr(0, shown) + "…";
  throw std::invalid_argument(
      fmt::format("field '{}': expected {}, found {} ({})", name, expected, text, found.type_name()));
}

void take(std::string& target, std::string_view name, const json& value) {
  if (!value.is_string()) wrong_type(name, "a string", value);
  target = value.get<std::string>();
}

void take(OptionalNumber<double>& target, std::string_view name, const json& value) {
  if (!value.is_number()) wrong_type(name, "a number", value);
  target = value.get<double>();
}

// Python and JavaScript write whole numbers as 4096.0 at times; that is accepted, 4096.5 and 2^63 are not.
void take(OptionalNumber<std::int64_t>& target, std::string_view name, const json& value) {
  constexpr double limit = 9223372036854775808.0;
  if (value.is_number_float()) {
    const auto real = value.get<double>();
    if (std::trunc(real) != real || !(real > -limit && real < limit)) wrong_type(name, "a whole number", value);
    target = static_cast<std::int64_t>(real);
    return;
  }
  if (!value.is_number_integer()) wrong_type(name, "a whole number", value);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    wrong_type(name, "a whole number below 2^63", value);
  }
  const auto whole = value.get<std::int64_t>();
  if (whole == INT64_MIN) wrong_type(name, "a whole number above -2^63", value);
  target = whole;
}

void take(Status& target, std::string_view name, const json& value) {
  if (!value.is_string()) wrong_type(name, "a status", value);
  const auto status = status_from_string(value.get_ref<const std::string&>());
  if (!status) wrong_type(name, "a status such as ok, unstable, wrong, oom or timeout", value);
  target = *status;
}

void take_samples(std::vector<double>& target, const json& value) {
  if (!value.is_array()) wrong_type("samples_ns", "an array of numbers", value);
  target.reserve(value.size());
  for (const json& sample : value) {
    if (!sample.is_number()) wrong_type("samples_ns", "an array of numbers", sample);
    target.push_back(sample.get<double>());
  }
}

void take_counts(std::vector<std::int64_t>& target, std::string_view name, const json& value) {
  if (!value.is_array()) wrong_type(name, "an array of whole numbers", value);
  for (const json& count : value) {
    OptionalNumber<std::int64_t> number;
    take(number, name, count);
    target.push_back(*number);
  }
}

void require_object(const json& object, std::string_view type) {
  if (!object.is_object()) throw std::invalid_argument(fmt::format("expected an object, found {}", object.type_name()));
  const auto found = object.find("type");
  if (found != object.end() && *found != std::string(type)) {
    wrong_type("type", fmt::format("\"{}\"", type), *found);
  }
}

void require_field(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) {
    throw std::invalid_argument(fmt::format("field '{}' is missing", name));
  }
}

}  // namespace

json to_json(const Record& record) { return ordered(record); }
json to_json(const Environment& environment) { return ordered(environment); }
std::string to_json_line(const Record& record) { return line_of(ordered(record)); }
std::string to_json_line(const Environment& environment) { return line_of(ordered(environment)); }
std::string to_json_line(const Reference& reference) { return line_of(ordered(reference)); }

Record record_from_json(const json& object) {
  require_object(object, "case");
  for (const char* name : {"schema_version", "variant", "status"}) require_field(object, name);
  Record record;
  for (const auto& [name, value] : object.items()) {
    const Column* column = find_column(name);
    if (name == "type" || (value.is_null() && column != nullptr)) continue;
    if (column != nullptr) {
      std::visit([&, &field = name, &found = value](auto member) { take(record.*member, field, found); },
                 column->member);
    } else if (name == "started_at") {
      take(record.started_at, name, value);
    } else if (name == "order_index") {
      take(record.order_index, name, value);
    } else if (name == "samples_ns") {
      take_samples(record.samples_ns, value);
    } else if (name == "samples_per_process") {
      take_counts(record.samples_per_process, name, value);
    } else if (name == "profile") {
      record.profile = value;
    } else {
      record.unknown[name] = value;
    }
  }
  return record;
}

Reference reference_from_json(const json& object) {
  require_object(object, "reference");
  require_field(object, "time_median_ns");
  Reference reference;
  OptionalNumber<double> median, lo, hi;
  OptionalNumber<std::int64_t> order_index;
  const std::map<std::string_view, OptionalNumber<double>*> numbers{{"time_median_ns", &median},
                                                                    {"time_ci_lo_ns", &lo},
                                                                    {"time_ci_hi_ns", &hi},
                                                                    {"clock_mean_hz", &reference.clock_mean_hz},
                                                                    {"load_mean", &reference.load_mean}};
  for (const auto& [name, value] : object.items()) {
    if (value.is_null()) continue;
    if (const auto number = numbers.find(name); number != numbers.end()) take(*number->second, name, value);
    if (name == "run_id") take(reference.run_id, name, value);
    if (name == "started_at") take(reference.started_at, name, value);
    if (name == "device") take(reference.device, name, value);
    if (name == "order_index") take(order_index, name, value);
  }
  reference.order_index = order_index.value_or(0);
  reference.time_median_ns = *median;
  reference.time_ci_lo_ns = lo.value_or(*median);
  reference.time_ci_hi_ns = hi.value_or(*median);
  return reference;
}

Environment environment_from_json(const json& object) {
  require_object(object, "env");
  require_field(object, "env_id");
  Environment environment;
  for (const auto& [name, value] : object.items()) {
    if (name == "env_id") {
      take(environment.env_id, name, value);
    } else if (name != "type") {
      environment.values[name] = value;
    }
  }
  return environment;
}

}  // namespace attnscope::reports
