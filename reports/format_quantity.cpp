#include <array>
#include <cmath>
#include <fmt/format.h>
#include <span>

#include "reports/markdown.h"

namespace attnscope::reports {

namespace {

struct Prefix {
  double factor;
  std::string_view symbol;
};

constexpr std::array<Prefix, 5> time_units{{{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}, {3.6e12, "h"}}};
constexpr std::array<Prefix, 6> binary{
    {{1, ""}, {0x1p10, "Ki"}, {0x1p20, "Mi"}, {0x1p30, "Gi"}, {0x1p40, "Ti"}, {0x1p50, "Pi"}}};
constexpr std::array<Prefix, 7> decimal{
    {{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}, {1e15, "P"}, {1e18, "E"}}};

constexpr std::array<Prefix, 6> small_and_large{
    {{1e-9, "n"}, {1e-6, "µ"}, {1e-3, "m"}, {1, ""}, {1e3, "k"}, {1e6, "M"}}};

// Three significant digits, or all digits before the point, without trailing zeros.
std::string three_digits(double value) {
  const double magnitude = std::abs(value);
  if (magnitude >= 1000 && magnitude < 1e7) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}", value);
}

double round_to_three_digits(double value) {
  if (value == 0) return 0;
  const double scale = std::pow(10.0, 2 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

// The largest prefix that the value reaches after rounding: 999.96 ns is 1 µs, not 1000 ns.
std::string with_prefix(double value, std::span<const Prefix> prefixes, std::string_view unit) {
  const Prefix* chosen = &prefixes.front();
  for (const Prefix& prefix : prefixes) {
    if (std::abs(round_to_three_digits(value / prefix.factor)) >= 1) chosen = &prefix;
  }
  const std::string suffix = fmt::format("{}{}", chosen->symbol, unit);
  return fmt::format("{}{}{}", three_digits(value / chosen->factor), suffix.empty() ? "" : " ", suffix);
}

// Lengths are powers of two: 16384 is "16k", as the filter and the command line spell it; other counts stay as they
// are.
std::string count_text(double value) {
  constexpr std::array<Prefix, 3> suffixes{{{0x1p30, "g"}, {0x1p20, "m"}, {0x1p10, "k"}}};
  for (const auto& [factor, symbol] : suffixes) {
    if (std::abs(value) >= factor && std::fmod(value, factor) == 0) {
      return fmt::format("{:.0f}{}", value / factor, symbol);
    }
  }
  return std::abs(value) < 1e7 && std::trunc(value) == value ? fmt::format("{:.0f}", value) : three_digits(value);
}

}  // namespace

std::string_view unit_symbol(Unit unit) {
  switch (unit) {
    case Unit::none:
    case Unit::count:
    case Unit::ratio:
      return "";
    case Unit::nanoseconds:
      return "ns";
    case Unit::bytes:
      return "bytes";
    case Unit::flop:
      return "FLOP";
    case Unit::hertz:
      return "Hz";
    case Unit::flop_per_second:
      return "FLOP/s";
    case Unit::bytes_per_second:
      return "bytes/s";
    case Unit::tokens_per_second:
      return "tokens/s";
    case Unit::celsius:
      return "°C";
    case Unit::watt:
      return "W";
    case Unit::joule:
      return "J";
  }
  return "";
}

std::string format_quantity(double value, Unit unit) {
  if (!std::isfinite(value)) return "-";
  switch (unit) {
    case Unit::nanoseconds:
      return with_prefix(value, time_units, "");
    case Unit::bytes:
      return with_prefix(value, binary, "B");
    case Unit::flop:
      return with_prefix(value, decimal, "FLOP");
    case Unit::count:
      return count_text(value);
    case Unit::hertz:
      return with_prefix(value, decimal, "Hz");
    case Unit::flop_per_second:
      return with_prefix(value, decimal, "FLOP/s");
    case Unit::bytes_per_second:
      return with_prefix(value, decimal, "B/s");
    case Unit::tokens_per_second:
      return with_prefix(value, decimal, "tokens/s");
    case Unit::celsius:
      return three_digits(value) + " °C";
    case Unit::watt:
      return with_prefix(value, decimal, "W");
    case Unit::joule:
      return with_prefix(value, small_and_large, "J");
    case Unit::none:
    case Unit::ratio:
      break;
  }
  return three_digits(value);
}

}  // namespace attnscope::reports
