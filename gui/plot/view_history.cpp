#include "gui/plot/view_history.h"

namespace attnscope::gui::plot {
namespace {

constexpr std::size_t longest_history = 100;

std::optional<View> step(std::vector<View>& from, std::vector<View>& to, const View& current) {
  if (from.empty()) return std::nullopt;
  const View view = from.back();
  from.pop_back();
  to.push_back(current);
  return view;
}

}  // namespace

void ViewHistory::push(const View& left) {
  if (!past_.empty() && past_.back() == left) return;
  past_.push_back(left);
  if (past_.size() > longest_history) past_.erase(past_.begin());
  future_.clear();
}

std::optional<View> ViewHistory::back(const View& current) { return step(past_, future_, current); }

std::optional<View> ViewHistory::forward(const View& current) { return step(future_, past_, current); }

void ViewHistory::clear() {
  past_.clear();
  future_.clear();
}

}  // namespace attnscope::gui::plot
