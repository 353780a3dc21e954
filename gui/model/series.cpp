#include "gui/model/series.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace attnscope::gui::model {
namespace {

const QString style_separator = QStringLiteral(" · ");

using reports::Record;

QString causal_text(const Record& record) {
  if (!record.causal) return {};
  return *record.causal ? QStringLiteral("causal") : QStringLiteral("bidirectional");
}

// forward before training before decode; anything else after, by name.
int mode_rank(const QString& mode) {
  const QStringList order{QStringLiteral("forward"), QStringLiteral("training"), QStringLiteral("decode")};
  const auto at = order.indexOf(mode);
  return at < 0 ? static_cast<int>(order.size()) : static_cast<int>(at);
}

using AxisText = std::function<QString(const Record&)>;

// Axes that always tell series apart.
const std::array<AxisText, 7>& identity_axes() {
  static const std::array<AxisText, 7> axes{
      [](const Record& r) { return QString::fromStdString(r.mode); },
      [](const Record& r) { return QString::fromStdString(r.device); },
      [](const Record& r) { return QString::fromStdString(r.dtype); },
      [](const Record& r) { return QString::fromStdString(r.scope); },
      causal_text,
      [](const Record& r) { return QString::fromStdString(r.cache_state); },
      [](const Record& r) { return QString::fromStdString(r.launch); },
  };
  return axes;
}

// Axes that tell series apart only where two points would share a place.
struct SplittingAxis {
  std::optional<CaseAxis> numbers;  // else texts
  AxisText text;
  // As a key that sorts 8 before 16.
  std::pair<double, QString> key(const Record& record) const {
    return {numbers ? numbers->value(record).value_or(0) : 0, text(record)};
  }
};

const std::vector<SplittingAxis>& splitting_axes() {
  static const std::vector<SplittingAxis> axes = [] {
    std::vector<SplittingAxis> result;
    for (const char* name : {"n", "batch", "heads", "kv_heads", "head_dim", "value_dim", "threads"}) {
      const auto axis = CaseAxis::find(QLatin1String(name));
      if (axis) result.push_back({axis, [axis](const Record& r) { return axis->text(r); }});
    }
    for (std::string Record::*member : {&Record::impl, &Record::input, &Record::acc_dtype}) {
      result.push_back({std::nullopt, [member](const Record& r) { return QString::fromStdString(r.*member); }});
    }
    return result;
  }();
  return axes;
}

using SplitKey = std::vector<std::pair<double, QString>>;

// True when the axis differs between two of the points at the same place.
bool tells_apart(const SplittingAxis& axis, const std::vector<SeriesPoint>& points) {
  std::map<double, std::pair<double, QString>> first_at;
  return std::any_of(points.begin(), points.end(), [&](const SeriesPoint& point) {
    auto key = axis.key(*point.record);
    const auto [first, is_new] = first_at.try_emplace(point.x, key);
    return !is_new && first->second != key;
  });
}

bool share_a_place(const std::vector<SeriesPoint>& points) {
  std::vector<double> places;
  for (const SeriesPoint& point : points) places.push_back(point.x);
  std::sort(places.begin(), places.end());
  return std::adjacent_find(places.begin(), places.end()) != places.end();
}

// Splits a group along every axis that differs between two of its points at the same place.
void split_where_needed(std::map<SplitKey, std::vector<SeriesPoint>>& groups) {
  const bool nothing_to_split =
      std::none_of(groups.begin(), groups.end(), [](const auto& group) { return share_a_place(group.second); });
  if (nothing_to_split) {
    std::map<SplitKey, std::vector<SeriesPoint>> result;
    for (auto& [key, points] : groups) {
      SplitKey longer = key;
      longer.resize(key.size() + splitting_axes().size());
      result[std::move(longer)] = std::move(points);
    }
    groups = std::move(result);
    return;
  }
  for (const SplittingAxis& axis : splitting_axes()) {
    std::map<SplitKey, std::vector<SeriesPoint>> result;
    for (auto& [key, points] : groups) {
      const bool differs = tells_apart(axis, points);
      for (const SeriesPoint& point : points) {
        SplitKey longer = key;
        longer.push_back(differs ? axis.key(*point.record) : SplitKey::value_type());
        result[std::move(longer)].push_back(point);
      }
    }
    groups = std::move(result);
  }
}

QStringList texts_of(const SplitKey& key) {
  QStringList texts;
  for (const auto& [number, text] : key) texts << text;
  return texts;
}

struct Identity {
  QString variant, params;
  int mode = 0;
  QStringList axes;
  auto tie() const { return std::tie(variant, params, mode, axes); }
  bool operator<(const Identity& other) const { return tie() < other.tie(); }
};

// "window=256;global=2" without the parameter that the series runs along.
QString params_beside(const Record& record, const CaseAxis& along) {
  QStringList parts = QString::fromStdString(record.params).split(QLatin1Char(';'), Qt::SkipEmptyParts);
  const QString own = along.parameter() + QLatin1Char('=');
  if (own.size() > 1) parts.removeIf([&](const QString& part) { return part.startsWith(own); });
  return parts.join(QLatin1Char(';'));
}

Identity identity_of(const Record& record, const CaseAxis& along) {
  Identity identity;
  identity.variant = QString::fromStdString(record.variant);
  identity.params = params_beside(record, along);
  identity.mode = mode_rank(QString::fromStdString(record.mode));
  for (const AxisText& axis : identity_axes()) identity.axes << axis(record);
  return identity;
}

// What the identity depends on, without making it: of thousands of records a few dozen differ.
void write_raw_identity(const Record& record, std::string& text) {
  text.clear();
  for (const std::string* part : {&record.variant, &record.params, &record.mode, &record.device, &record.dtype,
                                  &record.scope, &record.cache_state, &record.launch}) {
    text += *part;
    text += '\x1f';
  }
  text += record.causal ? static_cast<char>('0' + (*record.causal != 0)) : '-';
}

// "window=256;global=2" as "window=256 global=2", without what all parameter sets of the variant share.
QString differing_params(const QString& params, const std::set<QString>& all) {
  QStringList shown;
  for (const QString& part : params.split(QLatin1Char(';'), Qt::SkipEmptyParts)) {
    const bool shared = std::all_of(all.begin(), all.end(), [&](const QString& other) {
      return other.split(QLatin1Char(';'), Qt::SkipEmptyParts).contains(part);
    });
    if (!shared) shown << part;
  }
  return shown.join(QLatin1Char(' '));
}

}  // namespace

std::vector<Series> group_series(std::span<const LoadedRun> runs, const Visibility& visibility, const CaseAxis& along) {
  std::vector<Series> result;
  std::vector<QStringList> parts;  // of the style, parallel to result
  std::map<QString, std::set<QString>> params_of;
  for (const LoadedRun& run : runs) {
    std::map<Identity, std::vector<SeriesPoint>> by_identity;
    std::unordered_map<std::string, std::vector<SeriesPoint>*> by_raw_identity;
    std::string raw;
    for (std::size_t i = 0; i < run.run.records.size(); ++i) {
      const Record& record = run.run.records[i];
      const auto n = sequence_length(record);
      const auto x = along.value(record);
      if (!n || !x || !visibility.accepts(run, record)) continue;
      write_raw_identity(record, raw);
      std::vector<SeriesPoint>*& points = by_raw_identity[raw];
      if (!points) points = &by_identity[identity_of(record, along)];
      points->push_back({*n, &record, {run.id, static_cast<int>(i)}, *x});
    }
    for (auto& [identity, points] : by_identity) {
      params_of[identity.variant].insert(identity.params);
      std::map<SplitKey, std::vector<SeriesPoint>> groups{{SplitKey(), std::move(points)}};
      split_where_needed(groups);
      for (auto& [extra, members] : groups) {
        std::stable_sort(members.begin(), members.end(),
                         [](const SeriesPoint& a, const SeriesPoint& b) { return a.x < b.x; });
        Series series;
        series.run = &run;
        series.variant = identity.variant;
        series.params = identity.params;
        series.visible = visibility.shows(run, *members.front().record);
        series.points = std::move(members);
        parts.push_back(identity.axes + texts_of(extra) + QStringList{run.name});
        series.style_key = parts.back().join(QLatin1Char('|'));
        result.push_back(std::move(series));
      }
    }
  }
  // A style names only the axes on which the series differ.
  const qsizetype axes = parts.empty() ? 0 : parts.front().size();
  std::vector<bool> differs(static_cast<std::size_t>(axes), false);
  for (const QStringList& part : parts) {
    for (qsizetype a = 0; a < axes; ++a) {
      if (part[a] != parts.front()[a]) differs[static_cast<std::size_t>(a)] = true;
    }
  }
  for (std::size_t s = 0; s < result.size(); ++s) {
    QStringList style;
    for (qsizetype a = 0; a < axes; ++a) {
      if (differs[static_cast<std::size_t>(a)] && !parts[s][a].isEmpty()) style << parts[s][a];
    }
    result[s].style = style.join(style_separator);
    const auto& all_params = params_of[result[s].variant];
    const QString params = all_params.size() > 1 ? differing_params(result[s].params, all_params) : QString();
    result[s].group = params.isEmpty() ? result[s].variant : result[s].variant + QLatin1Char(' ') + params;
  }
  return result;
}

QStringList usual_style(std::span<const Series* const> shown) {
  std::map<QString, std::size_t> count;
  for (const Series* series : shown) {
    for (const QString& part : series->style.split(style_separator, Qt::SkipEmptyParts)) ++count[part];
  }
  QStringList usual;
  for (const auto& [part, times] : count) {
    if (3 * times > 2 * shown.size()) usual << part;
  }
  return usual;
}

QString short_name(const Series& series, const QStringList& usual) {
  QStringList parts{series.group};
  for (const QString& part : series.style.split(style_separator, Qt::SkipEmptyParts)) {
    if (!usual.contains(part)) parts << part;
  }
  return parts.join(style_separator);
}

QString common_axes(std::span<const Series> series) {
  if (series.empty() || series.front().points.empty()) return {};
  const Record& example = *series.front().points.front().record;
  QStringList common;
  // All points of a series have these in common.
  for (const AxisText& axis : identity_axes()) {
    const QString shared = axis(example);
    const bool is_common = std::all_of(series.begin(), series.end(), [&](const Series& s) {
      return s.points.empty() || axis(*s.points.front().record) == shared;
    });
    if (is_common && !shared.isEmpty()) common << shared;
  }
  for (const char* name : {"batch", "heads", "head_dim", "threads"}) {
    const auto axis = CaseAxis::find(QLatin1String(name));
    if (!axis) continue;
    const auto shared = axis->value(example);
    const bool is_common = std::all_of(series.begin(), series.end(), [&](const Series& s) {
      return std::all_of(s.points.begin(), s.points.end(),
                         [&](const SeriesPoint& point) { return axis->value(*point.record) == shared; });
    });
    if (is_common && shared) common << axis->text(example);
  }
  return common.join(QStringLiteral(" · "));
}

QString empty_message(std::span<const Series> all, const QString& otherwise) {
  if (!all.empty()) return otherwise;
  return QCoreApplication::translate("model::Series",
                                     "Nothing matches the filter. Clear it, or switch variants back on in the list.");
}

}  // namespace attnscope::gui::model
