#include "reports/environment_class.h"

#include <algorithm>
#include <array>

namespace attnscope::reports {

namespace {

// JSON pointers into the environment's values.
constexpr std::array<const char*, 18> class_fields{"/cpu/architecture", "/cpu/model",  "/cpu/sockets", "/cpu/cores",
                                                   "/cpu/logical",      "/cpu/usable", "/cpu/smt",     "/cpu/isa",
                                                   "/cpu/governor",     "/cpu/turbo",  "/gpu",         "/cpu_backend",
                                                   "/omp_num_threads",  "/attnscope",  "/git_commit",  "/git_dirty",
                                                   "/compiler_flags",   "/compiler"};

std::string field_name(std::string_view pointer) {
  std::string name(pointer.substr(1));
  std::ranges::replace(name, '/', '.');
  return name;
}

std::string text_of(const nlohmann::json& value) {
  if (value.is_null()) return "not recorded";
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json value_at(const nlohmann::json& values, const nlohmann::json::json_pointer& pointer) {
  return values.contains(pointer) ? values.at(pointer) : nlohmann::json();
}

}  // namespace

std::vector<EnvironmentDifference> class_differences(const Environment& one, const Environment& other) {
  std::vector<EnvironmentDifference> differences;
  for (const char* field : class_fields) {
    const nlohmann::json::json_pointer pointer(field);
    const nlohmann::json a = value_at(one.values, pointer), b = value_at(other.values, pointer);
    if (a != b) differences.push_back({field_name(field), text_of(a), text_of(b)});
  }
  return differences;
}

}  // namespace attnscope::reports
