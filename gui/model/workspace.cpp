#include "gui/model/workspace.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <algorithm>

#include "gui/model/view_options_json.h"

namespace attnscope::gui::model {
namespace {

constexpr int format = 1;  // raised when older viewers would misread the file

QString as_written(const QString& path, const QString& folder) {
  const QString relative = QDir(folder).relativeFilePath(path);
  // Beside or below the workspace, or in a neighbouring folder: moves along with it. Else the place itself is meant.
  return relative.startsWith(QLatin1String("../../")) ? path : relative;
}

QString as_read(const QString& written, const QString& folder) {
  return written.isEmpty() ? QString() : QDir::cleanPath(QDir(folder).absoluteFilePath(written));
}

QJsonArray sorted_array(const QSet<QString>& values) {
  QStringList names = values.values();
  names.sort();
  return QJsonArray::fromStringList(names);
}

QJsonObject to_json(const FilterValue& filter) {
  QJsonObject hidden;
  for (std::size_t i = 0; i < all_facets.size(); ++i) {
    if (!filter.hidden[i].isEmpty()) hidden.insert(facet_id(all_facets[i]), sorted_array(filter.hidden[i]));
  }
  const QJsonObject pair{{QStringLiteral("groups"), QJsonArray::fromStringList(filter.pair.groups)},
                         {QStringLiteral("variants"), sorted_array(filter.pair.variants)}};
  return {{QStringLiteral("text"), filter.text}, {QStringLiteral("hidden"), hidden}, {QStringLiteral("pair"), pair}};
}

FilterValue filter_from_json(const QJsonObject& object) {
  FilterValue filter;
  filter.text = object.value(QStringLiteral("text")).toString();
  const QJsonObject hidden = object.value(QStringLiteral("hidden")).toObject();
  for (std::size_t i = 0; i < all_facets.size(); ++i) {
    for (const QJsonValue& value : hidden.value(facet_id(all_facets[i])).toArray()) {
      if (value.isString()) filter.hidden[i].insert(value.toString());
    }
  }
  const QJsonObject pair = object.value(QStringLiteral("pair")).toObject();
  for (const QJsonValue& group : pair.value(QStringLiteral("groups")).toArray()) filter.pair.groups << group.toString();
  for (const QJsonValue& variant : pair.value(QStringLiteral("variants")).toArray())
    filter.pair.variants << variant.toString();
  if (filter.pair.groups.size() != 2 || filter.pair.variants.isEmpty()) filter.pair = {};
  return filter;
}

QJsonArray to_json(const plot::Range& range) { return {range.lo, range.hi}; }

std::optional<plot::Range> range_from_json(const QJsonValue& value) {
  const QJsonArray pair = value.toArray();
  const plot::Range range{pair.at(0).toDouble(), pair.at(1).toDouble()};
  return pair.size() == 2 && range.lo < range.hi ? std::optional(range) : std::nullopt;
}

}  // namespace

QByteArray workspace_to_json(const Workspace& workspace, const QString& folder) {
  QJsonArray runs, notes;
  for (const WorkspaceRun& run : workspace.runs) {
    runs.append(QJsonObject{{QStringLiteral("path"), as_written(run.path, folder)},
                            {QStringLiteral("sha256"), QString::fromLatin1(run.sha256)}});
  }
  for (const Annotation& note : workspace.notes) {
    notes.append(QJsonObject{{QStringLiteral("scene"), note.place},
                             {QStringLiteral("x"), note.at.x()},
                             {QStringLiteral("y"), note.at.y()},
                             {QStringLiteral("text"), note.text}});
  }
  QJsonObject object{{QStringLiteral("attnscope_workspace"), format},         {QStringLiteral("runs"), runs},
                     {QStringLiteral("filter"), to_json(workspace.filter)},   {QStringLiteral("view"), workspace.view},
                     {QStringLiteral("options"), to_json(workspace.options)}, {QStringLiteral("notes"), notes}};
  if (!workspace.baseline_run.isEmpty())
    object.insert(QStringLiteral("baseline_run"), as_written(workspace.baseline_run, folder));
  if (workspace.zoom) {
    object.insert(QStringLiteral("zoom"), QJsonObject{{QStringLiteral("scene"), workspace.zoom->first},
                                                      {QStringLiteral("x"), to_json(workspace.zoom->second.x)},
                                                      {QStringLiteral("y"), to_json(workspace.zoom->second.y)}});
  }
  return QJsonDocument(object).toJson();
}

Workspace workspace_from_json(const QByteArray& bytes, const QString& folder) {
  QJsonParseError error;
  const QJsonDocument document = QJsonDocument::fromJson(bytes, &error);
  if (document.isNull()) throw WorkspaceError("not JSON: " + error.errorString().toStdString());
  const QJsonObject object = document.object();
  const int written_format = object.value(QStringLiteral("attnscope_workspace")).toInt();
  if (written_format < 1) throw WorkspaceError("not a workspace: expected a member \"attnscope_workspace\"");
  if (written_format > format)
    throw WorkspaceError("a workspace of a newer attnscope (format " + std::to_string(written_format) +
                         "); this one reads format " + std::to_string(format));
  Workspace workspace;
  for (const QJsonValue& run : object.value(QStringLiteral("runs")).toArray()) {
    const QString path = run[QStringLiteral("path")].toString();
    if (path.isEmpty()) continue;
    workspace.runs.push_back({as_read(path, folder), run[QStringLiteral("sha256")].toString().toLatin1()});
  }
  workspace.baseline_run = as_read(object.value(QStringLiteral("baseline_run")).toString(), folder);
  workspace.filter = filter_from_json(object.value(QStringLiteral("filter")).toObject());
  workspace.view = object.value(QStringLiteral("view")).toString();
  workspace.options = view_options_from_json(object.value(QStringLiteral("options")).toObject());
  const QJsonObject zoom = object.value(QStringLiteral("zoom")).toObject();
  const auto x = range_from_json(zoom.value(QStringLiteral("x"))), y = range_from_json(zoom.value(QStringLiteral("y")));
  if (x && y) workspace.zoom = {zoom.value(QStringLiteral("scene")).toString(), {*x, *y}};
  for (const QJsonValue& note : object.value(QStringLiteral("notes")).toArray()) {
    const QString text = note[QStringLiteral("text")].toString();
    if (text.isEmpty()) continue;
    workspace.notes.push_back({note[QStringLiteral("scene")].toString(),
                               {note[QStringLiteral("x")].toDouble(), note[QStringLiteral("y")].toDouble()},
                               text});
  }
  return workspace;
}

void save_workspace(const Workspace& workspace, const QString& path) {
  const QByteArray bytes = workspace_to_json(workspace, QFileInfo(path).absolutePath());
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
    throw WorkspaceError((path + QStringLiteral(": ") + file.errorString()).toStdString());
}

Workspace load_workspace(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly))
    throw WorkspaceError((path + QStringLiteral(": ") + file.errorString()).toStdString());
  try {
    return workspace_from_json(file.readAll(), QFileInfo(path).absolutePath());
  } catch (const WorkspaceError& error) {
    throw WorkspaceError(path.toStdString() + ": " + error.what());
  }
}

QStringList run_paths(const Workspace& workspace) {
  QStringList paths;
  for (const WorkspaceRun& run : workspace.runs) paths << run.path;
  return paths;
}

Workspace with_hashes(Workspace workspace, const FileHashes& hashes) {
  for (WorkspaceRun& run : workspace.runs) run.sha256 = hashes.value(run.path);
  return workspace;
}

QStringList changed_runs(const Workspace& workspace, const FileHashes& today) {
  QStringList changed;
  for (const WorkspaceRun& run : workspace.runs) {
    if (!run.sha256.isEmpty() && today.value(run.path) != run.sha256) changed << run.path;
  }
  return changed;
}

}  // namespace attnscope::gui::model
