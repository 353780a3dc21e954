// Sparse Transformer (Child, Gray, Radford, Sutskever 2019, arXiv 1904.10509): two sets of keys per query, A¹ near and
// A² spread out, that reach every position in two steps (§4.2, §4.3).
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/layout.h"
#include "suite/ops/slice.h"

namespace attnscope::attention {
namespace {

class SparseTransformer final : public Variant {
 public:
  SparseTransformer() : Variant(true) {}
  Choice kind{options_,
              "kind",
              "fixed",
              {"fixed", "strided"},
              "own block and summary columns of all blocks, or a window and every l-th position"};
  Option<std::int64_t> stride{options_, "stride", 0, at_least<std::int64_t>(0), "l; 0: ⌈√N⌉"};
  Option<std::int64_t> summary{options_, "summary", 8, at_least<std::int64_t>(1),
                               "summary columns of each block, c (fixed)"};
  Choice heads{options_,
               "heads",
               "merged",
               {"merged", "multi_head", "interleaved"},
               "one softmax over both sets, each key once; A¹ in even and A² in odd heads; or A¹ in even and A² in odd "
               "layers"};
  Option<std::int64_t> depth{options_, "layer", 0, at_least<std::int64_t>(0), "which layer this is (interleaved)"};
  Choice local_keys{options_,
                    "local_keys",
                    "paper",
                    {"paper", "openai"},
                    "strided: l positions before the query and itself, or l with itself (the released kernels)"};
  Choice summary_columns{options_,
                         "summary_columns",
                         "paper",
                         {"paper", "lra"},
                         "fixed: the last c of a block, or its first one as well (Long Range Arena)"};
  Option<bool> distinct_summaries{options_, "distinct_summaries", false,
                                  "fixed: heads take different columns of a block, while there are any"};

  VariantInfo info() const override {
    return {.name = "sparse_transformer",
            .title = "Sparse Transformer",
            .authors = "Child, Gray, Radford, Sutskever",
            .year = 2019,
            .arxiv = "1904.10509",
            .survey_class = "FP",
            .complexity = "O(N√N)",
            .family = "sparse",
            .decode = true,
            .exact_when = {"stride=1000000"},
            .mean_of_values = "heads=merged"};
  }

  // Heads that share their sets attend together.
  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    return for_each_group(ctx, problem, [&](const HeadGroup& group) {
      return attend(ctx, problem, group,
                    {.q = heads_of(ctx, in.q, group),
                     .k = heads_of(ctx, in.k, group),
                     .v = heads_of(ctx, in.v, group),
                     .key_mask = in.key_mask});
    });
  }

  bool decodes() const override { return true; }

  // The cache holds all earlier tokens; a token reads those of its sets.
  Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const QueryKeyValue cache = cached(ctx, problem, problem.seq_len);
    return for_each_group(ctx, problem, [&](const HeadGroup& group) {
      Positions earlier = seen_by_token(problem, group);
      const bool itself = !earlier.empty() && earlier.back() == problem.seq_len;
      if (itself) earlier.pop_back();
      std::vector<ops::KeySet> sets;
      const auto add = [&](const Tensor& k, const Tensor& v, const ops::AttentionPattern& pattern) {
        sets.push_back({k, v, {.scale = scale(problem), .pattern = pattern}});
      };
      if (!earlier.empty()) {
        const auto rows = ops::PositionList::repeated(problem.batch, earlier);
        const auto gather = [&](const Tensor& x) { return heads_of(ctx, ops::gather_rows(ctx, x, rows), group); };
        add(gather(cache.k), gather(cache.v), {});
      }
      if (itself || sets.empty()) {
        add(heads_of(ctx, in.k, group), heads_of(ctx, in.v, group), {.ranges = itself ? nullptr : no_keys(problem)});
      }
      return ops::attention(ctx, heads_of(ctx, in.q, group), sets);
    });
  }

 private:
  using Ranges = std::shared_ptr<const std::vector<ops::KeyRange>>;
  using Positions = std::vector<std::int64_t>;

  // Heads with the same sets: A¹, A² or both; in the fixed scheme A² takes slice `slice` of a block's columns.
  struct HeadGroup {
    bool near, far;
    std::int64_t slice;
    Positions heads;
  };

  static double scale(const Problem& problem) { return 1 / std::sqrt(static_cast<double>(problem.head_dim)); }
  // Positions of the whole sequence, a token that is being decoded included.
  static std::int64_t length(const Problem& problem) {
    return problem.seq_len + (problem.mode == Mode::decode ? 1 : 0);
  }
  std::int64_t l(const Problem& problem) const {
    return stride > 0 ? static_cast<std::int64_t>(stride) : ceil_sqrt(length(problem));
  }
  std::int64_t columns(const Problem& problem) const { return std::min<std::int64_t>(summary, l(problem)); }

  std::vector<HeadGroup> head_groups(const Problem& problem) const {
    std::vector<HeadGroup> groups;
    for (std::int64_t h = 0; h < problem.heads; ++h) {
      const std::int64_t set = heads.is("multi_head") ? h % 2 : depth % 2;
      const bool near = heads.is("merged") || set == 0, far = heads.is("merged") || set == 1;
      const bool own_slice = distinct_summaries && far && kind.is("fixed");
      const std::int64_t slice = own_slice ? h % (l(problem) / columns(problem)) : 0;
      const auto same = [&](const HeadGroup& group) {
        return group.near == near && group.far == far && group.slice == slice;
      };
      auto group = std::ranges::find_if(groups, same);
      if (group == groups.end()) group = groups.insert(groups.end(), {near, far, slice, {}});
      group->heads.push_back(h);
    }
    return groups;
  }

  // The outputs of all groups [B,heads,N,D], put together in the order of heads.
  template <class Attend>
  Tensor for_each_group(Context& ctx, const Problem& problem, Attend&& attend) const {
    const std::vector<HeadGroup> groups = head_groups(problem);
    if (groups.size() == 1) return attend(groups[0]);
    std::vector<Tensor> outputs;
    Positions place(static_cast<std::size_t>(problem.heads));
    std::int64_t next = 0;
    for (const HeadGroup& group : groups) {
      outputs.push_back(attend(group));
      for (const std::int64_t h : group.heads) place[static_cast<std::size_t>(h)] = next++;
    }
    return heads_at(ctx, ops::concatenate(ctx, outputs, 1), place);
  }

  static Tensor heads_of(Context& ctx, const Tensor& x, const HeadGroup& group) {
    return static_cast<std::int64_t>(group.heads.size()) == x.shape()[1] ? x : heads_at(ctx, x, group.heads);
  }
  static Tensor heads_at(Context& ctx, const Tensor& x, const Positions& heads) {
    const Shape& s = x.shape();
    const Tensor rows = ops::gather_rows(ctx, ops::reshape(ctx, x, {s[0], s[1], s[2] * s[3]}),
                                         ops::PositionList::repeated(s[0], heads));
    return ops::reshape(ctx, rows, {s[0], static_cast<std::int64_t>(heads.size()), s[2], s[3]});
  }

  Tensor attend(Context& ctx, const Problem& problem, const HeadGroup& group, const QueryKeyValue& in) const {
    std::vector<ops::KeySet> sets;
    const auto add = [&](const Tensor& k, const Tensor& v, const Tensor& key_mask, ops::AttentionPattern pattern) {
      sets.push_back({k, v, {.scale = scale(problem), .pattern = std::move(pattern), .key_mask = key_mask}});
    };
    if (group.near) add(in.k, in.v, in.key_mask, near_pattern(problem));
    if (group.far && kind.is("strided")) {
      for (ops::AttentionPattern& pattern : every_lth(problem, group)) add(in.k, in.v, in.key_mask, std::move(pattern));
    }
    if (group.far && kind.is("fixed")) {
      const Positions summaries = summary_positions(problem, group);
      const std::vector<Ranges> ranges = ranges_of_summaries(problem, group, summaries);
      if (!ranges.empty()) {
        const auto rows = ops::PositionList::repeated(problem.batch, summaries);
        const Tensor k = ops::gather_rows(ctx, in.k, rows), v = ops::gather_rows(ctx, in.v, rows);
        const Tensor mask = ops::gather_mask(ctx, in.key_mask, rows);
        for (const Ranges& range : ranges) add(k, v, mask, {.ranges = range});
      }
    }
    if (sets.empty()) add(in.k, in.v, {}, {.ranges = no_keys(problem)});
    return ops::attention(ctx, in.q, sets);
  }

  // [first(i), last(i)) for every query i.
  template <class Range>
  static Ranges ranges(const Problem& problem, Range&& range) {
    auto result = std::make_shared<std::vector<ops::KeyRange>>();
    for (std::int64_t i = 0; i < problem.seq_len; ++i) result->push_back(range(i));
    return result;
  }
  static Ranges no_keys(const Problem& problem) {
    return ranges(problem, [](std::int64_t) { return ops::KeyRange{0, 0}; });
  }
  static bool any_key(const Ranges& ranges) {
    return std::ranges::any_of(*ranges, [](const ops::KeyRange& range) { return range.count() > 0; });
  }

  // A¹: positions less than l (paper: at most l) away, or the own block of l.
  ops::AttentionPattern near_pattern(const Problem& problem) const {
    const std::int64_t size = l(problem);
    if (kind.is("strided")) return {.causal = problem.causal, .window = reach(problem)};
    return {.ranges = ranges(problem, [&](std::int64_t i) {
              const std::int64_t first = i / size * size;
              return ops::KeyRange{first, problem.causal ? i + 1 : std::min(first + size, problem.seq_len)};
            })};
  }
  std::int64_t reach(const Problem& problem) const { return l(problem) - (local_keys.is("openai") ? 1 : 0); }

  // A² of the strided scheme: every l-th position, in steps of l from the query. Merged: but those that A¹ has, before
  // the query and behind it.
  std::vector<ops::AttentionPattern> every_lth(const Problem& problem, const HeadGroup& group) const {
    const std::int64_t step = l(problem);
    if (!group.near) return {ops::AttentionPattern{.causal = problem.causal, .dilation = {step}}};
    const std::int64_t steps_in_near = reach(problem) / step, end = problem.seq_len;
    std::vector<ops::AttentionPattern> patterns;
    if ((end - 1) / step <= steps_in_near) return patterns;
    patterns.push_back({.dilation = {step}, .ranges = ranges(problem, [&](std::int64_t s) {
                                              return ops::KeyRange{0, s - steps_in_near};
                                            })});
    if (problem.causal) return patterns;
    patterns.push_back({.dilation = {step}, .ranges = ranges(problem, [&](std::int64_t s) {
                                              return ops::KeyRange{s + steps_in_near + 1, end};
                                            })});
    return patterns;
  }

  // A² of the fixed scheme, without j ≤ i: the last c columns of each block of l, or slice `slice` of its columns from
  // the end.
  bool is_summary(const Problem& problem, const HeadGroup& group, std::int64_t j) const {
    const std::int64_t size = l(problem), c = columns(problem), end = size - group.slice * c, column = j % size;
    return (end - c <= column && column < end) || (summary_columns.is("lra") && column == 0);
  }
  Positions summary_positions(const Problem& problem, const HeadGroup& group) const {
    Positions positions;
    for (std::int64_t j = 0; j < length(problem); ++j) {
      if (is_summary(problem, group, j)) positions.push_back(j);
    }
    return positions;
  }

  // The keys of a token that follows the seq_len tokens of the cache.
  Positions seen_by_token(const Problem& problem, const HeadGroup& group) const {
    const std::int64_t token = problem.seq_len, size = l(problem);
    const auto near = [&](std::int64_t j) {
      return kind.is("fixed") ? j / size == token / size : token - j <= reach(problem);
    };
    const auto far = [&](std::int64_t j) {
      return kind.is("fixed") ? is_summary(problem, group, j) : (token - j) % size == 0;
    };
    Positions positions;
    for (std::int64_t j = 0; j <= token; ++j) {
      if ((group.near && near(j)) || (group.far && far(j))) positions.push_back(j);
    }
    return positions;
  }

  // Which summaries each query sees: those up to it. Merged: but those of its own block, which A¹ has, before the block
  // and behind it. No range where no query sees any.
  std::vector<Ranges> ranges_of_summaries(const Problem& problem, const HeadGroup& group,
                                          const Positions& summaries) const {
    const auto count = static_cast<std::int64_t>(summaries.size()), size = l(problem);
    const auto before = [&](std::int64_t position) {  // summaries in front of a position
      return std::ranges::lower_bound(summaries, position) - summaries.begin();
    };
    std::vector<Ranges> found;
    if (!group.near) {
      found = {ranges(problem, [&](std::int64_t i) {
        return ops::KeyRange{0, problem.causal ? before(i + 1) : count};
      })};
    } else {
      found = {ranges(problem, [&](std::int64_t i) { return ops::KeyRange{0, before(i / size * size)}; })};
      if (!problem.causal) {
        found.push_back(ranges(problem, [&](std::int64_t i) {
          return ops::KeyRange{before(i / size * size + size), count};
        }));
      }
    }
    std::erase_if(found, [](const Ranges& range) { return !any_key(range); });
    return found;
  }
};

}  // namespace

std::unique_ptr<Variant> make_sparse_transformer() { return std::make_unique<SparseTransformer>(); }

}  // namespace attnscope::attention
