// Power and energy of a call on a device that counts them: the call runs again and again, and the device is read
// between batches of calls.
//
// Drivers refresh the counter of energy every 20 to 100 ms. So a reading is up to 0.1 s old; one that differs from the
// reading before is no older than the batch of calls between the two. The energy of a call is taken between two
// readings whose ages together are at most a tenth of the time between them, and at least `least_s` apart; the calls go
// on for that, up to `most_s`. Where there is no counter, it is the driver's power, which is an average over up to a
// second, times the time of a call, after calls of a second at least.
#pragma once

#include <cstdint>
#include <functional>

#include "harness/gpu/nvml.h"
#include "harness/measure/settings.h"
#include "reports/record.h"

namespace attnscope::harness::measure {

// The device at work, and a clock.
struct EnergyProbe {
  std::function<void(std::int64_t)> calls;  // runs so many and returns when the device has done them
  std::function<gpu::NvmlReading()> read;
  std::function<double()> seconds;
};

struct EnergyTime {
  double least_s = 0.5, most_s = 3;
};
// Less where the timing loop has less than two seconds.
EnergyTime energy_time(const Settings& settings);

// Fills energy_per_call_j and energy_source (how it was found, or why there is none), power_mean_w and temp_max_c.
// `call_s`: about what one call takes.
void measure_energy(const EnergyProbe& probe, double call_s, const EnergyTime& time, reports::Record& record);

}  // namespace attnscope::harness::measure
