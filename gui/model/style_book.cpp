#include "gui/model/style_book.h"

#include <array>

#include "gui/plot/theme.h"

namespace attnscope::gui::model {
namespace {

using plot::Dash;
using plot::Marker;

constexpr std::array markers{Marker::disc,          Marker::square,   Marker::triangle_up, Marker::diamond,
                             Marker::triangle_down, Marker::pentagon, Marker::star,        Marker::triangle_right};

QString params_key(const QString& variant, const QString& params) { return variant + QLatin1Char('\n') + params; }

void give(QHash<QString, int>& book, const QString& key, int next) {
  if (!book.contains(key)) book.insert(key, next);
}

}  // namespace

void StyleBook::learn(std::span<const Series> series) {
  QHash<QString, int> params_count;
  for (auto it = params_.cbegin(); it != params_.cend(); ++it)
    ++params_count[it.key().section(QLatin1Char('\n'), 0, 0)];
  for (const Series& s : series) {
    give(variants_, s.variant, static_cast<int>(variants_.size()));
    give(styles_, s.style_key, static_cast<int>(styles_.size()));
    const QString key = params_key(s.variant, s.params);
    if (!params_.contains(key)) params_.insert(key, params_count[s.variant]++);
  }
}

int StyleBook::slot(const QString& variant) const { return variants_.value(variant, 0) % plot::palette_size; }

Marker StyleBook::marker(const QString& variant, const QString& params) const {
  // Variants that share a colour differ in the marker, and so do the parameter sets of one variant.
  const int index = variants_.value(variant, 0);
  const int shift = index / plot::palette_size + params_.value(params_key(variant, params), 0);
  return markers[static_cast<std::size_t>(index + shift) % markers.size()];
}

plot::Curve StyleBook::cloud(const Series& series) const {
  plot::Curve curve;
  curve.name = series.name();
  curve.group = series.group;
  curve.slot = slot(series.variant);
  curve.marker = marker(series.variant, series.params);
  curve.dash = plot::Dash::none;
  return curve;
}

Dash StyleBook::dash(const QString& style_key) const { return plot::dash_in_order(styles_.value(style_key, 0)); }

}  // namespace attnscope::gui::model
