// The loaded runs. Everything that shows results reads them from here; nothing else opens result files.
#pragma once

#include <QList>
#include <QObject>
#include <QSet>
#include <QString>
#include <QStringList>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gui/model/load_problem.h"
#include "reports/jsonl_reader.h"
#include "reports/record.h"

class QThreadPool;

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

// Cells that can be chosen but stand for no case have keys of their own: no run has the id 0. `cell` counts from 1.
inline PointKey cell_key(std::size_t cell) { return {0, static_cast<int>(cell)}; }
inline bool is_cell_key(PointKey key) { return key.run == 0; }

struct LoadedRun {
  int id = 0;  // never reused while the program runs
  QString path;
  QString name;  // short, unique among the loaded runs
  reports::Run run;
  bool is_being_written = false;  // by a run started here: what is there is not all, and may still be drifting
};

struct ReadFile;
struct ReadFiles;
struct RunNews;
class RunLoader;
class RunWatcher;

class RunStore : public QObject {
  Q_OBJECT

 public:
  explicit RunStore(QObject* parent = nullptr);
  ~RunStore() override;

  // Files, and folders (searched for *.jsonl). A file that is already loaded is read again in place.
  // Returns what could not be read, which problems_found() also announces.
  QList<LoadProblem> load(const QStringList& paths);
  // The same without blocking: reading is left to a worker thread, loading_finished() says when all is there. Small
  // files are there when it returns.
  void load_later(const QStringList& paths);
  bool is_loading() const;
  // Stops what load_later() has begun; nothing of it appears.
  void cancel_loading();
  void close_all();
  // Whether a run in progress writes this file. Loaded or not yet; watched files of other programs do not say.
  void set_being_written(const QString& path, bool on);

  // Whether files that grow or are replaced are read again, at most ten times a second; off until switched on.
  void set_watching(bool on);
  // Looks at the files soon, rather than when the system says that one changed.
  void look_for_news();

  // Reads files beside the window, one after another; for others who do.
  QThreadPool& worker();

  std::span<const LoadedRun> runs() const { return runs_; }
  bool is_empty() const { return runs_.empty(); }
  const LoadedRun* find_run(int id) const;
  // nullptr when the run was closed.
  const reports::Record* find_record(PointKey key) const;
  // All of a variant, in the order of runs and records.
  std::vector<PointKey> cases_of(const QString& variant) const;

 signals:
  void runs_changed();
  void loading_started();
  void loading_progressed(double share);
  void loading_finished(const QList<attnscope::gui::model::LoadProblem>& problems);
  void problems_found(const QList<attnscope::gui::model::LoadProblem>& problems);

 private:
  void add(ReadFiles& read);
  void add(ReadFile& file);
  void finish_loading(const std::shared_ptr<ReadFiles>& result);
  void take_news(std::vector<RunNews>& all);
  void name_runs();

  std::vector<LoadedRun> runs_;
  QSet<QString> being_written_;
  std::map<int, std::shared_ptr<reports::JsonlReader>> readers_;  // by LoadedRun::id
  int next_id_ = 1;
  std::unique_ptr<RunLoader> loader_;
  std::unique_ptr<RunWatcher> watcher_;  // nullptr: not watching
};

}  // namespace attnscope::gui::model
