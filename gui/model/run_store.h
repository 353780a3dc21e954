// The loaded runs. Everything that shows results reads them from here; nothing else opens result files.
#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "reports/jsonl.h"
#include "reports/record.h"

namespace attnscope::gui::model {

// One record of one loaded run. Packed, it is the key of a point in a scene.
struct PointKey {
  int run = 0;     // LoadedRun::id
  int record = 0;  // index in the run
  auto operator<=>(const PointKey&) const = default;
  std::uint64_t packed() const { return (static_cast<std::uint64_t>(run) << 32) | static_cast<std::uint32_t>(record); }
  static PointKey unpacked(std::uint64_t key) {
    return {static_cast<int>(key >> 32), static_cast<int>(key & 0xffffffffu)};
  }
};

struct LoadedRun {
  int id = 0;  // never reused while the program runs
  QString path;
  QString name;  // short, unique among the loaded runs
  reports::Run run;
};

// Something that could not be read. The rest of the file, and the other files, are loaded all the same.
struct LoadProblem {
  QString path;
  int line = 0;  // 1-based; 0 when the whole file is meant
  QString message;
  bool is_fatal = false;  // nothing of the file was loaded
  QString text() const;   // "runs/a.jsonl:17: …"
};

class RunStore : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  // Files, and folders (searched for *.jsonl). A file that is already loaded is read again in place.
  // Returns what could not be read, which problems_found() also announces.
  QList<LoadProblem> load(const QStringList& paths);
  void close_all();

  std::span<const LoadedRun> runs() const { return runs_; }
  bool is_empty() const { return runs_.empty(); }
  const LoadedRun* find_run(int id) const;
  // nullptr when the run was closed.
  const reports::Record* find_record(PointKey key) const;

 signals:
  void runs_changed();
  void problems_found(const QList<attnscope::gui::model::LoadProblem>& problems);

 private:
  void load_file(const QString& path, QList<LoadProblem>& problems);
  void name_runs();

  std::vector<LoadedRun> runs_;
  int next_id_ = 1;
};

}  // namespace attnscope::gui::model
