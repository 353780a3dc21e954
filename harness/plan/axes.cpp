#include "harness/plan/axes.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "harness/device/devices.h"
#include "harness/errors.h"
#include "reports/filter.h"

namespace attnscope::harness::plan {

std::span<const Axis> axes() {
  using Kind = Axis::Kind;
  static const std::array<Axis, 12> all{{
      {"n", Kind::count, {}, "1024", "sequence length N"},
      {"batch", Kind::count, {}, "1", "sequences in a batch B"},
      {"heads", Kind::count, {}, "8", "attention heads H"},
      {"head_dim", Kind::count, {}, "64", "width of a head D; the model is E = H·D wide"},
      {"dtype",
       Kind::word,
       {"f32", "f64", "tf32", "bf16", "fp16"},
       "f32",
       "element type of the computation; what a device can, `list devices` tells"},
      {"mode",
       Kind::word,
       {"forward", "training", "decode"},
       "forward",
       "inference; forward and backward; or one token against a state of n"},
      {"scope",
       Kind::word,
       {"core", "layer", "block"},
       "core",
       "attention from Q, K, V; with W_q, W_k, W_v and W_o; or a whole block with feed-forward"},
      {"causal",
       Kind::flag,
       {"auto"},
       "auto",
       "1: a position sees only itself and earlier ones; auto: 0, or 1 for variants that read from left to right only"},
      {"device",
       Kind::word,
       {"cpu", "reference"},
       "cpu",
       "where it runs: cpu, reference or, where `attnscope list devices` shows one, cuda:0"},
      {"threads", Kind::count, {}, "all", "threads of the CPU backend; all: every core this process may use"},
      {"cache", Kind::word, {"warm", "cold"}, "warm", "cold: caches are thrashed before each timed call"},
      {"launch",
       Kind::word,
       {"stream", "graph"},
       "stream",
       "graph: a CUDA device gets the kernels of a call recorded as a graph, at once"},
  }};
  return all;
}

std::vector<std::string> axis_names() {
  std::vector<std::string> names;
  for (const Axis& axis : axes()) names.push_back(axis.name);
  return names;
}

const Axis& find_axis(std::string_view name) {
  const auto found = std::ranges::find(axes(), name, &Axis::name);
  if (found == axes().end()) throw unknown_name("axis", name, axis_names());
  return *found;
}

std::string canonical_value(const Axis& axis, std::string_view value) {
  const std::string text(value);
  switch (axis.kind) {
    case Axis::Kind::count: {
      if (axis.name == "threads" && value == "all") return text;
      const auto count = reports::parse_count(value);
      if (!count || *count < 1) {
        throw UsageError(
            fmt::format("axis {}: '{}' is not a whole number of at least 1 (examples: 512, 4k, 1m)", axis.name, value));
      }
      return std::to_string(*count);
    }
    case Axis::Kind::flag:
      if (std::ranges::find(axis.words, text) != axis.words.end()) return text;
      if (value == "0" || value == "false" || value == "no") return "0";
      if (value == "1" || value == "true" || value == "yes") return "1";
      throw UsageError(fmt::format("axis {}: '{}' is neither 0 nor 1", axis.name, value));
    case Axis::Kind::word:
      if (axis.name == "device") return device::canonical_device(value);
      if (std::ranges::find(axis.words, text) == axis.words.end()) throw unknown_name(axis.name, value, axis.words);
      return text;
  }
  return text;
}

}  // namespace attnscope::harness::plan
