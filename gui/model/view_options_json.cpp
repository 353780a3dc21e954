#include "gui/model/view_options_json.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <type_traits>

#include "gui/model/case_axis.h"

namespace attnscope::gui::model {
namespace {

struct Field {
  const char* name;
  QJsonValue (*write)(const ViewOptions& options);
  void (*read)(const QJsonValue& value, ViewOptions& options);
};

template <bool ViewOptions::*member>
Field flag(const char* name) {
  return {name, [](const ViewOptions& options) { return QJsonValue(options.*member); },
          [](const QJsonValue& value, ViewOptions& options) { options.*member = value.toBool(options.*member); }};
}

template <const Metric* ViewOptions::*member>
Field metric(const char* name) {
  return {name, [](const ViewOptions& options) { return QJsonValue(QLatin1String((options.*member)->id)); },
          [](const QJsonValue& value, ViewOptions& options) {
            if (const Metric* found = find_metric(value.toString())) options.*member = found;
          }};
}

// The names of an enumeration's values, in their order.
template <typename Enum>
constexpr std::initializer_list<const char*> names_of = {};
template <>
constexpr std::initializer_list<const char*> names_of<plot::IntervalStyle> = {"none", "band", "bars"};
template <>
constexpr std::initializer_list<const char*> names_of<IntervalSource> = {"confidence", "spread"};
template <>
constexpr std::initializer_list<const char*> names_of<plot::Scale> = {"linear", "log2", "log10"};

template <auto member>
Field named(const char* name) {
  using Enum = std::remove_cvref_t<decltype(ViewOptions().*member)>;
  return {name,
          [](const ViewOptions& options) {
            return QJsonValue(QLatin1String(names_of<Enum>.begin()[static_cast<std::size_t>(options.*member)]));
          },
          [](const QJsonValue& value, ViewOptions& options) {
            const auto& names = names_of<Enum>;
            const auto found =
                std::find_if(names.begin(), names.end(), [&](const char* n) { return value == QLatin1String(n); });
            if (found != names.end()) options.*member = static_cast<Enum>(found - names.begin());
          }};
}

const auto& fields() {
  static const std::array table{
      metric<&ViewOptions::metric>("metric"),
      metric<&ViewOptions::against>("against"),
      Field{"score", [](const ViewOptions& options) { return QJsonValue(options.score); },
            [](const QJsonValue& value, ViewOptions& options) { options.score = value.toString(options.score); }},
      Field{"length",
            [](const ViewOptions& options) { return options.length ? QJsonValue(*options.length) : QJsonValue(); },
            [](const QJsonValue& value, ViewOptions& options) {
              if (value.isNull()) options.length.reset();
              if (value.toDouble() > 0) options.length = value.toDouble();
            }},
      Field{"baseline_variant", [](const ViewOptions& options) { return QJsonValue(options.baseline_variant); },
            [](const QJsonValue& value, ViewOptions& options) {
              options.baseline_variant = value.toString(options.baseline_variant);
            }},
      Field{"over", [](const ViewOptions& options) { return QJsonValue(options.over); },
            [](const QJsonValue& value, ViewOptions& options) {
              if (const auto axis = CaseAxis::find(value.toString()); axis && value.isString())
                options.over = axis->id();
            }},
      Field{"split",
            [](const ViewOptions& options) {
              return options.split ? QJsonValue(facet_id(*options.split)) : QJsonValue();
            },
            [](const QJsonValue& value, ViewOptions& options) {
              const auto facet = find_facet(value.toString());
              if (value.isNull() || facet) options.split = facet;
            }},
      named<&ViewOptions::intervals>("intervals"),
      named<&ViewOptions::source>("interval_source"),
      named<&ViewOptions::x_scale>("x_scale"),
      flag<&ViewOptions::linear_y>("linear_y"),
      flag<&ViewOptions::fits>("fits"),
      flag<&ViewOptions::end_labels>("end_labels"),
      flag<&ViewOptions::grid>("grid"),
      flag<&ViewOptions::samples>("samples"),
      flag<&ViewOptions::crossings>("crossings"),
      flag<&ViewOptions::relative>("relative"),
  };
  return table;
}

}  // namespace

QJsonObject to_json(const ViewOptions& options) {
  QJsonObject object;
  for (const Field& field : fields()) object.insert(QLatin1String(field.name), field.write(options));
  return object;
}

ViewOptions view_options_from_json(const QJsonObject& object, ViewOptions fallback) {
  for (const Field& field : fields()) {
    const auto found = object.find(QLatin1String(field.name));
    if (found != object.end()) field.read(*found, fallback);
  }
  return fallback;
}

}  // namespace attnscope::gui::model
