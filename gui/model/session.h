// What every view shares: runs, filter, selection, styles, view and model cards, wired so that styles are known before
// any view reloads.
#pragma once

#include <QObject>
#include <vector>

#include "gui/model/filter_state.h"
#include "gui/model/history.h"
#include "gui/model/notes.h"
#include "gui/model/run_store.h"
#include "gui/model/selection_hub.h"
#include "gui/model/style_book.h"
#include "gui/model/view.h"
#include "reports/model_cards.h"

namespace attnscope::gui::model {

class Session : public QObject {
  Q_OBJECT

 public:
  explicit Session(QObject* parent = nullptr);

  RunStore runs;
  FilterState filter;
  SelectionHub selection;
  StyleBook styles;
  ViewState view;
  History history{filter, view};
  Notes notes;
  std::vector<reports::ModelCard> cards;  // of the data directory; none where it has none

  reports::LongRangeArena arena;  // likewise

  // What the views may read now.
  ViewInput view_input() const {
    return {runs.runs(), filter.visibility(), styles, cards, selection.current(), &arena};
  }
};

}  // namespace attnscope::gui::model
