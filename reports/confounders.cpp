#include "reports/confounders.h"

#include <cmath>
#include <fmt/format.h>

namespace attnscope::reports {

namespace {

constexpr double least_drift = 0.05;

bool positive(const std::optional<double>& value) { return value && *value > 0 && std::isfinite(*value); }

// Seconds to cycles, as a factor on the ratio.
std::optional<Confounder> clock_change(const Record& base, const Record& other) {
  double factor = 1;
  if (positive(base.cycles_median) && positive(other.cycles_median) && positive(base.time_median_ns) &&
      positive(other.time_median_ns)) {
    factor = (*other.cycles_median / *base.cycles_median) / (*other.time_median_ns / *base.time_median_ns);
  } else if (positive(base.clock_mean_hz) && positive(other.clock_mean_hz)) {
    factor = *other.clock_mean_hz / *base.clock_mean_hz;
  } else {
    return std::nullopt;
  }
  return Confounder{fmt::format("clock changed by {:+.1f} %: not seen in clock cycles", 100 * (factor - 1)), factor};
}

double drift_of(const Record& record) {
  const double drift = record.drift_frac.value_or(0);
  return std::abs(drift) >= least_drift && drift > -1 ? drift : 0;
}

std::optional<Confounder> drift(const Record& base, const Record& other) {
  const double from = drift_of(base), to = drift_of(other);
  if (from == to) return std::nullopt;
  return Confounder{fmt::format("machine drifted: the reference case changed by {:+.1f} % in the base and {:+.1f} % in "
                                "the other run",
                                100 * from, 100 * to),
                    (1 + from) / (1 + to)};
}

}  // namespace

std::optional<Confounder> find_confounder(const Record& base, const Record& other, double time_ratio) {
  const auto rest = [&](const std::optional<Confounder>& c) {
    return std::abs(std::log(time_ratio * (c ? c->factor : 1)));
  };
  const auto clock = clock_change(base, other), machine = drift(base, other);
  const auto& best = rest(machine) < rest(clock) ? machine : clock;
  return rest(best) < rest(std::nullopt) ? best : std::nullopt;
}

}  // namespace attnscope::reports
