#include "tests/oracle/compressive.h"

#include <algorithm>
#include <numeric>

#include "tests/oracle/relative_attention.h"

namespace attnscope::oracle {
namespace {

std::int64_t slots(const CompressiveOptions& options) { return options.compressed + options.memory; }

// Attention of the positions over [compressed memory; memory; sequence], every slot one position.
RelativeAttention attention(const VarArrays& in, const VarArray& q, const KeysAndValues& own,
                            const KeysAndValues& remembered, const VarArray& relative_keys,
                            const CompressiveOptions& options) {
  return {in, q, own, remembered, relative_keys, slots(options), q.extent(2)};
}

VarArray core(const VarArrays& in, const CompressiveOptions& options) {
  const KeysAndValues own{in.at("k"), in.at("v")};
  const auto remembered = [&](const std::string& name) {
    return after_memory(in, name + "_compressed", after_memory(in, name + "_memory", stopped(in.at(name))));
  };
  return attention(in, in.at("q"), own, {remembered("k"), remembered("v")}, in.at("relative_keys"), options).output();
}

// Row u joins the c rows u·stride, u·stride + step, … of x [B,N,E]: [B,count,cE].
VarArray join_rows(const VarArray& x, std::int64_t count, std::int64_t rate, std::int64_t stride, std::int64_t step) {
  const std::int64_t width = x.extent(2);
  VarArray joined({x.extent(0), count, rate * width});
  for (std::int64_t b = 0; b < x.extent(0); ++b)
    for (std::int64_t u = 0; u < count; ++u)
      for (std::int64_t t = 0; t < rate; ++t)
        for (std::int64_t e = 0; e < width; ++e) joined(b, u, t * width + e) = x(b, u * stride + t * step, e);
  return joined;
}

VarArray pool(const VarArray& joined, std::int64_t rate, bool maximum) {
  const std::int64_t width = joined.extent(2) / rate;
  VarArray pooled({joined.extent(0), joined.extent(1), width});
  for (std::int64_t b = 0; b < pooled.extent(0); ++b)
    for (std::int64_t u = 0; u < pooled.extent(1); ++u)
      for (std::int64_t e = 0; e < width; ++e) {
        Var highest = joined(b, u, e), sum = highest;
        for (std::int64_t t = 1; t < rate; ++t) {
          highest = max(highest, joined(b, u, t * width + e));
          sum += joined(b, u, t * width + e);
        }
        pooled(b, u, e) = maximum ? highest : sum / static_cast<double>(rate);
      }
  return pooled;
}

// The attention that the slots of [memory; x] of sequence b get, summed over heads and queries.
std::vector<double> usage(const RelativeAttention& attention, std::int64_t b, const CompressiveOptions& options) {
  const std::int64_t length = attention.q.extent(2);
  std::vector<double> used(static_cast<std::size_t>(options.memory + length), 0.0);
  for (std::int64_t h = 0; h < attention.q.extent(1); ++h)
    for (std::int64_t i = 0; i < length; ++i) {
      const std::vector<std::int64_t> positions = attention.positions_seen(b, i);
      const std::vector<Var> weights = softmax_weights(attention.keys_seen(b, h, i));
      for (std::size_t seen = 0; seen < positions.size(); ++seen) {
        const std::int64_t slot = positions[seen] + options.memory;
        if (slot >= 0) used[static_cast<std::size_t>(slot)] += weights[seen].value();
      }
    }
  return used;
}

VarArray most_used(const VarArray& old, std::int64_t count, const RelativeAttention& attention,
                   const CompressiveOptions& options) {
  VarArray kept({old.extent(0), count, old.extent(2)});
  for (std::int64_t b = 0; b < old.extent(0); ++b) {
    const std::vector<double> used = usage(attention, b, options);
    std::vector<std::int64_t> order(static_cast<std::size_t>(old.extent(1)));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t s, std::int64_t t) {
      return used[static_cast<std::size_t>(s)] > used[static_cast<std::size_t>(t)];
    });
    std::sort(order.begin(), order.begin() + count);
    for (std::int64_t u = 0; u < count; ++u)
      for (std::int64_t e = 0; e < old.extent(2); ++e) kept(b, u, e) = old(b, order[static_cast<std::size_t>(u)], e);
  }
  return kept;
}

VarArray compress(const VarArrays& in, const VarArray& old, const RelativeAttention& attention,
                  const CompressiveOptions& options) {
  require_one_of(options.compression, {"conv", "mean", "max", "dilated", "most_used"});
  const std::int64_t rate = options.rate, count = old.extent(1) / rate;
  if (count == 0) return VarArray({old.extent(0), 0, old.extent(2)});  // fewer than c leave: nothing replaces them
  if (options.compression == "most_used") return most_used(old, count, attention, options);
  if (options.compression == "dilated")
    return affine(join_rows(old, count, rate, 1, count), in.at("compression_w"), in.at("compression_b"));
  const VarArray joined = join_rows(old, count, rate, rate, 1);
  if (options.compression == "conv") return affine(joined, in.at("compression_w"), in.at("compression_b"));
  return pool(joined, rate, options.compression == "max");
}

Var mean_square_of_difference(const VarArray& x, const VarArray& y) {
  Var sum;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const Var difference = x.values[i] - y.values[i];
    sum += difference * difference;
  }
  return x.values.empty() ? sum : sum / static_cast<double>(x.values.size());
}

// Mean of (attn(x, old) − attn(x, compressed))²: attention by content only, without a gradient to anything but
// `compressed`.
Var reconstruction_loss(const VarArrays& in, const VarArray& old, const VarArray& compressed, std::int64_t heads,
                        const CompressiveOptions& options) {
  VarArrays fixed = in;
  for (const char* name : {"w_q", "w_k", "w_v", "b_q", "b_k", "b_v"})
    if (in.contains(name)) fixed[name] = stopped(in.at(name));
  const VarArray q = project_to_heads(fixed, "q", stopped(in.at("x")), heads);
  // Old slot s is position s − n_m, where only positions from 0 on can be padding.
  const auto seen_old = [&](std::int64_t b, std::int64_t, std::int64_t i, std::int64_t s) {
    return is_real(in, b, i) && (s < options.memory || is_real(in, b, s - options.memory)) ? 1.0 : 0.0;
  };
  const auto seen_compressed = [&](std::int64_t b, std::int64_t, std::int64_t i, std::int64_t) {
    return is_real(in, b, i) ? 1.0 : 0.0;
  };
  const auto attend = [&](const VarArray& rows, const Visibility& seen) {
    return masked_attention(q, project_to_heads(fixed, "k", rows, heads), project_to_heads(fixed, "v", rows, heads),
                            head_scale(q), seen);
  };
  return mean_square_of_difference(attend(old, seen_old), attend(compressed, seen_compressed));
}

// Mean of (old − g(compressed))² over the rows that were compressed, c decoded from each.
Var autoencoding_loss(const VarArrays& in, const VarArray& old, const VarArray& compressed, std::int64_t rate) {
  const VarArray decoded = affine(compressed, in.at("decoder_w"), in.at("decoder_b"));
  return mean_square_of_difference(join_rows(old, compressed.extent(1), rate, rate, 1), decoded);
}

Forward layer(const VarArrays& in, std::int64_t heads, const CompressiveOptions& options) {
  const VarArray& x = in.at("x");
  const std::int64_t length = x.extent(1);
  const VarArray recent = after_memory(in, "memory", stopped(x));
  const VarArray remembered = after_memory(in, "compressed_memory", recent);
  const auto keys_and_values = [&](const VarArray& rows) {
    return KeysAndValues{project_to_heads(in, "k", rows, heads), project_to_heads(in, "v", rows, heads)};
  };
  const VarArray relative_keys = relative_keys_of(in, slots(options) + length, heads);
  const RelativeAttention main = attention(in, project_to_heads(in, "q", x, heads), keys_and_values(x),
                                           keys_and_values(remembered), relative_keys, options);
  Forward forward{zero_padding(in, project(in, "o", join_heads(main.output()))), 0.0, {}};

  const VarArray old = slice_rows(recent, 0, length);
  const VarArray compressed = compress(in, old, main, options);
  const VarArray all_compressed = after_memory(in, "compressed_memory", compressed);
  forward.states["new_memory"] = values_of(slice_rows(recent, length, length + options.memory));
  forward.states["new_compressed_memory"] =
      values_of(slice_rows(all_compressed, compressed.extent(1), compressed.extent(1) + options.compressed));
  if (!options.training) return forward;

  const auto add_loss = [&](const char* name, const Var& loss, double weight) {
    forward.states[name] = Array({}, {loss.value()});
    forward.loss += weight * loss;
  };
  add_loss("reconstruction_loss", reconstruction_loss(in, old, compressed, heads, options), options.reconstruction);
  if (in.contains("decoder_w"))
    add_loss("autoencoding_loss", autoencoding_loss(in, old, compressed, options.rate), options.autoencoding);
  return forward;
}

}  // namespace

Result compressive_core(const Arrays& in, const CompressiveOptions& options) {
  return differentiate_output(in, {"k_compressed", "v_compressed", "k_memory", "v_memory"},
                              [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result compressive_layer(const Arrays& in, std::int64_t heads, const CompressiveOptions& options) {
  return differentiate(in, {"memory", "compressed_memory", "key_mask"},
                       [&](const VarArrays& arrays) { return layer(arrays, heads, options); });
}

}  // namespace attnscope::oracle
