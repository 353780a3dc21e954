// Undo of what is shown: filter, switched-off values and baseline, in one line of steps.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <vector>

#include "gui/model/filter_state.h"
#include "gui/model/view.h"

namespace attnscope::gui::model {

class History : public QObject {
  Q_OBJECT

 public:
  // Records what happens to both from now on; they outlive it.
  History(FilterState& filter, ViewState& view, QObject* parent = nullptr);

  bool can_undo() const { return !past_.empty(); }
  bool can_redo() const { return !future_.empty(); }
  void undo();
  void redo();
  // Begins anew with what is in force now.
  void clear();

 signals:
  void changed();

 private:
  struct Step {
    FilterValue filter;
    int baseline_run = 0;
    QString baseline_variant;
    bool operator==(const Step&) const = default;
  };
  Step now() const;
  void record();
  void restore(const Step& step);
  bool continues_typing(const Step& next);

  FilterState& filter_;
  ViewState& view_;
  Step current_;
  std::vector<Step> past_, future_;
  bool is_restoring_ = false;
  QElapsedTimer since_typing_;  // invalid unless the last step changed the filter's text only
};

}  // namespace attnscope::gui::model
