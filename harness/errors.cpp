#include "harness/errors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>

#include "reports/filter.h"

namespace attnscope::harness {

UsageError unknown_name(std::string_view kind, std::string_view given, std::span<const std::string> known) {
  const std::string nearest = reports::nearest_spelling(std::string(given), known);
  std::string hint;
  if (!nearest.empty()) fmt::format_to(std::back_inserter(hint), "did you mean '{}'? ", nearest);
  return UsageError(fmt::format("unknown {} '{}'; {}known: {}", kind, given, hint, fmt::join(known, ", ")));
}

}  // namespace attnscope::harness
