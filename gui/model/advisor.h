// Which variant to use for one question: ranked by time, each figure with where it comes from. From the loaded runs
// alone, or from what the harness program predicts beyond them.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "gui/model/run_store.h"

namespace attnscope::gui::model {

struct AdvisorQuestion {
  std::int64_t length = 0;
  std::optional<std::int64_t> memory_bytes;  // none: no budget
  QString mode = QStringLiteral("forward"), device = QStringLiteral("cpu"), dtype = QStringLiteral("f32");
  bool causal = false;
  bool operator==(const AdvisorQuestion&) const = default;
};

struct AdvisorEntry {
  QString variant, params;
  std::optional<double> time_ns;
  bool is_lower_bound = false;  // the real time is longer
  QString source;               // "measured", "interpolated", "predicted", …
  QString basis;                // "between n = 2k and n = 4k"
  std::int64_t memory_bytes = 0;
  QString memory_source;
  std::optional<PointKey> key;  // the variant's case in the loaded runs that is nearest to the question
};

struct AdvisorExclusion {
  QString variant, params, reason;
};

struct AdvisorAnswer {
  QString headline;  // "linear_transformer: 3.47 ms (interpolated), 36.7 MiB"
  QString origin;    // what the answer rests on
  std::vector<AdvisorEntry> ranked;
  std::vector<AdvisorExclusion> excluded;
};

// "16k", "4096". Nothing when it is not a positive whole number.
std::optional<std::int64_t> parse_length(const QString& text);
// "2GiB", "500m", "1.5 G": bytes, with prefixes of 1024. Nothing when it is not understood or not positive.
std::optional<std::int64_t> parse_memory(const QString& text);

// Variants are answered for within the lengths that were measured of them; beyond, they are excluded with that reason.
AdvisorAnswer advise_from_runs(std::span<const LoadedRun> runs, const AdvisorQuestion& question);

// Arguments of `attnscope` that answer the question from the same runs; shape and scope are those of the runs.
QStringList advise_arguments(std::span<const LoadedRun> runs, const AdvisorQuestion& question);
// What `attnscope advise --json` printed. Nothing when it is something else.
std::optional<AdvisorAnswer> advice_from_json(const QByteArray& output, std::span<const LoadedRun> runs,
                                              const AdvisorQuestion& question);

}  // namespace attnscope::gui::model
