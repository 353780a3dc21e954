#include "gui/model/command_match.h"

#include <algorithm>
#include <utility>

namespace attnscope::gui::model {
namespace {

constexpr int at_word_start = 8, after_the_last = 5, anywhere = 1;

bool begins_word(const QString& name, qsizetype at) { return at == 0 || !name[at - 1].isLetterOrNumber(); }

// The best way to find typed[from …] in name[at …]; `adjacent` when the letter before `at` was the last one found.
int best_score(const QString& typed, qsizetype from, const QString& name, qsizetype at, bool adjacent) {
  if (from == typed.size()) return 0;
  int best = -1;
  // Two places are worth trying: the next one, and the next that begins a word.
  bool tried_any = false;
  for (qsizetype i = at; i < name.size(); ++i) {
    if (name[i] != typed[from]) continue;
    const bool at_start = begins_word(name, i);
    if (tried_any && !at_start) continue;
    const int here = at_start ? at_word_start : adjacent && i == at ? after_the_last : anywhere;
    const int rest = best_score(typed, from + 1, name, i + 1, true);
    if (rest >= 0) best = std::max(best, here + rest);
    if (tried_any || at_start) break;
    tried_any = true;
  }
  return best;
}

}  // namespace

int command_score(const QString& typed, const QString& name) {
  QString letters = typed.toCaseFolded();
  letters.remove(QLatin1Char(' '));
  return std::max(0, best_score(letters, 0, name.toCaseFolded(), 0, false));
}

std::vector<qsizetype> matching_commands(const QString& typed, const QStringList& names) {
  const bool shows_all = typed.trimmed().isEmpty();
  std::vector<std::pair<int, qsizetype>> scored;
  for (qsizetype i = 0; i < names.size(); ++i) {
    const int score = shows_all ? 1 : command_score(typed, names[i]);
    if (score > 0) scored.emplace_back(score, i);
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<qsizetype> result;
  for (const auto& [score, index] : scored) result.push_back(index);
  return result;
}

}  // namespace attnscope::gui::model
