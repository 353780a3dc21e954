#include "gui/model/points_csv.h"

#include <QSaveFile>
#include <sstream>

#include "reports/csv.h"

namespace attnscope::gui::model {

std::vector<PointKey> visible_points(const plot::PlotScene& scene) {
  std::vector<PointKey> keys;
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
  return keys;
}

QByteArray points_csv(const plot::PlotScene& scene, const RunStore& store) {
  std::vector<reports::Record> records;
  for (const PointKey& key : visible_points(scene)) {
    if (const reports::Record* record = store.find_record(key)) records.push_back(*record);
  }
  std::ostringstream out;
  reports::write_csv(out, records);
  return QByteArray::fromStdString(out.str());
}

void write_points_csv(const plot::PlotScene& scene, const RunStore& store, const QString& path) {
  const QByteArray bytes = points_csv(scene, store);
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
    throw CsvError(QStringLiteral("%1: %2").arg(path, file.errorString()).toStdString());
  }
}

}  // namespace attnscope::gui::model
