#include "tests/oracle/transformer_xl.h"

#include "tests/oracle/relative_attention.h"

namespace attnscope::oracle {
namespace {

VarArray attend(const VarArrays& in, const VarArray& q, const KeysAndValues& own, const KeysAndValues& remembered,
                const VarArray& relative_keys, const TransformerXlOptions& options) {
  return RelativeAttention{in,
                           q,
                           own,
                           remembered,
                           relative_keys,
                           options.memory,
                           options.segment == 0 ? q.extent(2) : options.segment,
                           options.clamp,
                           options.same_length}
      .output();
}

VarArray core(const VarArrays& in, const TransformerXlOptions& options) {
  const KeysAndValues own{in.at("k"), in.at("v")};
  const KeysAndValues remembered{after_memory(in, "k_memory", stopped(own.k)),
                                 after_memory(in, "v_memory", stopped(own.v))};
  return attend(in, in.at("q"), own, remembered, in.at("relative_keys"), options);
}

Forward layer(const VarArrays& in, std::int64_t heads, const TransformerXlOptions& options) {
  const VarArray& x = in.at("x");
  const VarArray remembered = after_memory(in, "memory", stopped(x));
  const auto keys_and_values = [&](const VarArray& rows) {
    return KeysAndValues{project_to_heads(in, "k", rows, heads), project_to_heads(in, "v", rows, heads)};
  };
  const std::int64_t distances = options.clamp > 0 ? options.clamp + 1 : options.memory + x.extent(1);
  const VarArray o = attend(in, project_to_heads(in, "q", x, heads), keys_and_values(x), keys_and_values(remembered),
                            relative_keys_of(in, distances, heads), options);
  Forward forward{zero_padding(in, project(in, "o", join_heads(o))), 0.0, {}};
  if (options.memory > 0)
    forward.states["new_memory"] = values_of(slice_rows(remembered, x.extent(1), x.extent(1) + options.memory));
  return forward;
}

}  // namespace

Result transformer_xl_core(const Arrays& in, const TransformerXlOptions& options) {
  return differentiate_output(in, {"k_memory", "v_memory"},
                              [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result transformer_xl_layer(const Arrays& in, std::int64_t heads, const TransformerXlOptions& options) {
  return differentiate(in, {"memory", "key_mask"},
                       [&](const VarArrays& arrays) { return layer(arrays, heads, options); });
}

}  // namespace attnscope::oracle
