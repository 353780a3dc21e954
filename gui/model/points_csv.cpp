#include "gui/model/points_csv.h"

#include <QSaveFile>
#include <sstream>

#include "reports/csv.h"

namespace attnscope::gui::model {

namespace {

void add_visible(const plot::PlotScene& scene, std::vector<PointKey>& keys) {
  for (const plot::Curve& curve : scene.curves) {
    if (!curve.visible) continue;
    for (const plot::CurvePoint& point : curve.points) {
      if (scene.x.range.contains(point.x) && scene.y.range.contains(point.y))
        keys.push_back(PointKey::unpacked(point.key));
    }
  }
  for (const plot::FailedMark& mark : scene.failed) {
    if (mark.visible && scene.x.range.contains(mark.x)) keys.push_back(PointKey::unpacked(mark.key));
  }
  for (const plot::Cell& cell : scene.cells) {
    const QPointF centre = cell.area.center();
    if (cell.selectable && scene.x.range.contains(centre.x()) && scene.y.range.contains(centre.y()))
      keys.push_back(PointKey::unpacked(cell.key));
  }
}

}  // namespace

std::vector<PointKey> visible_points(plot::Figure figure) {
  std::vector<PointKey> keys;
  for (const plot::PlotScene& scene : figure) add_visible(scene, keys);
  return keys;
}

QByteArray points_csv(plot::Figure figure, const RunStore& store) {
  std::vector<reports::Record> records;
  for (const PointKey& key : visible_points(figure)) {
    if (const reports::Record* record = store.find_record(key)) records.push_back(*record);
  }
  std::ostringstream out;
  reports::write_csv(out, records);
  return QByteArray::fromStdString(out.str());
}

void write_points_csv(plot::Figure figure, const RunStore& store, const QString& path) {
  const QByteArray bytes = points_csv(figure, store);
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
    throw CsvError(QStringLiteral("%1: %2").arg(path, file.errorString()).toStdString());
  }
}

}  // namespace attnscope::gui::model
