#include "reports/environment_facts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <string_view>

namespace attnscope::reports {

namespace {

struct Fact {
  std::string_view name, pointer;  // pointer: where it is in Environment::values (RFC 6901)
  bool machine_class;
};
constexpr auto facts = std::to_array<Fact>({
    {"CPU model", "/cpu/model", true},
    {"architecture", "/cpu/architecture", true},
    {"sockets", "/cpu/sockets", true},
    {"cores", "/cpu/cores", true},
    {"usable CPUs", "/cpu/usable", true},
    {"GPU", "/gpu", true},
    {"SMT", "/cpu/smt", false},
    {"instruction sets", "/cpu/isa", false},
    {"governor", "/cpu/governor", false},
    {"turbo", "/cpu/turbo", false},
    {"host", "/host", false},
    {"kernel", "/kernel", false},
    {"OS", "/os", false},
    {"GPU driver", "/driver", false},
    {"ASLR", "/aslr", false},
    {"container", "/container", false},
    {"OMP_NUM_THREADS", "/omp_num_threads", false},
    {"backend", "/cpu_backend", false},
    {"attnscope", "/attnscope", false},
    {"compiler", "/compiler", false},
    {"compiler flags", "/compiler_flags", false},
    {"build type", "/build_type", false},
    {"commit", "/git_commit", false},
    {"uncommitted changes", "/git_dirty", false},
    {"seed", "/seed", false},
    {"tags", "/tags", false},
});

std::string text_of(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<const Environment*> used_environments(const Run& run) {
  std::set<std::string_view> named;
  for (const Record& record : run.records) named.insert(record.env_id);
  std::vector<const Environment*> used;
  for (const Environment& environment : run.environments) {
    if (named.contains(environment.env_id)) used.push_back(&environment);
  }
  return used;
}

std::string value_in(const Run& run, const Fact& fact) {
  const nlohmann::json::json_pointer pointer{std::string(fact.pointer)};
  std::vector<std::string> texts;
  for (const Environment* environment : used_environments(run)) {
    if (!environment->values.contains(pointer)) continue;
    std::string text = text_of(environment->values[pointer]);
    if (!text.empty() && std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
  }
  return texts.empty() ? "-" : fmt::format("{}", fmt::join(texts, " / "));
}

// Of the CPU's reference before the first case; 0 when the run has none.
double first_reference_ns(const Run& run) {
  const Reference* first = nullptr;
  for (const Reference& reference : run.references) {
    if (!reference.is_of_cpu()) continue;
    if (first == nullptr || reference.order_index < first->order_index) first = &reference;
  }
  return first == nullptr ? 0 : first->time_median_ns;
}

}  // namespace

std::vector<FactDifference> environment_table(std::span<const Run* const> runs) {
  std::vector<FactDifference> table;
  for (const Fact& fact : facts) {
    FactDifference row{std::string(fact.name), {}, fact.machine_class};
    for (const Run* run : runs) row.values.push_back(value_in(*run, fact));
    const bool is_named = std::ranges::any_of(row.values, [](const std::string& value) { return value != "-"; });
    if (is_named) table.push_back(std::move(row));
  }
  return table;
}

bool differs(const FactDifference& fact) {
  return std::ranges::adjacent_find(fact.values, std::not_equal_to<>{}) != fact.values.end();
}

std::vector<FactDifference> environment_differences(std::span<const Run* const> runs) {
  std::vector<FactDifference> table = environment_table(runs);
  std::erase_if(table, [](const FactDifference& fact) { return !differs(fact); });
  return table;
}

std::vector<std::string> reference_notes(std::span<const std::string> names, std::span<const Run* const> runs) {
  constexpr double least_change = 0.05;
  std::vector<std::string> notes;
  const double base = first_reference_ns(*runs.front());
  for (std::size_t i = 1; i < runs.size(); ++i) {
    const double other = first_reference_ns(*runs[i]);
    if (!(base > 0 && other > 0) || std::abs(other / base - 1) < least_change) continue;
    notes.push_back(fmt::format(
        "The reference case took {:+.0f} % in {} against {}: the machine was not the same, or what all cases share "
        "has changed.",
        100 * (other / base - 1), names[i], names.front()));
  }
  return notes;
}

}  // namespace attnscope::reports
