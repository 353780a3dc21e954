// Numbers as text, independent of the locale: what the CSV, the filter and the tables share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attnscope::reports {

// The shortest decimal text that reads back as the same double; an exponent only below 1e-5 and from 1e16 on.
// "" for NaN and infinity: they mean "not available" in every file.
std::string shortest_decimal(double value);

// The whole text as a number; std::nullopt for anything else, NaN and infinity included.
std::optional<double> parse_decimal(std::string_view text);
std::optional<std::int64_t> parse_whole(std::string_view text);

}  // namespace attnscope::reports
