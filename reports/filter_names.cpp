#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <numeric>
#include <utility>

#include "reports/filter.h"
#include "reports/number_text.h"

namespace attnscope::reports {

std::string_view canonical_axis(std::string_view name) {
  if (name == "n") return "seq_q";
  if (name == "cache") return "cache_state";
  return name;
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  int shift = 0;
  if (!text.empty()) {
    switch (std::tolower(static_cast<unsigned char>(text.back()))) {
      case 'k':
        shift = 10;
        break;
      case 'm':
        shift = 20;
        break;
      case 'g':
        shift = 30;
        break;
      default:
        break;
    }
  }
  if (shift != 0) text.remove_suffix(1);
  const auto value = parse_whole(text);
  const std::int64_t limit = std::numeric_limits<std::int64_t>::max() >> shift;
  if (!value || *value > limit || *value < -limit) return std::nullopt;
  return *value * (std::int64_t{1} << shift);
}

namespace {

// Edits from one word to the other: insertions, deletions, replacements and swaps of neighbours, case ignored.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    before_last = std::exchange(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_spelling(std::string_view given, std::span<const std::string> candidates) {
  // A typing error changes few letters of a word; beyond that, a suggestion would mislead.
  const std::size_t allowed = given.size() <= 1 ? 0 : given.size() <= 4 ? 1 : given.size() <= 8 ? 2 : 3;
  std::string nearest;
  std::size_t fewest = allowed + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t fewest_possible =
        std::max(candidate.size(), given.size()) - std::min(candidate.size(), given.size());
    if (fewest_possible >= fewest) continue;
    const std::size_t distance = edit_distance(given, candidate);
    if (distance < fewest) {
      fewest = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace attnscope::reports
