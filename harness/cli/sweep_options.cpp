#include "harness/cli/sweep_options.h"

#include "harness/errors.h"
#include "harness/plan/preset.h"

namespace attnscope::harness::cli {

void add_sweep_options(CLI::App& sub, SweepOptions& options) {
  sub.add_option("-V,--variant", options.variants, "variants: names, patterns such as 'lin*', or all; comma-separated")
      ->type_name("VARIANTS")
      ->allow_extra_args(false);
  sub.add_option("-a,--axis", options.axes, "AXIS=VALUES: lists 1,2, ranges 256:64k:x2 and 256:1k:+256")
      ->type_name("AXIS=VALUES")
      ->allow_extra_args(false);
  sub.add_option("-P,--param", options.parameters, "VARIANT.OPTION=VALUES: hyper-parameters")
      ->type_name("VARIANT.OPTION=VALUES")
      ->allow_extra_args(false);
  sub.add_option("--device", options.device, "devices, comma-separated; the same as -a device=")->type_name("DEVICES");
  sub.add_option("--where", options.where, "only cases that fit, as in 'n<=8k || variant!=softmax'")
      ->type_name("FILTER");
  sub.add_option("--preset", options.preset, "a named sweep; `list presets` shows them")->type_name("PRESET");
  sub.add_option("--input", options.input, "gaussian (default for core), listops (default for layer) or text:FILE")
      ->type_name("SOURCE");
  sub.add_option("--shard", options.shard, "i/N: the i-th of N equal shares of the cases")->type_name("i/N");
}

SweepChoice choose_sweep(const SweepOptions& options) {
  SweepChoice choice;
  if (!options.preset.empty()) {
    plan::Preset preset = plan::load_preset(options.preset);
    choice.request.sweeps = std::move(preset.sweeps);
    choice.settings = std::move(preset.settings);
  } else if (options.variants.empty()) {
    throw UsageError("no variants: give -V NAMES (or -V all), or --preset NAME; `attnscope list variants` shows them");
  } else {
    choice.request.sweeps.emplace_back();
  }
  for (plan::Sweep& sweep : choice.request.sweeps) {
    if (!options.variants.empty()) sweep.variants = options.variants;
    if (sweep.variants.empty()) sweep.variants = {"all"};
    sweep.axes.insert(sweep.axes.end(), options.axes.begin(), options.axes.end());
    if (!options.device.empty()) sweep.axes.push_back("device=" + options.device);
    sweep.parameters.insert(sweep.parameters.end(), options.parameters.begin(), options.parameters.end());
    if (!options.where.empty()) sweep.where = options.where;
    if (!options.input.empty()) sweep.input = options.input;
  }
  choice.request.shard = plan::parse_shard(options.shard);
  return choice;
}

}  // namespace attnscope::harness::cli
