#include "tests/oracle/memory_compressed.h"

#include <algorithm>

#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

void check(const MemoryCompressedOptions& options) {
  require_one_of(options.kind, {"compressed", "local"});
  require_one_of(options.order, {"compress_input", "compress_keys"});
  require_one_of(options.reduction, {"convolution", "attention"});
  require_one_of(options.first_slot, {"first_row", "learned", "none"});
  require_one_of(options.visibility, {"passed", "complete"});
  require_one_of(options.activation, {"none", "silu"});
}

std::int64_t first_slots(const MemoryCompressedOptions& options) { return options.first_slot == "none" ? 0 : 1; }

// Causal: whole blocks only. Bidirectional: the last block is filled up with zero rows.
std::int64_t blocks(const MemoryCompressedOptions& options, std::int64_t n) {
  return options.causal ? n / options.factor : (n + options.factor - 1) / options.factor;
}

// A(i) = {j : ⌊j/b⌋ = ⌊i/b⌋ (and j ≤ i when causal)}
VarArray local(const VarArrays& in, const MemoryCompressedOptions& options) {
  return self_attention(in, in.at("q"), in.at("k"), in.at("v"), [&](auto, auto, auto i, auto j) {
    return i / options.block == j / options.block && (!options.causal || j <= i) ? 1.0 : 0.0;
  });
}

// Row s: rows sκ … sκ+κ−1 of x [B,H,N,W] one after the other, zero beyond N. [B,H,blocks,κW]
VarArray joined_blocks(const VarArray& x, const MemoryCompressedOptions& options) {
  const std::int64_t width = x.extent(3);
  VarArray joined({x.extent(0), x.extent(1), blocks(options, x.extent(2)), options.factor * width});
  for (std::int64_t b = 0; b < joined.extent(0); ++b)
    for (std::int64_t h = 0; h < joined.extent(1); ++h)
      for (std::int64_t s = 0; s < joined.extent(2); ++s)
        for (std::int64_t t = 0; t < options.factor && s * options.factor + t < x.extent(2); ++t)
          for (std::int64_t d = 0; d < width; ++d) joined(b, h, s, t * width + d) = x(b, h, s * options.factor + t, d);
  return joined;
}

// c_s = Σ_ij p_ij v_j over the pairs of real positions i, j of block s, in every head:
// p_ij = exp(q_i·k_j/√D) / Σ_i'j' exp(q_i'·k_j'/√D). Zero when there is no real position. [B,H,blocks,D]
VarArray attended_blocks(const VarArrays& in, const VarArray& q, const VarArray& k, const VarArray& v,
                         const MemoryCompressedOptions& options) {
  VarArray c({v.extent(0), v.extent(1), blocks(options, v.extent(2)), v.extent(3)});
  for (std::int64_t b = 0; b < c.extent(0); ++b)
    for (std::int64_t h = 0; h < c.extent(1); ++h)
      for (std::int64_t s = 0; s < c.extent(2); ++s) {
        const std::int64_t begin = s * options.factor, end = std::min(begin + options.factor, v.extent(2));
        std::vector<SeenKey> pairs;
        for (std::int64_t i = begin; i < end; ++i)
          for (std::int64_t j = begin; j < end; ++j) {
            if (!is_real(in, b, i) || !is_real(in, b, j)) continue;
            pairs.push_back({head_scale(q) * dot(row(q, b, h, i), row(k, b, h, j)), row(v, b, h, j)});
          }
        softmax_row(pairs, row(c, b, h, s));
      }
  return c;
}

// [slot 0; c_0; c_1; …] with slot 0 = x_0, the learned row null [H,1,W], or nothing.
VarArray memory(const VarArray& x, const VarArray* null, const VarArray& compressed,
                const MemoryCompressedOptions& options) {
  const std::int64_t first = first_slots(options);
  VarArray rows({x.extent(0), x.extent(1), first + compressed.extent(2), x.extent(3)});
  for (std::int64_t b = 0; b < rows.extent(0); ++b)
    for (std::int64_t h = 0; h < rows.extent(1); ++h)
      for (std::int64_t slot = 0; slot < rows.extent(2); ++slot)
        for (std::int64_t d = 0; d < rows.extent(3); ++d) {
          if (slot >= first) {
            const Var& c = compressed(b, h, slot - first, d);
            rows(b, h, slot, d) = options.activation == "silu" ? c * sigmoid(c) : c;
          } else {
            rows(b, h, slot, d) = null != nullptr ? (*null)(h, 0, d) : x(b, h, 0, d);
          }
        }
  return rows;
}

bool sees_slot(const VarArrays& in, const MemoryCompressedOptions& options, std::int64_t n, std::int64_t b,
               std::int64_t i, std::int64_t slot) {
  if (!is_real(in, b, i)) return false;
  const std::int64_t s = slot - first_slots(options);
  if (s < 0) return options.first_slot == "learned" || is_real(in, b, 0);
  const std::int64_t end = (s + 1) * options.factor;  // the first position after the block
  if (options.causal && (options.visibility == "passed" ? end : end - 1) > i) return false;
  for (std::int64_t j = s * options.factor; j < end && j < n; ++j)
    if (is_real(in, b, j)) return true;
  return false;
}

VarArray attend_to_memory(const VarArrays& in, const VarArray& q, const VarArray& k, const VarArray& v,
                          const MemoryCompressedOptions& options) {
  return masked_attention(q, k, v, head_scale(q), [&](auto b, auto, auto i, auto slot) {
    return sees_slot(in, options, q.extent(2), b, i, slot) ? 1.0 : 0.0;
  });
}

// The memory of "k" or "v": c_s = Σ_t x_{sκ+t} F_t + f in every head, or attention with p of the keys alone.
VarArray compressed_heads(const VarArrays& in, const std::string& name, const MemoryCompressedOptions& options) {
  const VarArray x = zero_padding(in, in.at(name));
  const VarArray compressed =
      options.reduction == "attention"
          ? attended_blocks(in, in.at("k"), in.at("k"), x, options)
          : project_per_head(joined_blocks(x, options), in.at("conv_" + name), in.at("conv_" + name + "_bias"));
  return memory(x, options.first_slot == "learned" ? &in.at("null_" + name) : nullptr, compressed, options);
}

VarArray core(const VarArrays& in, const MemoryCompressedOptions& options) {
  if (options.kind == "local") return local(in, options);
  return attend_to_memory(in, in.at("q"), compressed_heads(in, "k", options), compressed_heads(in, "v", options),
                          options);
}

// Attention with projections of its own, heads joined again.
VarArray attended_input(const VarArrays& in, const VarArray& x, std::int64_t heads,
                        const MemoryCompressedOptions& options) {
  return join_heads(attended_blocks(in, project_to_heads(in, "q_reduce", x, heads),
                                    project_to_heads(in, "k_reduce", x, heads),
                                    project_to_heads(in, "v_reduce", x, heads), options));
}

// Memory Y = [x_0; c_0; c_1; …] of the input; K = Y W_k, V = Y W_v.
VarArray compress_input_layer(const VarArrays& in, std::int64_t heads, const MemoryCompressedOptions& options) {
  const VarArray x = split_heads(zero_padding(in, in.at("x")), 1);
  const VarArray compressed = options.reduction == "attention"
                                  ? split_heads(attended_input(in, join_heads(x), heads, options), 1)
                                  : affine(joined_blocks(x, options), in.at("conv"), in.at("conv_bias"));
  VarArray null;
  if (options.first_slot == "learned") {
    null = in.at("null_x");
    null.shape = {1, 1, null.shape.back()};
  }
  const VarArray y = join_heads(memory(x, null.values.empty() ? nullptr : &null, compressed, options));
  const VarArray o =
      attend_to_memory(in, project_to_heads(in, "q", in.at("x"), heads), project_to_heads(in, "k", y, heads),
                       project_to_heads(in, "v", y, heads), options);
  return zero_padding(in, project(in, "o", join_heads(o)));
}

}  // namespace

Result memory_compressed_core(const Arrays& in, const MemoryCompressedOptions& options) {
  check(options);
  return differentiate_output(in, {}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result memory_compressed_layer(const Arrays& in, std::int64_t heads, const MemoryCompressedOptions& options) {
  check(options);
  return differentiate_output(in, {}, [&](const VarArrays& arrays) {
    if (options.kind == "compressed" && options.order == "compress_input")
      return compress_input_layer(arrays, heads, options);
    return attention_layer(arrays, heads, [&](const VarArrays& inner) { return core(inner, options); });
  });
}

}  // namespace attnscope::oracle
