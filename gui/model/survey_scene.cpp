#include "gui/model/survey_scene.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>
#include <array>
#include <map>

#include "gui/model/series.h"
#include "reports/statistics.h"

namespace attnscope::gui::model {
namespace {

using plot::Cell;
using plot::PlotScene;
using reports::ModelCard;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::SurveyScene)
};

// Classes of the survey's Table 1, in the order of its Figure 2; exact attention, which it takes as given, before them.
struct SurveyClass {
  const char* id;  // as in model cards
  const char* meaning;
};
constexpr std::array classes{
    SurveyClass{"exact", QT_TRANSLATE_NOOP("model::SurveyScene", "exact attention")},
    SurveyClass{"FP", QT_TRANSLATE_NOOP("model::SurveyScene", "fixed patterns")},
    SurveyClass{"M", QT_TRANSLATE_NOOP("model::SurveyScene", "memory")},
    SurveyClass{"LP", QT_TRANSLATE_NOOP("model::SurveyScene", "learnable patterns")},
    SurveyClass{"LR", QT_TRANSLATE_NOOP("model::SurveyScene", "low rank")},
    SurveyClass{"KR", QT_TRANSLATE_NOOP("model::SurveyScene", "kernels")},
    SurveyClass{"RC", QT_TRANSLATE_NOOP("model::SurveyScene", "recurrence")},
};

QStringList classes_of(const ModelCard& card) {
  return QString::fromStdString(card.survey_class).split(QLatin1Char('+'), Qt::SkipEmptyParts);
}

// Places of the card's classes in the table: what rows are sorted by.
std::vector<int> places_of(const ModelCard& card) {
  std::vector<int> places;
  const QStringList own = classes_of(card);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (own.contains(QLatin1String(classes[i].id))) places.push_back(static_cast<int>(i));
  }
  return places;
}

struct Measured {
  std::optional<double> exponent;
  QString name;  // of the series
  double from = 0, to = 0;
};

// What the runs know of one variant in one mode.
struct Evidence {
  Measured time, memory;
};

Measured measure(const Series& series, const Metric& metric) {
  std::vector<double> x, y;
  for (const SeriesPoint& point : series.points) {
    const auto value = metric_value(metric, *point.record);
    if (!value || *value <= 0 || !reports::has_measurement(point.record->status)) continue;
    x.push_back(point.n);
    y.push_back(*value);
  }
  Measured result{std::nullopt, series.name()};
  if (x.size() < 3) return result;  // two points lie on a power law always
  if (const auto fit = reports::fit_power_law(x, y)) result.exponent = fit->exponent;
  result.from = x.front();
  result.to = x.back();
  return result;
}

struct Evidences {
  QStringList modes;                                         // in order of appearance
  std::map<std::pair<QString, QString>, Evidence> measured;  // by variant and mode
  std::map<QString, PointKey> longest;                       // a measured case of the variant: what hovering shows
  std::map<QString, bool> visible;
};

// Of several series of one variant and mode, the first that has an exponent: bidirectional before causal, the first run
// before later ones.
Evidences gather(const ViewInput& input) {
  Evidences all;
  std::map<QString, double> longest;
  for (const Series& series : group_series(input.runs, input.visibility)) {
    all.visible[series.variant] |= series.visible;
    if (!series.visible) continue;
    const QString mode = QString::fromStdString(series.points.front().record->mode);
    if (!all.modes.contains(mode)) all.modes << mode;
    Evidence& evidence = all.measured[{series.variant, mode}];
    if (!evidence.time.exponent) evidence.time = measure(series, *find_metric(QStringLiteral("time")));
    if (!evidence.memory.exponent) evidence.memory = measure(series, *find_metric(QStringLiteral("memory")));
    for (const SeriesPoint& point : series.points) {
      if (!reports::has_measurement(point.record->status) || point.n <= longest[series.variant]) continue;
      longest[series.variant] = point.n;
      all.longest[series.variant] = point.key;
    }
  }
  return all;
}

// Cells of one row.
class RowWriter {
 public:
  RowWriter(plot::PlotScene& scene, int row, const ModelCard& card, const Evidences& evidences)
      : scene_(scene), row_(row), card_(card), variant_(QString::fromStdString(card.name)) {
    const auto found = evidences.longest.find(variant_);
    if (found != evidences.longest.end()) key_ = found->second;
  }

  void add_class(int column, const SurveyClass& of) {
    const QString id = QLatin1String(of.id), meaning = Words::tr(of.meaning);
    plot::Cell cell = cell_at(column, id, meaning);
    cell.slot = column;
    cell.group = id == QLatin1String("exact") ? meaning : QStringLiteral("%1: %2").arg(id, meaning);
    scene_.cells.push_back(std::move(cell));
  }

  void add_text(int column, const QString& text, const QString& meaning, int width = 1) {
    plot::Cell cell = cell_at(column, text, meaning);
    cell.area.setWidth(width);
    scene_.cells.push_back(std::move(cell));
  }

  void add_exponent(int column, const Measured& measured, const QString& what) {
    if (!measured.exponent) return;
    const QString text = QStringLiteral("n^%1").arg(*measured.exponent, 0, 'f', 2);
    const auto length = [](double n) { return plot::format_tick(plot::Quantity::count, n); };
    plot::Cell cell = cell_at(column, text,
                              Words::tr("%1 grows as %2, fitted from %3 to %4 (%5)")
                                  .arg(what, text, length(measured.from), length(measured.to), measured.name));
    cell.shade = std::clamp(*measured.exponent / 2, 0.0, 1.0);
    scene_.cells.push_back(std::move(cell));
  }

 private:
  Cell cell_at(int column, const QString& text, const QString& meaning) const {
    plot::Cell cell;
    cell.area = plot::unit_cell(column, row_);
    cell.text = text;
    const QString source =
        Words::tr("%1, %2").arg(QString::fromStdString(card_.authors).section(QLatin1Char(','), 0, 0)).arg(card_.year);
    cell.name = QStringList{QString::fromStdString(card_.title), source, meaning}.join(QLatin1Char('\n'));
    cell.selectable = key_.has_value();
    if (key_) cell.key = key_->packed();
    return cell;
  }

  plot::PlotScene& scene_;
  int row_;
  const ModelCard& card_;
  QString variant_;
  std::optional<PointKey> key_;
};

std::vector<const ModelCard*> rows_of(const ViewInput& input, const Evidences& evidences) {
  std::vector<const ModelCard*> rows;
  for (const ModelCard& card : input.cards) {
    // Switched off in the tree means gone here too; never measured means without figures.
    const auto found = evidences.visible.find(QString::fromStdString(card.name));
    if (found == evidences.visible.end() || found->second) rows.push_back(&card);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const ModelCard* a, const ModelCard* b) {
    return std::pair(places_of(*a), a->year) < std::pair(places_of(*b), b->year);
  });
  return rows;
}

}  // namespace

PlotScene build_survey(const ViewInput& input, const ViewOptions&) {
  plot::PlotScene scene;
  scene.identity = QStringLiteral("survey");
  scene.title = Words::tr("Efficient Transformers: A Survey, Table 1, and what was measured");
  scene.x.scale = scene.y.scale = plot::Scale::category;
  scene.grid = false;
  const Evidences evidences = gather(input);

  for (const SurveyClass& of : classes) scene.x.categories << QLatin1String(of.id);
  const int claimed = static_cast<int>(scene.x.categories.size());
  scene.x.categories << Words::tr("claimed") << QString()
                     << Words::tr("decodes");  // complexities need the width of two
  const int measured = static_cast<int>(scene.x.categories.size());
  for (const QString& mode : evidences.modes) scene.x.categories << Words::tr("time, %1").arg(mode);
  for (const QString& mode : evidences.modes) scene.x.categories << Words::tr("memory, %1").arg(mode);

  const std::vector<const ModelCard*> rows = rows_of(input, evidences);
  for (const ModelCard* card : rows) scene.y.categories.prepend(QString::fromStdString(card->name));
  // Categories count upwards: the first row has the highest place.
  int place_of_row = static_cast<int>(rows.size());
  for (const ModelCard* card : rows) {
    RowWriter writer(scene, --place_of_row, *card, evidences);
    const QString variant = QString::fromStdString(card->name);
    for (const int place : places_of(*card)) writer.add_class(place, classes[static_cast<std::size_t>(place)]);
    writer.add_text(claimed, QString::fromStdString(card->complexity), Words::tr("complexity as the survey claims it"),
                    2);
    writer.add_text(
        claimed + 2, card->decode ? QStringLiteral("✓") : QStringLiteral("–"),
        card->decode ? Words::tr("can generate token by token") : Words::tr("cannot generate token by token"));
    int column = measured;
    for (const auto part : {&Evidence::time, &Evidence::memory}) {
      for (const QString& mode : evidences.modes) {
        const auto found = evidences.measured.find({variant, mode});
        const QString what = part == &Evidence::time ? Words::tr("Time") : Words::tr("Peak memory");
        if (found != evidences.measured.end()) writer.add_exponent(column, found->second.*part, what);
        ++column;
      }
    }
  }
  if (!evidences.modes.isEmpty()) {
    scene.shade_key = plot::ShadeKey{Words::tr("measured exponent"),
                                     {QStringLiteral("n^0"), QStringLiteral("n^1"), QStringLiteral("n^2")}};
  }
  scene.caption = Words::tr(
      "classes and claims: arXiv 2009.06732v3, Table 1; exponents: power laws fitted to the loaded runs "
      "(three lengths or more); click a variant to make it stand out in every view");
  scene.empty_message = Words::tr("No model cards were found: models.json of the data directory is missing.");
  plot::fit_axes(scene);
  return scene;
}

CellChoice survey_choice(const ViewInput&, const plot::PlotScene& scene, PointKey key) {
  const auto cell =
      std::find_if(scene.cells.begin(), scene.cells.end(), [&](const plot::Cell& c) { return c.key == key.packed(); });
  if (cell == scene.cells.end()) return {};
  return {{}, scene.y.text(cell->area.center().y())};
}

}  // namespace attnscope::gui::model
