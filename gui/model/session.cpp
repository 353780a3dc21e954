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
    // A pair that went with its run would hide everything.
    const QSet<QString>& paired = filter.value().pair.variants;
    const auto has_paired = [&](const LoadedRun& run) {
      return std::any_of(run.run.records.begin(), run.run.records.end(), [&](const reports::Record& record) {
        return paired.contains(facet_value(run, record, Facet::variant));
      });
    };
    if (!paired.isEmpty() && std::none_of(runs.runs().begin(), runs.runs().end(), has_paired)) filter.set_pair({});
  });
}

}  // namespace attnscope::gui::model
