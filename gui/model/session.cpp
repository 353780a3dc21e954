#include "gui/model/session.h"

#include <algorithm>

namespace attnscope::gui::model {

Session::Session(QObject* parent)
    : QObject(parent), cards(reports::find_model_cards()), arena(reports::find_long_range_arena()) {
  // Connected before any view exists, and Qt calls slots in the order of connection.
  connect(&runs, &RunStore::runs_changed, this, [this] {
    styles.learn(group_series(runs.runs(), Visibility()));
    if (selection.current() && !runs.find_record(*selection.current())) selection.set_current(std::nullopt);
    std::vector<PointKey> marked = selection.marked();
    std::erase_if(marked, [this](const PointKey& key) { return !runs.find_record(key); });
    selection.set_marked(std::move(marked));
    if (selection.hovered() && !runs.find_record(*selection.hovered())) selection.set_hovered(std::nullopt);
    if (!selection.variant().isEmpty() && runs.cases_of(selection.variant()).empty()) selection.set_variant({});
    // A pair that went with its run would hide everything.
    const QSet<QString> paired = filter.value().pair.variants;
    const auto is_gone = [this](const QString& variant) { return runs.cases_of(variant).empty(); };
    if (!paired.isEmpty() && std::all_of(paired.begin(), paired.end(), is_gone)) filter.set_pair({});
  });
}

}  // namespace attnscope::gui::model
