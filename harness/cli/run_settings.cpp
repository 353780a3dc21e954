#include "harness/cli/run_settings.h"

namespace attnscope::harness::cli {

std::span<const RunSetting> run_settings() {
  static constexpr RunSetting all[] = {
      {"timeout", "600", "seconds (or 250ms, 10m) after which a case is killed"},
      {"mem-limit", "80%", "memory a case may take: a share of what is available, or an amount such as 4g"},
      {"confidence", "95%", "of the interval of the median"},
      {"precision", "2%", "half-width of that interval to reach"},
      {"min-samples", "6", "samples at least"},
      {"max-samples", "10000", "samples at most"},
      {"min-time", "0.1s", "time in the timing loop at least"},
      {"max-time", "10s", "time in the timing loop at most"},
      {"min-sample-time", "50us", "shorter calls are repeated within a sample"},
      {"warmup", "auto", "before the first sample: auto (until steady), a number of runs or a time"},
      {"rounds", "1", "processes per case; all cases' processes are interleaved"},
      {"reference", "5m", "a reference case shows drift at start, middle, end and this often; off: never"},
      {"throttle-threshold", "90%", "of the run's best clock: a case timed below is throttled"},
      {"seed", "1", "of inputs and parameters"},
      {"validate", "full", "full: a wrong variant gets no time; off: nothing is checked"},
      {"ceilings", "measure",
       "measure, off, or a file of `attnscope calibrate`: what the roofline columns are relative to"},
      {"order", "auto", "plan, cost (cheapest first) or random; auto: plan, with several rounds random"},
  };
  return all;
}

}  // namespace attnscope::harness::cli
