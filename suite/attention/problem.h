// What is asked of a variant: the sizes and the kind of run. Symbols are those of the literature: batch B, heads H,
// sequence length N, head width D, model width E = H·D.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attnscope::attention {

enum class Scope {
  core,   // from Q, K, V [B,H,N,D] to O [B,H,N,D]; inner projections of the variant included
  layer,  // from X [B,N,E] to Y [B,N,E]: with W_q, W_k, W_v and W_o
  block,  // the same with residuals, layer norms and feed-forward: a Transformer block
};
enum class Mode {
  forward,   // inference: nothing is saved for a backward pass
  training,  // forward and backward: gradients of every input and parameter
  decode,    // one token against a state that holds seq_len earlier ones
};

std::string_view to_string(Scope scope);
std::string_view to_string(Mode mode);
std::optional<Scope> scope_from_string(std::string_view text);
std::optional<Mode> mode_from_string(std::string_view text);

struct Problem {
  Scope scope = Scope::core;
  Mode mode = Mode::forward;
  bool causal = false;
  std::int64_t batch = 1;
  std::int64_t heads = 8;
  std::int64_t seq_len = 1024;
  std::int64_t head_dim = 64;

  std::int64_t model_dim() const { return heads * head_dim; }
  std::int64_t rows() const { return mode == Mode::decode ? 1 : seq_len; }  // positions that come in and go out
  bool operator==(const Problem&) const = default;
};

std::string to_string(const Problem& problem);

std::int64_t ceil_sqrt(std::int64_t n);  // ⌈√n⌉, the default of many a block or stride

}  // namespace attnscope::attention
