// Published quality of attention models: the accuracies of the Long Range Arena (Tay et al. 2020, arXiv 2011.04006),
// from data/lra.json.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attnscope::reports {

// The mean over all tasks, beside those of the file.
inline constexpr std::string_view lra_average = "lra-average";

struct LongRangeArena {
  struct Task {
    std::string id, name;  // "lra-listops", "ListOps"
  };
  struct Model {
    std::string name;                   // as in the paper
    std::vector<std::string> variants;  // that compute its function; none for a model that is not measured
    std::vector<double> accuracy;       // per cent, one a task
  };
  std::string source, note;
  std::vector<Task> tasks;
  std::vector<Model> models;

  bool has_task(std::string_view task) const;          // lra_average is one
  std::string task_name(std::string_view task) const;  // "ListOps", "average"
  // Per cent. Nothing for a variant that the paper did not measure, or an unknown task.
  std::optional<double> accuracy(std::string_view variant, std::string_view task) const;
};

// Throws FileError (jsonl.h) naming the file, the model and what is wrong with it.
LongRangeArena read_long_range_arena(const std::filesystem::path& path);
// That of the first data directory that has it; empty when there is none or it cannot be read: scores are an extra.
LongRangeArena find_long_range_arena();

}  // namespace attnscope::reports
