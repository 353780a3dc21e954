#include "suite/attention/problem.h"

#include <cmath>
#include <fmt/format.h>

namespace attnscope::attention {

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::core:
      return "core";
    case Scope::layer:
      return "layer";
    case Scope::block:
      return "block";
  }
  return "?";
}

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::forward:
      return "forward";
    case Mode::training:
      return "training";
    case Mode::decode:
      return "decode";
  }
  return "?";
}

std::optional<Scope> scope_from_string(std::string_view text) {
  if (text == "core") return Scope::core;
  if (text == "layer") return Scope::layer;
  if (text == "block") return Scope::block;
  return std::nullopt;
}

std::optional<Mode> mode_from_string(std::string_view text) {
  if (text == "forward") return Mode::forward;
  if (text == "training") return Mode::training;
  if (text == "decode") return Mode::decode;
  return std::nullopt;
}

std::string to_string(const Problem& p) {
  return fmt::format("scope={} mode={} causal={} batch={} heads={} n={} head_dim={}", to_string(p.scope),
                     to_string(p.mode), p.causal ? 1 : 0, p.batch, p.heads, p.seq_len, p.head_dim);
}

std::int64_t ceil_sqrt(std::int64_t n) {
  return static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(n))));
}

}  // namespace attnscope::attention
