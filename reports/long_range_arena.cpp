#include "reports/long_range_arena.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <system_error>

#include "reports/data_directories.h"
#include "reports/jsonl.h"

namespace attnscope::reports {

namespace {

LongRangeArena::Model model_from_json(const nlohmann::json& object, std::size_t tasks) {
  LongRangeArena::Model model;
  object.at("name").get_to(model.name);
  object.at("variants").get_to(model.variants);
  object.at("accuracy").get_to(model.accuracy);
  if (model.accuracy.size() != tasks) {
    throw std::invalid_argument(fmt::format("{} accuracies; expected {}, one a task", model.accuracy.size(), tasks));
  }
  const auto outside = std::ranges::find_if(model.accuracy, [](double a) { return !(a >= 0 && a <= 100); });
  if (outside != model.accuracy.end()) {
    throw std::invalid_argument(fmt::format("accuracy {}; expected 0 to 100 per cent", *outside));
  }
  return model;
}

}  // namespace

bool LongRangeArena::has_task(std::string_view task) const {
  return !tasks.empty() && (task == lra_average || std::ranges::find(tasks, task, &Task::id) != tasks.end());
}

std::string LongRangeArena::task_name(std::string_view task) const {
  const auto found = std::ranges::find(tasks, task, &Task::id);
  return found != tasks.end() ? found->name : "average";
}

std::optional<double> LongRangeArena::accuracy(std::string_view variant, std::string_view task) const {
  const auto model = std::ranges::find_if(
      models, [&](const Model& m) { return std::ranges::find(m.variants, variant) != m.variants.end(); });
  if (model == models.end() || !has_task(task)) return std::nullopt;
  if (task == lra_average) {
    return std::accumulate(model->accuracy.begin(), model->accuracy.end(), 0.0) /
           static_cast<double>(model->accuracy.size());
  }
  return model->accuracy[static_cast<std::size_t>(std::ranges::find(tasks, task, &Task::id) - tasks.begin())];
}

LongRangeArena read_long_range_arena(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw FileError(fmt::format("{}: cannot be opened; expected accuracies", path.string()));
  LongRangeArena arena;
  try {
    const nlohmann::json root = nlohmann::json::parse(file);
    root.at("source").get_to(arena.source);
    root.at("note").get_to(arena.note);
    for (const nlohmann::json& task : root.at("tasks")) arena.tasks.push_back({task.at("id"), task.at("name")});
    for (const nlohmann::json& object : root.at("models")) {
      arena.models.push_back(model_from_json(object, arena.tasks.size()));
    }
  } catch (const std::exception& error) {  // of the JSON library, or of model_from_json()
    throw FileError(fmt::format("{}: model {}: {}", path.string(), arena.models.size() + 1, error.what()));
  }
  return arena;
}

LongRangeArena find_long_range_arena() {
  for (const std::filesystem::path& directory : data_directories()) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(directory / "lra.json", error)) continue;
    try {
      return read_long_range_arena(directory / "lra.json");
    } catch (const FileError&) {
      return {};
    }
  }
  return {};
}

}  // namespace attnscope::reports
