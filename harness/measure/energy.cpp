#include "harness/measure/energy.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace attnscope::harness::measure {

namespace {

using gpu::NvmlReading;

constexpr double longest_refresh_s = 0.1;  // of the counter
constexpr double power_average_s = 1;      // what a reading of the power looks back
constexpr double largest_doubt = 0.1;      // share of the time that the readings' ages may be
constexpr double batch_s = 2e-3;           // long beside a gap between batches, short beside a refresh

// A reading of the counter of energy.
struct Mark {
  double seconds;
  std::int64_t calls;  // done before it
  double joules;
  double age_s;  // at most
};

struct Stretch {
  Mark from, to;

  double seconds() const { return to.seconds - from.seconds; }
  double joules() const { return to.joules - from.joules; }
  double joules_per_call() const { return joules() / static_cast<double>(to.calls - from.calls); }
  double doubt() const { return (from.age_s + to.age_s) / seconds(); }
  bool is_good(double least_s) const {
    return seconds() >= least_s && doubt() <= largest_doubt && joules() > 0 && to.calls > from.calls;
  }
};

// The calls and what was read of them.
class EnergyRun {
 public:
  explicit EnergyRun(const EnergyProbe& probe) : probe_(probe), reading_(probe.read()), start_s_(probe.seconds()) {
    note_temperature();
    if (reading_.energy_joules) from_start_ = mark(longest_refresh_s);
  }

  void batch(std::int64_t calls) {
    const double before_s = probe_.seconds();
    probe_.calls(calls);
    calls_ += calls;
    const NvmlReading last = std::exchange(reading_, probe_.read());
    note_temperature();
    if (!from_start_ || !reading_.energy_joules || reading_.energy_joules == last.energy_joules) return;
    latest_ = mark(std::min(longest_refresh_s, probe_.seconds() - before_s));
    if (!from_change_) from_change_ = latest_;
  }

  // The stretch that is known best.
  std::optional<Stretch> stretch() const {
    if (!latest_) return std::nullopt;
    const Stretch whole{*from_start_, *latest_}, between{*from_change_, *latest_};
    return between.seconds() > 0 && between.doubt() < whole.doubt() ? between : whole;
  }
  bool counts_energy() const { return from_start_.has_value(); }
  double seconds() const { return probe_.seconds() - start_s_; }
  std::int64_t calls() const { return calls_; }
  std::optional<double> power_watts() const { return reading_.power_watts; }
  reports::OptionalNumber<double> highest_celsius() const { return highest_celsius_; }

 private:
  Mark mark(double age_s) const { return {probe_.seconds(), calls_, *reading_.energy_joules, age_s}; }
  void note_temperature() {
    if (!reading_.temperature_celsius) return;
    highest_celsius_ =
        std::max(highest_celsius_.value_or(*reading_.temperature_celsius), *reading_.temperature_celsius);
  }

  const EnergyProbe& probe_;
  NvmlReading reading_;
  double start_s_;
  std::int64_t calls_ = 0;
  std::optional<Mark> from_start_, from_change_, latest_;
  reports::OptionalNumber<double> highest_celsius_;
};

void fill_from_counter(const EnergyRun& run, double least_s, reports::Record& record) {
  const std::optional<Stretch> stretch = run.stretch();
  record.power_mean_w = run.power_watts();
  if (stretch && stretch->joules() > 0) record.power_mean_w = stretch->joules() / stretch->seconds();
  if (stretch && stretch->is_good(least_s)) {
    record.energy_per_call_j = stretch->joules_per_call();
    record.energy_source =
        fmt::format("counter: {} calls in {:.2f} s, to ±{:.1f} %", stretch->to.calls - stretch->from.calls,
                    stretch->seconds(), 100 * stretch->doubt());
    return;
  }
  record.energy_source =
      stretch ? fmt::format("none: the counter of energy was seen to change for {:.2g} s only", stretch->seconds())
              : fmt::format("none: the counter of energy did not change in {:.2g} s", run.seconds());
}

void fill_from_power(const EnergyRun& run, reports::Record& record) {
  record.power_mean_w = run.power_watts();
  if (!run.power_watts()) {
    record.energy_source = "none: the driver tells neither energy nor power of this device";
  } else if (run.seconds() < power_average_s) {
    record.energy_source = fmt::format(
        "none: the device counts no energy, and {:.2g} s are too short for its power (--max-time)", run.seconds());
  } else {
    record.energy_per_call_j = *run.power_watts() * run.seconds() / static_cast<double>(run.calls());
    record.energy_source = fmt::format("mean power times time: {} calls in {:.2f} s, the device counts no energy",
                                       run.calls(), run.seconds());
  }
}

}  // namespace

EnergyTime energy_time(const Settings& settings) {
  const EnergyTime most;
  const double share = std::min(1.0, settings.max_time_s / 4 / most.least_s);
  return {most.least_s * share, most.most_s * share};
}

void measure_energy(const EnergyProbe& probe, double call_s, const EnergyTime& time, reports::Record& record) {
  const auto batch = static_cast<std::int64_t>(std::clamp(std::ceil(batch_s / std::max(call_s, 1e-9)), 1.0, 1e4));
  EnergyRun run(probe);
  const auto is_enough = [&] {
    if (!run.counts_energy()) return run.seconds() >= power_average_s;
    const auto stretch = run.stretch();
    return stretch && stretch->is_good(time.least_s);
  };
  do run.batch(batch);
  while (!is_enough() && run.seconds() < time.most_s);
  record.temp_max_c = run.highest_celsius();
  if (run.counts_energy()) {
    fill_from_counter(run, time.least_s, record);
  } else {
    fill_from_power(run, record);
  }
}

}  // namespace attnscope::harness::measure
