#include "harness/cli/complete_value.h"

#include <algorithm>
#include <fmt/format.h>

#include "harness/device/devices.h"
#include "harness/plan/axes.h"
#include "harness/plan/preset.h"
#include "reports/record.h"
#include "suite/attention/registry.h"

namespace attnscope::harness::cli {

namespace {

using Kind = Completion::Kind;
using Candidates = std::vector<Candidate>;

Candidates variants() {
  Candidates all;
  for (const std::string& name : attention::variant_names())
    all.push_back({name, attention::make_variant(name)->info().title});
  return all;
}

Candidates devices() {
  Candidates all;
  for (const device::Device& d : device::devices()) {
    if (d.available) all.push_back({d.name, d.description});
  }
  return all;
}

Candidates presets() {
  Candidates all;
  for (const plan::Preset& preset : plan::all_presets()) all.push_back({preset.name, preset.title});
  return all;
}

Candidates figures() {
  Candidates all;
  for (const reports::Column& column : reports::columns()) {
    if (column.better != reports::Better::none) all.push_back({std::string(column.name), std::string(column.meaning)});
  }
  return all;
}

Candidates words_of(const plan::Axis& axis) {
  Candidates all;
  for (const std::string& word : axis.words) all.push_back({word, ""});
  if (axis.kind == plan::Axis::Kind::flag) {
    all.push_back({"0", "no"});
    all.push_back({"1", "yes"});
  }
  return all;
}

Candidates with_prefix(const std::string& prefix, Candidates candidates) {
  for (Candidate& candidate : candidates) candidate.word = prefix + candidate.word;
  return candidates;
}

// The last item of a comma-separated list; the items before it stay.
Completion last_of_list(const Candidates& items, const std::string& begun) {
  const std::size_t start = begun.rfind(',') + 1;  // 0 without a comma
  return {Kind::words, starting_with(begun, with_prefix(begun.substr(0, start), items))};
}

// "n=" and then its values.
Completion axis(const std::string& begun) {
  const std::size_t equals = begun.find('=');
  Candidates all;
  if (equals == std::string::npos) {
    for (const plan::Axis& axis : plan::axes()) all.push_back({axis.name + "=", axis.meaning});
    return {Kind::open, starting_with(begun, all)};
  }
  const std::string name = begun.substr(0, equals);
  for (const plan::Axis& axis : plan::axes()) {
    if (axis.name == name) all = name == "device" ? devices() : words_of(axis);
  }
  Completion completion = last_of_list(all, begun.substr(equals + 1));
  completion.candidates = with_prefix(name + "=", std::move(completion.candidates));
  return completion;
}

// "longformer." and then "longformer.window=" and then its default.
Completion hyper_parameter(const std::string& begun) {
  const std::size_t dot = begun.find('.');
  if (dot == std::string::npos) {
    Candidates all = variants();
    for (Candidate& candidate : all) candidate.word += '.';
    return {Kind::open, starting_with(begun, all)};
  }
  const std::string name = begun.substr(0, dot);
  Candidates all;
  const bool value = begun.find('=') != std::string::npos;
  for (const std::string& known : attention::variant_names()) {
    if (known != name) continue;
    const auto variant = attention::make_variant(name);
    for (const attention::OptionBase* option : variant->options().all()) {
      const attention::OptionInfo& info = option->info();
      const std::string begins = fmt::format("{}.{}=", name, info.name);
      all.push_back({value ? begins + info.default_value : begins, fmt::format("{} [{}]", info.meaning, info.range)});
    }
  }
  return {value ? Kind::words : Kind::open, starting_with(begun, all)};
}

// The name that the last term of a filter begins with.
Completion filter(const std::string& begun) {
  const std::size_t start = begun.find_last_of(" (!&|-") + 1;
  Candidates all;
  for (const plan::Axis& axis : plan::axes()) all.push_back({axis.name + ":", axis.meaning});
  const std::vector<std::string> axes = plan::axis_names();
  for (const reports::Column& column : reports::columns()) {
    if (std::ranges::find(axes, column.name) == axes.end())
      all.push_back({std::string(column.name) + ":", std::string(column.meaning)});
  }
  return {Kind::open, starting_with(begun, with_prefix(begun.substr(0, start), std::move(all)))};
}

}  // namespace

std::vector<Candidate> starting_with(const std::string& begun, const std::vector<Candidate>& candidates) {
  std::vector<Candidate> fitting;
  for (const Candidate& candidate : candidates) {
    if (candidate.word.starts_with(begun)) fitting.push_back(candidate);
  }
  return fitting;
}

Completion complete_value(const std::string& value, const std::string& begun) {
  if (value == "FILE" || value == "DIR") return {Kind::files, {}};
  if (value == "VARIANT") return {Kind::words, starting_with(begun, variants())};
  if (value == "VARIANTS") return last_of_list(variants(), begun);
  if (value == "DEVICE") return {Kind::words, starting_with(begun, devices())};
  if (value == "DEVICES") return last_of_list(devices(), begun);
  if (value == "COLUMNS") return last_of_list(figures(), begun);
  if (value == "PRESET") return {Kind::words, starting_with(begun, presets())};
  if (value == "AXIS=VALUES") return axis(begun);
  if (value == "VARIANT.OPTION=VALUES") return hyper_parameter(begun);
  if (value == "FILTER") return filter(begun);
  if (value == "SOURCE") {
    return {
        Kind::words,
        starting_with(begun, {{"gaussian", "for core scope"}, {"listops", "for layer scope"}, {"text:", "a file"}})};
  }
  Candidates words;
  for (const std::string& word : closed_set(value)) words.push_back({word, ""});
  return {Kind::words, starting_with(begun, words)};
}

}  // namespace attnscope::harness::cli
