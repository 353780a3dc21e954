#include "gui/model/filter_state.h"

namespace attnscope::gui::model {
namespace {

std::size_t index_of(Facet facet) { return static_cast<std::size_t>(facet); }

}  // namespace

QString facet_value(const LoadedRun& run, const reports::Record& record, Facet facet) {
  switch (facet) {
    case Facet::variant:
      return QString::fromStdString(record.variant);
    case Facet::mode:
      return QString::fromStdString(record.mode);
    case Facet::device:
      return QString::fromStdString(record.device);
    case Facet::dtype:
      return QString::fromStdString(record.dtype);
    case Facet::run:
      return run.name;
  }
  return {};
}

QString facet_id(Facet facet) {
  switch (facet) {
    case Facet::variant:
      return QStringLiteral("variant");
    case Facet::mode:
      return QStringLiteral("mode");
    case Facet::device:
      return QStringLiteral("device");
    case Facet::dtype:
      return QStringLiteral("dtype");
    case Facet::run:
      return QStringLiteral("run");
  }
  return {};
}

std::optional<Facet> find_facet(const QString& id) {
  const auto found =
      std::find_if(all_facets.begin(), all_facets.end(), [&](Facet facet) { return facet_id(facet) == id; });
  return found == all_facets.end() ? std::nullopt : std::optional(*found);
}

Visibility::Visibility(const FilterValue& value)
    : filter_(reports::Filter::parse(value.text.toStdString())), hidden_(value.hidden), pair_(value.pair) {}

bool Visibility::shows(const LoadedRun& run, const reports::Record& record) const {
  for (const Facet facet : all_facets) {
    const auto& hidden = hidden_[index_of(facet)];
    if (!hidden.isEmpty() && hidden.contains(facet_value(run, record, facet))) return false;
  }
  const bool is_beside_pair =
      !pair_.variants.isEmpty() && !pair_.variants.contains(facet_value(run, record, Facet::variant));
  return !is_beside_pair && accepts(run, record);
}

bool Visibility::accepts(const LoadedRun& run, const reports::Record& record) const {
  if (panel_ && facet_value(run, record, panel_->first) != panel_->second) return false;
  return accepts(record);
}

Visibility Visibility::panel(Facet facet, const QString& value) const {
  Visibility result = *this;
  result.panel_ = {facet, value};
  return result;
}

Visibility Visibility::without_pair() const {
  Visibility result = *this;
  result.pair_ = {};
  return result;
}

bool FilterState::set_text(const QString& text) {
  FilterValue value = value_;
  value.text = text.trimmed();
  QString error;
  try {
    Visibility parsed(value);
  } catch (const reports::FilterError& failure) {
    error = QString::fromStdString(failure.what());
  }
  if (!error.isEmpty()) {
    if (error == error_) return false;
    error_ = error;
    emit error_changed();
    return false;
  }
  set_value(value);
  return true;
}

bool FilterState::is_hidden(Facet facet, const QString& value) const {
  const QSet<QString>& shown = value_.pair.variants;
  if (facet == Facet::variant && !shown.isEmpty() && !shown.contains(value)) return true;
  return value_.hidden[index_of(facet)].contains(value);
}

void FilterState::set_hidden(Facet facet, const QString& value, bool hidden) {
  FilterValue next = value_;
  if (facet == Facet::variant) next.pair = {};
  if (hidden) {
    next.hidden[index_of(facet)].insert(value);
  } else {
    next.hidden[index_of(facet)].remove(value);
  }
  set_value(next);
}

void FilterState::isolate(Facet facet, const QString& value, const QStringList& all_values) {
  FilterValue next = value_;
  if (facet == Facet::variant) next.pair = {};
  QSet<QString> others(all_values.begin(), all_values.end());
  others.remove(value);
  const bool is_alone = next.hidden[index_of(facet)] == others;
  next.hidden[index_of(facet)] = is_alone ? QSet<QString>() : others;
  set_value(next);
}

void FilterState::set_pair(const ChosenPair& pair) {
  FilterValue next = value_;
  next.pair = pair;
  set_value(next);
}

void FilterState::show_all() { set_value(FilterValue()); }

void FilterState::set_value(const FilterValue& value) {
  const bool is_change = value != value_;
  if (is_change) {
    visibility_ = Visibility(value);
    value_ = value;
  }
  clear_error();
  if (is_change) emit changed();
}

void FilterState::clear_error() {
  if (error_.isEmpty()) return;
  error_.clear();
  emit error_changed();
}

}  // namespace attnscope::gui::model
