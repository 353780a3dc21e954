#include "gui/plot/quantity.h"

#include <array>
#include <cmath>
#include <span>

namespace attnscope::gui::plot {
namespace {

struct Prefix {
  double factor;
  const char* text;
};

constexpr std::array si_time{Prefix{1e-3, "ps"}, Prefix{1, "ns"}, Prefix{1e3, "µs"}, Prefix{1e6, "ms"},
                             Prefix{1e9, "s"}};
constexpr std::array long_time{Prefix{60e9, "min"}, Prefix{3600e9, "h"}, Prefix{86400e9, "d"}};
constexpr std::array binary_bytes{Prefix{1, "B"},        Prefix{0x1p10, "KiB"}, Prefix{0x1p20, "MiB"},
                                  Prefix{0x1p30, "GiB"}, Prefix{0x1p40, "TiB"}, Prefix{0x1p50, "PiB"}};
constexpr std::array si_flop{Prefix{1, "FLOP"},     Prefix{1e3, "kFLOP"},  Prefix{1e6, "MFLOP"}, Prefix{1e9, "GFLOP"},
                             Prefix{1e12, "TFLOP"}, Prefix{1e15, "PFLOP"}, Prefix{1e18, "EFLOP"}};
constexpr std::array si_plain{Prefix{1, ""}, Prefix{1e3, "k"}, Prefix{1e6, "M"}, Prefix{1e9, "G"}, Prefix{1e12, "T"}};

enum class Digits { significant, shortest };

QString digits_of(double value, Digits digits) {
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-3 || size >= 1e6)) return QString::number(value, 'g', 3);
  const int decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3;
  QString text = QString::number(value, 'f', decimals);
  if (digits == Digits::shortest && text.contains(QLatin1Char('.'))) {
    while (text.endsWith(QLatin1Char('0'))) text.chop(1);
    if (text.endsWith(QLatin1Char('.'))) text.chop(1);
  }
  return text;
}

// The largest prefix that leaves at least 1 once the number is rounded to three digits (999.96 k is 1.00 M).
const Prefix& prefix_for(double value, std::span<const Prefix> prefixes) {
  const Prefix* best = &prefixes.front();
  for (const Prefix& prefix : prefixes) {
    if (std::abs(value) >= prefix.factor * 0.9995) best = &prefix;
  }
  return *best;
}

QString with_prefix(double value, std::span<const Prefix> prefixes, Digits digits, const char* separator) {
  const Prefix& prefix = prefix_for(value, prefixes);
  const QString unit = QString::fromUtf8(prefix.text);
  // A whole number of the base unit has no decimals: 640 B, not 640.00 B.
  const bool whole = prefix.factor == 1 && value == std::floor(value);
  const QString number = digits_of(value / prefix.factor, whole ? Digits::shortest : digits);
  return unit.isEmpty() ? number : number + QLatin1String(separator) + unit;
}

QString format_time(double nanoseconds, Digits digits) {
  const bool is_long = std::abs(nanoseconds) > 1000e9;
  if (!is_long) return with_prefix(nanoseconds, si_time, digits, " ");
  const double minutes = nanoseconds / 60e9;
  const Prefix& prefix = std::abs(minutes) < 100       ? long_time[0]
                         : std::abs(minutes) < 48 * 60 ? long_time[1]
                                                       : long_time[2];
  return digits_of(nanoseconds / prefix.factor, digits) + QLatin1Char(' ') + QString::fromUtf8(prefix.text);
}

// Binary prefixes only where they are exact to a quarter: 4096 is 4k, 1536 is 1.5k, 1000 stays 1000.
QString format_count(double value) {
  for (const auto& [factor, text] : {Prefix{0x1p30, "G"}, Prefix{0x1p20, "M"}, Prefix{0x1p10, "k"}}) {
    const double quarters = value / factor * 4;
    if (std::abs(value) >= factor && quarters == std::floor(quarters)) {
      return QString::number(value / factor, 'g', 6) + QLatin1String(text);
    }
  }
  return value == std::floor(value) && std::abs(value) < 1e15 ? QString::number(value, 'f', 0)
                                                              : QString::number(value, 'g', 4);
}

QString format(Quantity quantity, double value, Digits digits) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  if (value == 0 && quantity != Quantity::ratio) return QStringLiteral("0");
  switch (quantity) {
    case Quantity::plain:
      return digits == Digits::shortest ? QString::number(value, 'g', 6) : digits_of(value, digits);
    case Quantity::count:
      return format_count(value);
    case Quantity::time_ns:
      return format_time(value, digits);
    case Quantity::bytes:
      return with_prefix(value, binary_bytes, digits, " ");
    case Quantity::flop:
      return with_prefix(value, si_flop, digits, " ");
    case Quantity::per_second:
      return with_prefix(value, si_plain, digits, "");
    case Quantity::ratio:
      return digits_of(value, digits) + QStringLiteral("×");
  }
  return {};
}

}  // namespace

QString format_quantity(Quantity quantity, double value) { return format(quantity, value, Digits::significant); }

QString format_tick(Quantity quantity, double value) { return format(quantity, value, Digits::shortest); }

QString unit_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::time_ns:
      return QStringLiteral("ns");
    case Quantity::bytes:
      return QStringLiteral("B");
    case Quantity::flop:
      return QStringLiteral("FLOP");
    case Quantity::plain:
    case Quantity::count:
    case Quantity::per_second:
    case Quantity::ratio:
      break;
  }
  return {};
}

}  // namespace attnscope::gui::plot
