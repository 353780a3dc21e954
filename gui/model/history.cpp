#include "gui/model/history.h"

#include <QScopedValueRollback>

namespace attnscope::gui::model {
namespace {

// A filter that is typed without a longer pause is one step.
constexpr int typing_pause_ms = 1000;

}  // namespace

History::History(FilterState& filter, ViewState& view, QObject* parent)
    : QObject(parent), filter_(filter), view_(view), current_(now()) {
  connect(&filter_, &FilterState::changed, this, &History::record);
  connect(&view_, &ViewState::changed, this, &History::record);
}

History::Step History::now() const {
  const ViewOptions& options = view_.options();
  return {filter_.value(), options.baseline_run, options.baseline_variant};
}

bool History::continues_typing(const Step& next) {
  Step same_text = next;
  same_text.filter.text = current_.filter.text;
  const bool is_typing = same_text == current_;
  const bool continues = is_typing && since_typing_.isValid() && !since_typing_.hasExpired(typing_pause_ms);
  if (is_typing) {
    since_typing_.start();
  } else {
    since_typing_.invalidate();
  }
  return continues;
}

void History::record() {
  if (is_restoring_) return;
  const Step next = now();
  if (next == current_) return;
  if (!continues_typing(next)) past_.push_back(current_);
  future_.clear();
  current_ = next;
  emit changed();
}

void History::restore(const Step& step) {
  {
    const QScopedValueRollback restoring(is_restoring_, true);
    current_ = step;
    since_typing_.invalidate();
    filter_.set_value(step.filter);
    ViewOptions options = view_.options();
    options.baseline_run = step.baseline_run;
    options.baseline_variant = step.baseline_variant;
    view_.set_options(options);
  }
  emit changed();
}

void History::clear() {
  past_.clear();
  future_.clear();
  current_ = now();
  since_typing_.invalidate();
  emit changed();
}

void History::undo() {
  if (past_.empty()) return;
  const Step step = past_.back();
  past_.pop_back();
  future_.push_back(current_);
  restore(step);
}

void History::redo() {
  if (future_.empty()) return;
  const Step step = future_.back();
  future_.pop_back();
  past_.push_back(current_);
  restore(step);
}

}  // namespace attnscope::gui::model
