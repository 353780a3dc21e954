// What curves can run along: the sequence length, or any other number that tells cases apart.
#pragma once

#include <QString>
#include <optional>
#include <span>
#include <vector>

#include "gui/model/filter_state.h"
#include "gui/model/run_store.h"
#include "gui/plot/quantity.h"
#include "reports/filter_matchers.h"

namespace attnscope::gui::model {

// The length that a case is about: the keys' length for decoding (one query against N), else the queries'.
std::optional<double> sequence_length(const reports::Record& record);

class CaseAxis {
 public:
  // The sequence length.
  CaseAxis() = default;
  // By its name in filters: "n", "heads", "params.window"; "" is the length too. Nothing when there is no such column,
  // or when it holds no numbers.
  static std::optional<CaseAxis> find(const QString& name);

  bool is_length() const { return !field_; }
  QString id() const;     // what find() takes; "n" for the length
  QString name() const;   // "sequence length", "heads", "window"
  QString title() const;  // of a figure's axis
  plot::Quantity quantity() const;
  std::optional<double> value(const reports::Record& record) const;
  QString text(const reports::Record& record) const;  // "heads 8"; "" without a value
  // The hyper-parameter that this axis is; "" for everything else.
  QString parameter() const;

 private:
  std::optional<reports::filtering::Field> field_;
};

// The length, and every axis of cases and hyper-parameter that has two values or more within one variant.
std::vector<CaseAxis> varying_axes(std::span<const LoadedRun> runs, const Visibility& visibility);

}  // namespace attnscope::gui::model
