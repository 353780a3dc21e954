#include "tests/oracle/bigbird.h"

#include <cstdlib>

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

bool is_random_block(const VarArrays& in, std::int64_t h, std::int64_t u, std::int64_t v) {
  const auto random = in.find("random_blocks");
  if (random == in.end()) return false;
  for (std::int64_t r = 0; r < random->second.extent(2); ++r)
    if (static_cast<std::int64_t>(random->second(h, u, r).value()) == v) return true;
  return false;
}

// Queries of block u see keys of block v.
bool sees_block(const VarArrays& in, std::int64_t blocks, std::int64_t h, std::int64_t u, std::int64_t v) {
  const auto is_global = [&](std::int64_t block) { return block == 0 || block == blocks - 1; };
  return blocks <= 4 || is_global(u) || is_global(v) || std::abs(u - v) <= 1 || is_random_block(in, h, u, v);
}

VarArray core(const VarArrays& in, const BigbirdOptions& options) {
  require_one_of(options.form, {"itc", "etc"});
  const std::int64_t n = in.at("q").extent(2), blocks = (n + options.block - 1) / options.block;
  const auto sees = [&](std::int64_t h, std::int64_t i, std::int64_t j) {
    if (options.form == "itc") return sees_block(in, blocks, h, i / options.block, j / options.block);
    if (i < options.global || j < options.global) return true;
    return std::abs((i - options.global) / options.block - (j - options.global) / options.block) <= 1;
  };
  return self_attention(in, in.at("q"), in.at("k"), in.at("v"),
                        [&](auto, auto h, auto i, auto j) { return sees(h, i, j) ? 1.0 : 0.0; });
}

}  // namespace

Result bigbird_core(const Arrays& in, const BigbirdOptions& options) {
  return differentiate_output(in, {"random_blocks"}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result bigbird_layer(const Arrays& in, std::int64_t heads, const BigbirdOptions& options) {
  return differentiate_output(in, {"random_blocks"}, [&](const VarArrays& arrays) {
    return attention_layer(arrays, heads, [&](const VarArrays& inner) { return core(inner, options); });
  });
}

}  // namespace attnscope::oracle
