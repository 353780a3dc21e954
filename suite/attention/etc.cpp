// Extended Transformer Construction (Ainslie et al. 2020, arXiv 2004.08483): a long stream with a window and a global
// stream that sees, and is seen by, everything; one softmax per query over both (§3.1), with labels of relative
// position in the logits (§3.2).
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/elementwise.h"
#include "suite/ops/initializers.h"
#include "suite/ops/layout.h"
#include "suite/ops/matmul.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class Etc final : public Variant {
 public:
  Etc() : Variant(true) {}
  Option<std::int64_t> radius{options_, "radius", 84, at_least<std::int64_t>(0),
                              "keys on each side of a query of the long stream"};
  Option<std::int64_t> global{options_, "global", 64, at_least<std::int64_t>(1),
                              "leading positions that are the global stream"};
  Option<std::int64_t> clip{options_, "clip", 12, at_least<std::int64_t>(0),
                            "larger distances within a stream have the label of this one, K"};
  Option<bool> labels{options_, "labels", true, "learned keys and biases by label of relative position"};
  Option<std::int64_t> vocabulary{options_, "vocabulary", 32, at_least<std::int64_t>(2),
                                  "labels there are: 2K + 1 within a stream, one across, the rest unused"};
  Option<bool> share_kv{options_, "share_kv", false,
                        "a stream's queries use the same W_k and W_v for keys of both streams (layer)"};
  Option<bool> share_qkv{options_, "share_qkv", false, "both streams use the long one's W_q, W_k and W_v (layer)"};
  Option<bool> share_output{options_, "share_output", false, "both streams use the long one's W_o (layer)"};

  VariantInfo info() const override {
    return {.name = "etc",
            .title = "Extended Transformer Construction",
            .authors = "Ainslie, Ontañón, Alberti, Cvicek, Fisher, Pham, Ravula, Sanghai, Wang, Yang",
            .year = 2020,
            .arxiv = "2004.08483",
            .survey_class = "FP+M",
            .complexity = "O(N_g² + N·N_g)",
            .family = "sparse",
            .decode = false,
            .mean_of_values = ""};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (problem.causal) return "causal: the global stream sees and is seen by everything";
    if (problem.seq_len <= global) {
      return "n: must exceed global = " + global.text() + ", the positions that are the global stream";
    }
    if (vocabulary < 2 * clip + 2) return "vocabulary: must be at least 2·clip + 2, one for each label";
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const Shape all{problem.batch, problem.heads, problem.seq_len, problem.head_dim};
    const KeysAndValues own{in.k, in.v}, cross{ctx.input("k_cross", all), ctx.input("v_cross", all)};
    const auto [global_stream, long_stream] = streams(problem);
    // Streams are parts of the operands, and neither is cut out of them: queries of the other stream see nothing. The
    // long one comes last and so first in the backward pass, where the global one adds to its gradients.
    const Tensor of_global =
        attend_within(ctx, problem, global_stream, rows_of(ctx, global_stream, in.q), own, cross, in.key_mask);
    Tensor out = attend_within(ctx, problem, long_stream, in.q, own, cross, in.key_mask);
    std::vector<std::int64_t> positions(static_cast<std::size_t>(global));
    std::iota(positions.begin(), positions.end(), 0);
    return ops::overwrite_rows(ctx, std::move(out), of_global, ops::PositionList::repeated(problem.batch, positions));
  }

  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    const auto [global_stream, long_stream] = streams(problem);
    std::array<Tensor, 2> outputs;
    {
      const StreamInput of_global = project_stream(ctx, problem, global_stream, long_stream, x, key_mask);
      const StreamInput of_long = project_stream(ctx, problem, long_stream, global_stream, x, key_mask);
      outputs = {attend(ctx, problem, global_stream, of_global, of_long),
                 attend(ctx, problem, long_stream, of_long, of_global)};
    }
    outputs[0] = project(ctx, problem, ops::merge_heads(ctx, outputs[0]), share_output ? "o_long" : "o_global");
    outputs[1] = project(ctx, problem, ops::merge_heads(ctx, outputs[1]), "o_long");
    return ops::mask_rows(ctx, ops::concatenate(ctx, outputs, -2), key_mask);
  }

 private:
  struct Stream {
    std::string name;
    bool is_long;
    std::int64_t first, count;  // positions
  };
  struct KeysAndValues {
    Tensor k, v;
  };
  // Queries of a stream; its keys and values as its own queries see them, and as the other stream's do.
  struct StreamInput {
    Tensor q;
    KeysAndValues own, cross;
    Tensor key_mask;
  };

  std::array<Stream, 2> streams(const Problem& problem) const {
    return {Stream{"global", false, 0, global}, Stream{"long", true, global, problem.seq_len - global}};
  }
  static Tensor rows_of(Context& ctx, const Stream& stream, const Tensor& x) {
    return ops::slice(ctx, x, -2, stream.first, stream.count);
  }
  static Tensor mask_of(Context& ctx, const Stream& stream, const Tensor& key_mask) {
    return key_mask.defined() ? ops::slice(ctx, key_mask, 1, stream.first, stream.count) : Tensor{};
  }

  // Which weights project keys of stream `of` for queries of stream `by`: "g2l" for keys of the long stream as global
  // queries see them.
  std::string weights(const Stream& by, const Stream& of) const {
    if (share_qkv) return "l2l";
    if (by.is_long) return of.is_long || share_kv ? "l2l" : "l2g";
    return of.is_long && !share_kv ? "g2l" : "g2g";
  }

  StreamInput project_stream(Context& ctx, const Problem& problem, const Stream& stream, const Stream& other,
                             const Tensor& x, const Tensor& key_mask) const {
    const Tensor rows = rows_of(ctx, stream, x);
    const auto keys_and_values = [&](const std::string& name) {
      return KeysAndValues{project_to_heads(ctx, problem, rows, "k_" + name),
                           project_to_heads(ctx, problem, rows, "v_" + name)};
    };
    const KeysAndValues own = keys_and_values(weights(stream, stream));
    return {.q = project_to_heads(ctx, problem, rows, share_qkv ? "q_long" : "q_" + stream.name),
            .own = own,
            .cross = share_qkv ? own : keys_and_values(weights(other, stream)),
            .key_mask = mask_of(ctx, stream, key_mask)};
  }

  // q_i·a_ρ + b_ρ for every label ρ: [B,H,N,R]. Each stream's queries have tables of their own.
  Tensor label_scores(Context& ctx, const Problem& problem, const Stream& stream, const Tensor& q) const {
    const std::int64_t h = problem.heads, r = vocabulary;
    const Tensor keys = ctx.parameter("label_keys_" + stream.name, {h, r, problem.head_dim}, ops::gaussian(0, 0.5));
    const Tensor offsets = ctx.parameter("label_bias_" + stream.name, {h, 1, r}, ops::zeros());
    return ops::add(ctx, ops::matmul(ctx, q, keys, {.transpose_b = true, .in_statistics = true}),
                    ops::reshape(ctx, offsets, {1, h, 1, r}));
  }

  // One softmax over the own stream (its window, for long queries) and all of the other one.
  Tensor attend(Context& ctx, const Problem& problem, const Stream& stream, const StreamInput& own,
                const StreamInput& other) const {
    ops::AttentionPattern within;
    if (stream.is_long) within.window = radius;
    return attend(ctx, problem, stream, own.q, {own.own, within, own.key_mask}, {other.cross, {}, other.key_mask});
  }

  // The same where keys and values are those of all positions; queries are those of the stream or of all positions.
  Tensor attend_within(Context& ctx, const Problem& problem, const Stream& stream, const Tensor& q,
                       const KeysAndValues& own, const KeysAndValues& cross, const Tensor& key_mask) const {
    const std::int64_t n = problem.seq_len, g = global;
    const std::int64_t before = stream.is_long ? g : 0;  // queries that see nothing
    auto within = std::make_shared<std::vector<ops::KeyRange>>(before, ops::KeyRange{0, 0});
    auto across = std::make_shared<std::vector<ops::KeyRange>>(before, ops::KeyRange{0, 0});
    for (std::int64_t i = stream.first; i < stream.first + stream.count; ++i) {
      within->push_back(stream.is_long ? ops::KeyRange{std::max(g, i - radius), std::min(n, i + radius + 1)}
                                       : ops::KeyRange{0, g});
      across->push_back(stream.is_long ? ops::KeyRange{0, g} : ops::KeyRange{g, n});
    }
    return attend(ctx, problem, stream, q, {own, {.ranges = std::move(within)}, key_mask},
                  {cross, {.ranges = std::move(across)}, key_mask});
  }

  struct Seen {
    KeysAndValues keys;
    ops::AttentionPattern pattern;
    Tensor key_mask;
  };
  Tensor attend(Context& ctx, const Problem& problem, const Stream& stream, const Tensor& q, const Seen& within,
                const Seen& across) const {
    const Tensor scores = labels ? label_scores(ctx, problem, stream, q) : Tensor{};
    const auto set = [&](const Seen& seen, ops::LabelScores labels) {
      return ops::KeySet{seen.keys.k,
                         seen.keys.v,
                         {.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim)),
                          .pattern = seen.pattern,
                          .key_mask = seen.key_mask,
                          .labels = std::move(labels)}};
    };
    return ops::attention(ctx, q,
                          std::array{set(within, {.scores = scores, .first = 0, .clip = clip}),
                                     set(across, {.scores = scores, .first = 2 * clip + 1, .clip = 0})});
  }
};

}  // namespace

std::unique_ptr<Variant> make_etc() { return std::make_unique<Etc>(); }

}  // namespace attnscope::attention
