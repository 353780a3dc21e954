// Big Bird (Zaheer, Guruganesh, Dubey, Ainslie, Alberti, Ontañón, Pham, Ravula, Wang, Yang, Ahmed 2020, arXiv
// 2007.14062): a window of three blocks, blocks or tokens that see and are seen by everything, and random blocks (§2,
// Appendix D).
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/layout.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class Bigbird final : public Variant {
 public:
  Bigbird() : Variant(true) {}
  Option<std::int64_t> block_size{options_, "block", 64, at_least<std::int64_t>(1), "positions per block"};
  Option<std::int64_t> random{options_, "random", 3, at_least<std::int64_t>(0),
                              "random blocks that a block sees (itc); the array random_blocks overrides it"};
  Choice form{options_,
              "form",
              "itc",
              {"itc", "etc"},
              "the first and the last block are global, or the first `global` tokens, then without random blocks"};
  Option<std::int64_t> global{options_, "global", 128, at_least<std::int64_t>(0), "leading global tokens (etc)"};
  Option<std::int64_t> pattern_seed{options_, "pattern_seed", 0, at_least<std::int64_t>(0),
                                    "which random blocks are drawn (itc)"};

  VariantInfo info() const override {
    return {.name = "bigbird",
            .title = "Big Bird",
            .authors = "Zaheer, Guruganesh, Dubey, Ainslie, Alberti, Ontañón, Pham, Ravula, Wang, Yang, Ahmed",
            .year = 2020,
            .arxiv = "2007.14062",
            .survey_class = "FP+M",
            .complexity = "O(N)",
            .family = "sparse",
            .decode = false,
            .exact_when = {"block=1000000"},
            .mean_of_values = ""};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (problem.causal) return "causal: global blocks see everything by definition, Big Bird is an encoder";
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    if (form.is("itc")) {
      const auto random_blocks = this->random_blocks(ctx, problem);
      return attend(ctx, problem, in, {.blocks = block_lists(problem, random_blocks)});
    }
    if (global >= problem.seq_len) return attend(ctx, problem, in, {});
    if (global == 0) return attend(ctx, problem, in, {.ranges = window(problem)});
    // Global tokens are visible to all; their own rows, over all positions, replace those of the window.
    const auto positions = leading_positions(problem);
    Tensor o = attend(ctx, problem, in, {.ranges = window(problem), .global = positions});
    const Tensor rows = attend(
        ctx, problem, {.q = ops::slice(ctx, in.q, -2, 0, global), .k = in.k, .v = in.v, .key_mask = in.key_mask}, {});
    return ops::overwrite_rows(ctx, std::move(o), rows, positions);
  }

 private:
  // Ids [H, blocks, r] of key blocks, −1: none.
  struct RandomBlocks {
    std::int64_t per_block = 0;
    std::vector<double> ids;
  };

  static Tensor attend(Context& ctx, const Problem& problem, const QueryKeyValue& in, ops::AttentionPattern pattern) {
    return ops::attention(ctx, in.q, in.k, in.v,
                          {.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim)),
                           .pattern = std::move(pattern),
                           .key_mask = in.key_mask});
  }

  std::int64_t blocks(const Problem& problem) const { return (problem.seq_len + block_size - 1) / block_size; }

  // Key blocks of the window and the global ones that block u sees; all where u is global itself or blocks are few.
  std::set<std::int64_t> window_and_global(const Problem& problem, std::int64_t u) const {
    const std::int64_t last = blocks(problem) - 1;
    if (last >= 4 && u > 0 && u < last) return {0, u - 1, u, u + 1, last};
    std::set<std::int64_t> all;
    for (std::int64_t v = 0; v <= last; ++v) all.insert(v);
    return all;
  }

  // The array random_blocks when given, else as drawn: the pattern is a part of the model.
  RandomBlocks random_blocks(Context& ctx, const Problem& problem) const {
    const tensor::HostArray* given = ctx.arguments().given("random_blocks");
    const std::int64_t per_block = given != nullptr ? given->shape[-1] : static_cast<std::int64_t>(random);
    if (per_block == 0) return {};
    const Shape shape{problem.heads, blocks(problem), per_block};
    const std::vector<double> drawn = draw_blocks(problem, per_block);
    const ops::Initializer draw{
        fmt::format("random blocks of pattern_seed {}", pattern_seed.text()),
        [drawn](std::uint64_t, const Shape&, std::span<double> values) { std::ranges::copy(drawn, values.begin()); },
        {}};
    ctx.buffer("random_blocks", shape, draw);
    RandomBlocks result{per_block, given != nullptr ? given->values : drawn};
    for (const double id : result.ids) {
      if (id < -1 || id >= static_cast<double>(blocks(problem))) {
        throw std::invalid_argument(
            fmt::format("random_blocks: there is no block {}; expected -1 (none) to {}", id, blocks(problem) - 1));
      }
    }
    return result;
  }

  // For each head and block, without replacement, none that the block sees anyway; −1 where none is left. The second
  // block and the last but one do not draw each other (as released).
  std::vector<double> draw_blocks(const Problem& problem, std::int64_t per_block) const {
    const std::int64_t count = blocks(problem), seed = pattern_seed;
    std::mt19937_64 generator(static_cast<std::uint64_t>(seed));
    std::vector<double> drawn;
    for (std::int64_t list = 0; list < problem.heads * count; ++list) {
      const std::int64_t u = list % count;
      std::set<std::int64_t> taken = window_and_global(problem, u);
      if (u == 1) taken.insert(count - 2);
      if (u == count - 2) taken.insert(1);
      for (std::int64_t r = 0; r < per_block; ++r) {
        const bool any_left = static_cast<std::int64_t>(taken.size()) < count;
        drawn.push_back(any_left ? static_cast<double>(draw_other(generator, count, taken)) : -1);
      }
    }
    return drawn;
  }
  // One of `count` blocks that is not taken yet, all of them equally likely; takes it.
  static std::int64_t draw_other(std::mt19937_64& generator, std::int64_t count, std::set<std::int64_t>& taken) {
    while (true) {
      // Not a standard distribution: those differ between implementations. The bias of the remainder is below 2⁻⁴⁰.
      const auto block = static_cast<std::int64_t>(generator() % static_cast<std::uint64_t>(count));
      if (taken.insert(block).second) return block;
    }
  }

  // Window, global and random blocks of each head, each once.
  std::shared_ptr<const ops::BlockLists> block_lists(const Problem& problem, const RandomBlocks& random_blocks) const {
    const std::int64_t count = blocks(problem);
    auto lists = std::make_shared<ops::BlockLists>();
    lists->size = block_size;
    lists->heads = problem.heads;
    for (std::int64_t list = 0; list < problem.heads * count; ++list) {
      std::set<std::int64_t> keys = window_and_global(problem, list % count);
      for (std::int64_t r = 0; r < random_blocks.per_block; ++r) {
        const double id = random_blocks.ids[static_cast<std::size_t>(list * random_blocks.per_block + r)];
        if (id >= 0) keys.insert(static_cast<std::int64_t>(id));
      }
      lists->keys.emplace_back(keys.begin(), keys.end());
    }
    return lists;
  }

  // ETC form: the own block, the one before and the one behind, counted from the first token that is not global.
  std::shared_ptr<const std::vector<ops::KeyRange>> window(const Problem& problem) const {
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    for (std::int64_t i = 0; i < problem.seq_len; ++i) {
      const std::int64_t first = global + std::max<std::int64_t>(0, i - global) / block_size * block_size;
      ranges->push_back({std::max<std::int64_t>(global, first - block_size), first + 2 * block_size});
    }
    return ranges;
  }

  // 0 … global − 1.
  std::shared_ptr<const ops::PositionList> leading_positions(const Problem& problem) const {
    const std::int64_t count = global;
    std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
    std::iota(positions.begin(), positions.end(), 0);
    return ops::PositionList::repeated(problem.batch, positions);
  }
};

}  // namespace

std::unique_ptr<Variant> make_bigbird() { return std::make_unique<Bigbird>(); }

}  // namespace attnscope::attention
