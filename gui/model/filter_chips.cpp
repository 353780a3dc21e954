#include "gui/model/filter_chips.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>

namespace attnscope::gui::model {
namespace {

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::FilterChips)
};

// Blanks join conditions that all have to hold, unless something else than a blank joins them too.
QStringList terms_of(const QString& text) {
  static const QRegularExpression joined(QStringLiteral("[|()\"'&]"));
  if (text.isEmpty()) return {};
  if (text.contains(joined)) return {text};
  return text.split(QLatin1Char(' '), Qt::SkipEmptyParts);
}

// Every part of a text whose conditions all have to hold has a meaning of its own.
bool is_filter(const QString& text) {
  try {
    reports::Filter::parse(text.toStdString());
    return true;
  } catch (const reports::FilterError&) {
    return false;
  }
}

constexpr int named_at_most = 3;

QString hidden_text(const QSet<QString>& hidden) {
  QStringList values(hidden.begin(), hidden.end());
  values.sort();
  const auto more = values.size() - named_at_most;
  if (more <= 0) return Words::tr("without %1").arg(values.join(QStringLiteral(", ")));
  return Words::tr("without %1 and %2 more").arg(values.mid(0, named_at_most).join(QStringLiteral(", "))).arg(more);
}

}  // namespace

std::vector<FilterChip> filter_chips(const FilterValue& value) {
  std::vector<FilterChip> chips;
  QStringList terms = terms_of(value.text);
  for (const QString& term : std::as_const(terms)) {
    if (is_filter(term)) continue;
    terms = {value.text};
    break;
  }
  for (qsizetype i = 0; i < terms.size(); ++i) {
    QStringList others = terms;
    others.removeAt(i);
    FilterChip chip{terms[i], Words::tr("Take this condition out of the filter"), value};
    chip.without.text = others.join(QLatin1Char(' '));
    chips.push_back(std::move(chip));
  }
  if (!value.pair.groups.isEmpty()) {
    FilterChip chip{Words::tr("only %1").arg(value.pair.groups.join(QStringLiteral(", "))),
                    Words::tr("Let the pair go"), value};
    chip.without.pair = {};
    chips.push_back(std::move(chip));
  }
  for (std::size_t facet = 0; facet < all_facets.size(); ++facet) {
    if (value.hidden[facet].isEmpty()) continue;
    FilterChip chip{hidden_text(value.hidden[facet]), Words::tr("Switch them on again"), value};
    chip.without.hidden[facet].clear();
    chips.push_back(std::move(chip));
  }
  return chips;
}

}  // namespace attnscope::gui::model
