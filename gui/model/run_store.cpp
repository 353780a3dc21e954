#include "gui/model/run_store.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFileInfo>
#include <algorithm>
#include <iterator>

#include "gui/model/run_loader.h"
#include "gui/model/run_watcher.h"

namespace attnscope::gui::model {
namespace {

// So long may opening hold up the window. Most files are there by then, and nothing flickers.
constexpr int head_start_ms = 20;
// Of the time, a growing file may take a fifth for bringing everything up to date.
constexpr int rest_per_update = 4;

template <class T>
void append(std::vector<T>& all, std::vector<T>&& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

RunStore::RunStore(QObject* parent) : QObject(parent), loader_(std::make_unique<RunLoader>()) {
  connect(loader_.get(), &RunLoader::progressed, this, &RunStore::loading_progressed);
  connect(loader_.get(), &RunLoader::finished, this, &RunStore::finish_loading);
}

RunStore::~RunStore() { loader_->cancel(); }

QList<LoadProblem> RunStore::load(const QStringList& paths) {
  ReadFiles read = read_files(paths);
  add(read);
  return read.problems;
}

void RunStore::load_later(const QStringList& paths) {
  if (!is_loading()) emit loading_started();
  loader_->start(paths);
  loader_->wait(head_start_ms);
}

QThreadPool& RunStore::worker() { return loader_->worker(); }

bool RunStore::is_loading() const { return loader_->is_busy(); }

void RunStore::cancel_loading() { loader_->cancel(); }

void RunStore::finish_loading(const std::shared_ptr<ReadFiles>& result) {
  if (result) add(*result);
  if (!is_loading()) emit loading_finished(result ? result->problems : QList<LoadProblem>());
}

void RunStore::add(ReadFiles& read) {
  for (ReadFile& file : read.files) add(file);
  name_runs();
  emit runs_changed();
  if (!read.problems.isEmpty()) emit problems_found(read.problems);
}

void RunStore::add(ReadFile& file) {
  auto run = std::find_if(runs_.begin(), runs_.end(), [&](const LoadedRun& other) { return other.path == file.path; });
  if (run == runs_.end()) run = runs_.insert(run, {next_id_++, file.path, {}, {}});
  run->run = std::move(file.run);
  run->is_being_written = being_written_.contains(file.path);
  readers_[run->id] = file.reader;
  if (watcher_) watcher_->watch(run->id, run->path, file.reader);
}

void RunStore::set_watching(bool on) {
  if (on == (watcher_ != nullptr)) return;
  watcher_ = on ? std::make_unique<RunWatcher>(loader_->worker()) : nullptr;
  if (!on) return;
  connect(watcher_.get(), &RunWatcher::changed, this,
          [this](const std::shared_ptr<std::vector<RunNews>>& news) { take_news(*news); });
  for (const LoadedRun& run : runs_) watcher_->watch(run.id, run.path, readers_.at(run.id));
}

void RunStore::set_being_written(const QString& path, bool on) {
  const QString file = QFileInfo(path).absoluteFilePath();  // as read_files() names it
  if (on == being_written_.contains(file)) return;
  on ? void(being_written_.insert(file)) : void(being_written_.remove(file));
  const auto run = std::find_if(runs_.begin(), runs_.end(), [&](const LoadedRun& r) { return r.path == file; });
  if (run == runs_.end()) return;
  run->is_being_written = on;
  emit runs_changed();
}

void RunStore::look_for_news() {
  if (watcher_) watcher_->look_soon();
}

void RunStore::take_news(std::vector<RunNews>& all) {
  QList<LoadProblem> problems;
  bool has_changed = false;
  for (RunNews& news : all) {
    const auto run = std::find_if(runs_.begin(), runs_.end(), [&](const LoadedRun& r) { return r.id == news.run; });
    if (run == runs_.end() || readers_.at(run->id) != news.reader) continue;  // closed or read again meanwhile
    problems << news.news.problems;
    if (news.news.change == reports::JsonlReader::Change::replaced) {
      run->run = std::move(news.news.run);
      has_changed = true;
    } else if (news.news.change == reports::JsonlReader::Change::appended) {
      append(run->run.records, std::move(news.news.run.records));
      append(run->run.environments, std::move(news.news.run.environments));
      append(run->run.references, std::move(news.news.run.references));
      has_changed = true;
    }
  }
  if (has_changed) {
    QElapsedTimer update;
    update.start();
    emit runs_changed();
    if (watcher_) watcher_->set_interval(rest_per_update * static_cast<int>(update.elapsed()));
  }
  if (!problems.isEmpty()) emit problems_found(problems);
}

void RunStore::name_runs() {
  for (LoadedRun& run : runs_) run.name = QFileInfo(run.path).completeBaseName();
  // Equal file names are told apart by their folders.
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const QString base = QFileInfo(runs_[i].path).completeBaseName();
    const bool shared = std::any_of(runs_.begin(), runs_.end(), [&](const LoadedRun& other) {
      return &other != &runs_[i] && QFileInfo(other.path).completeBaseName() == base;
    });
    if (shared) runs_[i].name = QFileInfo(runs_[i].path).dir().dirName() + QLatin1Char('/') + base;
    const auto taken = std::count_if(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(i),
                                     [&](const LoadedRun& other) { return other.name == runs_[i].name; });
    if (taken > 0) runs_[i].name += QStringLiteral(" (%1)").arg(taken + 1);
  }
}

void RunStore::close_all() {
  loader_->cancel();
  if (watcher_) watcher_->forget_all();
  runs_.clear();
  readers_.clear();
  emit runs_changed();
}

const LoadedRun* RunStore::find_run(int id) const {
  const auto found = std::find_if(runs_.begin(), runs_.end(), [&](const LoadedRun& run) { return run.id == id; });
  return found == runs_.end() ? nullptr : &*found;
}

const reports::Record* RunStore::find_record(PointKey key) const {
  const LoadedRun* run = find_run(key.run);
  if (!run || key.record < 0 || static_cast<std::size_t>(key.record) >= run->run.records.size()) return nullptr;
  return &run->run.records[static_cast<std::size_t>(key.record)];
}

std::vector<PointKey> RunStore::cases_of(const QString& variant) const {
  std::vector<PointKey> keys;
  const std::string name = variant.toStdString();
  for (const LoadedRun& run : runs_) {
    for (std::size_t i = 0; i < run.run.records.size(); ++i) {
      if (run.run.records[i].variant == name) keys.push_back({run.id, static_cast<int>(i)});
    }
  }
  return keys;
}

}  // namespace attnscope::gui::model
