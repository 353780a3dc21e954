// Fused attention against its definition, one pair at a time, and the identities of merged parts.
#include "suite/ops/attention.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>

#include "suite/attention/session.h"
#include "suite/backends/backends.h"
#include "suite/ops/index_rows.h"
#include "tests/suite/op_case_families.h"

namespace attnscope::op_testing {
namespace {

using attention::Mode;
using attention::Problem;
using attention::Session;
using ops::Context;
using ops::PartialAttention;
using tensor::HostArray;
using tensor::Tensor;

constexpr Problem training{.mode = Mode::training, .batch = 1, .heads = 1, .seq_len = 1, .head_dim = 1};
constexpr double tolerance = 1e-11;

// Elements of the arguments of a session by their indices.
class Arguments {
 public:
  explicit Arguments(const Session& session) {
    for (const ops::ArgumentSpec& spec : session.arguments()) arrays_[spec.name] = session.argument(spec.name);
  }
  const tensor::Shape& shape(const std::string& name) const { return arrays_.at(name).shape; }
  double at(const std::string& name, std::initializer_list<std::int64_t> indices) const {
    const HostArray& array = arrays_.at(name);
    std::int64_t offset = 0;
    int axis = 0;
    for (const std::int64_t index : indices) offset = offset * array.shape[axis++] + index;
    return array.values.at(static_cast<std::size_t>(offset));
  }
  // Row i of x times row j of y, both [B,H,rows,columns].
  double product(const std::string& x, const std::string& y, std::int64_t b, std::int64_t h, std::int64_t i,
                 std::int64_t j) const {
    double sum = 0;
    for (std::int64_t c = 0; c < shape(x)[3]; ++c) sum += at(x, {b, h, i, c}) * at(y, {b, h, j, c});
    return sum;
  }

 private:
  std::map<std::string, HostArray> arrays_;
};

constexpr double hidden = -std::numeric_limits<double>::infinity();

// Logit of pair (i, j) of example b and head h, q·k not included; −inf hides it.
using Logit = std::function<double(const Arguments&, std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j)>;

// Runs the op case of that name, whose operands are a, b and c and whose scale is 0.6, and holds it against
// softmax(0.6·q·k + logit)·v.
void expect_by_definition(const std::string& name, const Logit& logit) {
  SCOPED_TRACE(name);
  const auto found = std::ranges::find(op_cases(), name, &OpCase::name);
  ASSERT_NE(found, op_cases().end());
  const auto variant = variant_of(*found);
  const auto reference = backends::make_reference();
  Session session(*variant, training, *reference);
  session.run();
  const HostArray out = session.output();
  const Arguments args(session);
  const std::int64_t keys = args.shape("b")[2], width = args.shape("c")[3];
  std::size_t element = 0;
  for (std::int64_t b = 0; b < 2; ++b) {
    for (std::int64_t h = 0; h < 2; ++h) {
      for (std::int64_t i = 0; i < args.shape("a")[2]; ++i) {
        double total = 0;
        std::vector<double> sum(static_cast<std::size_t>(width), 0.0);
        double highest = hidden;
        std::vector<double> logits;
        for (std::int64_t j = 0; j < keys; ++j) {
          logits.push_back(0.6 * args.product("a", "b", b, h, i, j) + logit(args, b, h, i, j));
          highest = std::max(highest, logits.back());
        }
        for (std::int64_t j = 0; j < keys; ++j) {
          if (logits[static_cast<std::size_t>(j)] == hidden) continue;
          const double weight = std::exp(logits[static_cast<std::size_t>(j)] - highest);
          total += weight;
          for (std::int64_t c = 0; c < width; ++c) {
            sum[static_cast<std::size_t>(c)] += weight * args.at("c", {b, h, j, c});
          }
        }
        for (const double value : sum) {
          ASSERT_NEAR(out.values[element++], total > 0 ? value / total : 0, tolerance) << b << " " << h << " " << i;
        }
      }
    }
  }
}

Logit visible(std::function<bool(std::int64_t h, std::int64_t i, std::int64_t j)> sees) {
  return [=](const Arguments&, std::int64_t, std::int64_t h, std::int64_t i, std::int64_t j) {
    return sees(h, i, j) ? 0 : hidden;
  };
}

TEST(AttentionDefinition, Patterns) {
  expect_by_definition("attention_wide_values", visible([](auto, auto, auto) { return true; }));
  expect_by_definition("attention_residues", visible([](auto, auto i, auto j) { return (i - j) % 3 == 0; }));
  expect_by_definition("attention_residues_causal",
                       visible([](auto h, auto i, auto j) { return j <= i && (i - j) % (h == 0 ? 2 : 7) == 0; }));
  expect_by_definition("attention_ranges_of_memory", visible([](auto, auto i, auto j) { return j < i / 3; }));
  const auto same_segment = [](std::int64_t i, std::int64_t j) { return j >= i / 7 * 7 - 4 && j < i / 7 * 7 + 7; };
  expect_by_definition("attention_ranges_of_segments",
                       visible([=](auto, auto i, auto j) { return same_segment(i, j); }));
  expect_by_definition("attention_ranges_dilated",
                       visible([=](auto, auto i, auto j) { return (i - j) % 3 == 0 && same_segment(i / 3, j / 3); }));
  const std::vector<std::vector<std::int64_t>> lists{{0, 1}, {1, 3}, {2}, {0, 1, 2, 3}, {3}, {0, 2}, {1, 2, 3}, {0, 3}};
  expect_by_definition("attention_blocks_per_head", visible([=](auto h, auto i, auto j) {
                         const auto& list = lists[static_cast<std::size_t>(4 * h + i / 6)];
                         return std::ranges::find(list, j / 6) != list.end();
                       }));
}

double label(const Arguments& args, std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j, std::int64_t first,
             std::int64_t clip) {
  return args.at("d", {b, h, i, first + std::min(clip, std::max(-clip, j - i)) + clip});
}

double relative(const Arguments& args, std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j,
                std::int64_t offset) {
  const std::int64_t p = std::max<std::int64_t>(0, std::min(args.shape("f")[1] - 1, offset + i - j));
  double sum = 0;
  for (std::int64_t c = 0; c < args.shape("e")[3]; ++c) sum += args.at("e", {b, h, i, c}) * args.at("f", {h, p, c});
  return sum;
}

TEST(AttentionDefinition, Labels) {
  const auto add_labels = [](std::int64_t first, std::int64_t clip, const Logit& rest) -> Logit {
    return [=](const Arguments& args, auto b, auto h, auto i, auto j) {
      return 0.6 * label(args, b, h, i, j, first, clip) + rest(args, b, h, i, j);
    };
  };
  const Logit all = visible([](auto, auto, auto) { return true; });
  expect_by_definition("attention_labels_one", add_labels(1, 0, all));
  expect_by_definition("attention_labels_clipped", add_labels(0, 3, all));
  expect_by_definition("attention_labels_more_keys", add_labels(1, 3, all));
  expect_by_definition("attention_labels_dilated", add_labels(1, 4, visible([](auto h, auto i, auto j) {
                                                                const std::int64_t step = h == 0 ? 1 : 3;
                                                                return (i - j) % step == 0 &&
                                                                       std::abs(i - j) <= 3 * step;
                                                              })));
}

TEST(AttentionDefinition, RelativeKeys) {
  const auto add_relative = [](std::int64_t offset, const Logit& rest) -> Logit {
    return [=](const Arguments& args, auto b, auto h, auto i, auto j) {
      return 0.6 * relative(args, b, h, i, j, offset) + rest(args, b, h, i, j);
    };
  };
  const Logit causal = visible([](auto, auto i, auto j) { return j <= i; });
  expect_by_definition("attention_relative_causal", add_relative(0, causal));
  expect_by_definition("attention_relative_clamped", add_relative(1, causal));
  expect_by_definition("attention_relative_memory",
                       add_relative(11, visible([](auto, auto i, auto j) { return j <= i + 11; })));
}

// Positions and pages as the op cases set them.
double by_rule(const Arguments& args, std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j, bool causal,
               double self_penalty) {
  const double query = args.at("query_positions", {b, h, i}), key = args.at("key_positions", {b, h, j});
  if (query < 0 || key < 0 || (causal && key > query)) return hidden;
  return query == key ? -self_penalty : 0;
}
bool pages_meet(double query, double key) { return query - key == 0 || query - key == 1; }

TEST(AttentionDefinition, PositionRules) {
  expect_by_definition("attention_rule_padding", [](const Arguments& args, auto b, auto h, auto i, auto j) {
    return by_rule(args, b, h, i, j, false, 0);
  });
  expect_by_definition("attention_rule_causal", [](const Arguments& args, auto b, auto h, auto i, auto j) {
    return by_rule(args, b, h, i, j, true, 2);
  });
  expect_by_definition("attention_rule_pages", [](const Arguments& args, auto b, auto h, auto i, auto j) {
    const bool meet = pages_meet(args.at("query_pages", {b, h, i}), args.at("key_pages", {b, h, j}));
    return meet ? by_rule(args, b, h, i, j, false, 0) : hidden;
  });
  expect_by_definition("attention_rule_rounds", [](const Arguments& args, auto b, auto h, auto i, auto j) {
    int rounds = 0;
    for (std::int64_t r = 0; r < 3; ++r) {
      rounds += pages_meet(args.at("query_round_pages", {b, h, i, r}), args.at("key_round_pages", {b, h, j, r}));
    }
    const bool meet = pages_meet(args.at("query_pages", {b, h, i}), args.at("key_pages", {b, h, j}));
    return meet && rounds > 0 ? by_rule(args, b, h, i, j, true, 1e5) - std::log(rounds) : hidden;
  });
}

TEST(AttentionDefinition, EverythingTogether) {
  expect_by_definition("attention_everything", [](const Arguments& args, auto b, auto h, auto i, auto j) {
    if (j < i / 5 * 5 - 3 || j >= i + 5 || args.at("padding", {b, j}) == 0) return hidden;
    return 0.6 * label(args, b, h, i, j, 1, 3) + 0.6 * relative(args, b, h, i, j, 2) +
           by_rule(args, b, h, i, j, true, 3);
  });
}

// Output and gradients of two ops on the same inputs.
void expect_equal(const Op& left, const Op& right) {
  const auto reference = backends::make_reference();
  const OpCase left_case{"left", left}, right_case{"right", right};
  const auto left_variant = variant_of(left_case), right_variant = variant_of(right_case);
  Session actual(*left_variant, training, *reference), expected(*right_variant, training, *reference);
  actual.run();
  expected.run();
  const auto compare = [](const HostArray& x, const HostArray& y) {
    ASSERT_EQ(x.shape, y.shape);
    for (std::size_t i = 0; i < x.values.size(); ++i) ASSERT_NEAR(x.values[i], y.values[i], tolerance) << i;
  };
  compare(actual.output(), expected.output());
  for (const char* name : {"a", "b", "c"}) {
    SCOPED_TRACE(name);
    compare(actual.gradient(name), expected.gradient(name));
  }
}

constexpr std::int64_t n = 23;

PartialAttention over(Context& ctx, std::shared_ptr<const std::vector<ops::KeyRange>> ranges) {
  return ops::partial_attention(ctx, ctx.input("a", {2, 2, n, 4}), ctx.input("b", {2, 2, n, 4}),
                                ctx.input("c", {2, 2, n, 4}),
                                {.scale = 0.6, .pattern = {.ranges = std::move(ranges), .block_q = 6, .block_k = 4}});
}

template <class Range>
auto ranges(Range range) {
  auto list = std::make_shared<std::vector<ops::KeyRange>>();
  for (std::int64_t i = 0; i < n; ++i) list->push_back(range(i));
  return list;
}

TEST(Merge, OfDisjointPartsIsAttentionOverTheirUnion) {
  const auto past = ranges([](std::int64_t i) { return ops::KeyRange{0, std::max<std::int64_t>(0, i - 5)}; });
  const auto present = ranges([](std::int64_t i) { return ops::KeyRange{std::max<std::int64_t>(0, i - 5), i + 1}; });
  const auto both = ranges([](std::int64_t i) { return ops::KeyRange{0, i + 1}; });
  const auto merged = [=](Context& ctx) {
    const std::vector parts{over(ctx, past), over(ctx, present)};
    return ops::merge(ctx, parts);
  };
  expect_equal([=](Context& ctx) { return merged(ctx).out; }, [=](Context& ctx) { return over(ctx, both).out; });
  expect_equal([=](Context& ctx) { return merged(ctx).lse; }, [=](Context& ctx) { return over(ctx, both).lse; });
}

// One pass over two sets of keys is the merge of two passes.
TEST(Attention, OverSetsIsTheMergeOfItsParts) {
  const auto past = ranges([](std::int64_t i) { return ops::KeyRange{0, std::max<std::int64_t>(0, i - 5)}; });
  const auto own = ranges([](std::int64_t i) { return ops::KeyRange{i / 4 * 4, i + 1}; });
  const auto set = [](Context& ctx, const char* k, const std::shared_ptr<const std::vector<ops::KeyRange>>& range) {
    return ops::KeySet{ctx.input(k, {2, 2, n, 4}),
                       ctx.input("c", {2, 2, n, 4}),
                       {.scale = 0.6, .pattern = {.ranges = range, .block_q = 6, .block_k = 4}}};
  };
  const auto sets = [=](Context& ctx) { return std::vector{set(ctx, "b", past), set(ctx, "c", own)}; };
  const auto at_once = [=](Context& ctx) {
    return ops::partial_attention(ctx, ctx.input("a", {2, 2, n, 4}), sets(ctx));
  };
  const auto merged = [=](Context& ctx) {
    std::vector<PartialAttention> parts;
    for (const ops::KeySet& one : sets(ctx)) {
      parts.push_back(ops::partial_attention(ctx, ctx.input("a", {2, 2, n, 4}), one.k, one.v, one.options));
    }
    return ops::merge(ctx, parts);
  };
  expect_equal([=](Context& ctx) { return at_once(ctx).out; }, [=](Context& ctx) { return merged(ctx).out; });
  expect_equal([=](Context& ctx) { return at_once(ctx).lse; }, [=](Context& ctx) { return merged(ctx).lse; });
}

// Listed rows are gathered rows; listed once, their results are gathered back.
TEST(Attention, OfListedRowsIsThatOfGatheredRows) {
  const auto any = [](Context& ctx, const char* name) {
    return constant(ctx, name, {2, 2, 31},
                    [](std::size_t i) { return i % 5 == 2 ? -1.0 : static_cast<double>(i * i % n); });
  };
  const auto input = [](Context& ctx, const char* name) { return ctx.input(name, {2, 2, n, 4}); };
  expect_equal(
      [=](Context& ctx) {
        return ops::attention(ctx, input(ctx, "a"), input(ctx, "b"), input(ctx, "c"),
                              {.scale = 0.6, .rows = {.queries = any(ctx, "rows"), .keys = any(ctx, "rows")}});
      },
      [=](Context& ctx) {
        const Tensor rows = any(ctx, "rows");
        const auto gathered = [&](const char* name) { return ops::gather_by_index(ctx, input(ctx, name), rows); };
        return ops::attention(ctx, gathered("a"), gathered("b"), gathered("c"), {.scale = 0.6});
      });
  // Every second row once, from the last to the first.
  constexpr std::int64_t some = 11;
  const auto listed = [](Context& ctx) {
    return constant(ctx, "some", {2, 2, some},
                    [](std::size_t i) { return static_cast<double>(n - 2 - 2 * (i % some)); });
  };
  expect_equal(
      [=](Context& ctx) {
        return ops::attention(ctx, input(ctx, "a"), input(ctx, "b"), input(ctx, "c"),
                              {.scale = 0.6, .rows = {.queries = listed(ctx), .queries_once = true}});
      },
      [=](Context& ctx) {
        const Tensor q = ops::gather_by_index(ctx, input(ctx, "a"), listed(ctx));
        const Tensor out = ops::attention(ctx, q, input(ctx, "b"), input(ctx, "c"), {.scale = 0.6});
        return ops::scatter_sum_by_index(ctx, out, listed(ctx), n);
      });
}

// A key in both parts weighs as much as two equal keys: a rule with a self penalty of −log 2 says the same.
TEST(Merge, CountsKeysOfTwoPartsTwice) {
  const auto all = ranges([](std::int64_t) { return ops::KeyRange{0, n}; });
  const auto own = ranges([](std::int64_t i) { return ops::KeyRange{i, i + 1}; });
  expect_equal(
      [=](Context& ctx) {
        const std::vector parts{over(ctx, all), over(ctx, own)};
        return ops::merge(ctx, parts).out;
      },
      [](Context& ctx) {
        const auto numbers = [](std::size_t i) { return static_cast<double>(i % n); };
        const Tensor positions = constant(ctx, "positions", {2, 2, n}, numbers);
        return ops::attention(
            ctx, ctx.input("a", {2, 2, n, 4}), ctx.input("b", {2, 2, n, 4}), ctx.input("c", {2, 2, n, 4}),
            {.scale = 0.6, .positions = {.query = positions, .key = positions, .self_penalty = -std::log(2.0)}});
      });
}

TEST(Attention, WithRelativeKeysTakesMemoryLinearInTheLength) {
  const auto peak = [](std::int64_t length) {
    const OpCase op_case{"relative", [=](Context& ctx) {
                           const Tensor q = ctx.input("a", {1, 2, length, 8});
                           const Tensor keys = ctx.input("b", {2, length, 8});
                           return ops::attention(ctx, q, q, q,
                                                 {.pattern = {.causal = true}, .relative = {.query = q, .keys = keys}});
                         }};
    const auto cpu = backends::make_cpu(1);
    return attention::predict(*variant_of(op_case), training, *cpu).memory.peak_bytes;
  };
  EXPECT_EQ(peak(4096) - peak(2048), 2 * (peak(2048) - peak(1024)));
}

void expect_refused(const Op& op, const std::string& message) {
  const OpCase wrong{"wrong", op};
  const auto reference = backends::make_reference();
  try {
    Session(*variant_of(wrong), training, *reference).run();
    FAIL() << "no error; expected " << message;
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(error.what(), message);
  }
}

TEST(Attention, NamesShapesThatDoNotFit) {
  const auto attend = [](Context& ctx, const ops::AttentionOptions& options) {
    const Tensor x = ctx.input("a", {1, 2, 5, 4});
    return ops::attention(ctx, x, x, x, options);
  };
  expect_refused(
      [](Context& ctx) {
        return ops::attention(ctx, ctx.input("a", {1, 2, 5, 4}), ctx.input("b", {1, 2, 6, 4}),
                              ctx.input("c", {1, 2, 5, 4}), {});
      },
      "attention: q [1, 2, 5, 4], k [1, 2, 6, 4] and v [1, 2, 5, 4] do not fit; expected [B,H,N,D], [B,H,M,D], "
      "[B,H,M,Dv]");
  expect_refused(
      [](Context& ctx) {
        const Tensor x = ctx.input("a", {1, 2, 5, 4});
        return ops::add_attention(ctx, ctx.input("y", {1, 2, 4, 4}), x, x, x, {});
      },
      "attention: what is added to [1, 2, 4, 4]; expected [1, 2, 5, 4]");
  expect_refused(
      [=](Context& ctx) {
        return attend(ctx, {.labels = {.scores = ctx.input("l", {1, 2, 5, 6}), .first = 1, .clip = 3}});
      },
      "attention: label scores [1, 2, 5, 6]; expected [1, 2, 5] with at least 8 labels");
  expect_refused(
      [=](Context& ctx) {
        const Tensor q = ctx.input("a", {1, 2, 5, 4});
        return attend(ctx, {.pattern = {.dilation = {2}}, .relative = {.query = q, .keys = ctx.input("r", {2, 5, 4})}});
      },
      "attention: relative keys need a pattern of step 1 without global positions");
  expect_refused([=](Context& ctx) { return ops::merge(ctx, {}).out; }, "merge: no parts; expected at least one");
  expect_refused(
      [=](Context& ctx) {
        return ops::attention(ctx, ctx.input("a", {1, 2, 5, 4}), {});
      },
      "attention: no set of keys; expected at least one");
  expect_refused(
      [=](Context& ctx) {
        const Tensor x = ctx.input("a", {1, 2, 5, 4});
        return ops::attention(ctx, x, std::vector{ops::KeySet{x, x, {.scale = 1}}, ops::KeySet{x, x, {.scale = 2}}});
      },
      "attention: sets of keys with scales 1 and 2; expected one");
  const auto rows_of = [](Context& ctx, const tensor::Shape& shape) {
    return constant(
        ctx, "rows", shape, [](std::size_t) { return 0.0; }, ops::Role::mask);
  };
  expect_refused(
      [=](Context& ctx) {
        return attend(ctx, {.rows = {.keys = rows_of(ctx, {2, 7})}});
      },
      "attention: rows [2, 7]; expected [1, 2, rows]");
  expect_refused(
      [=](Context& ctx) {
        return attend(ctx, {.pattern = {.dilation = {2}}, .rows = {.keys = rows_of(ctx, {1, 2, 5})}});
      },
      "attention: listed rows need a pattern of step 1 without global positions, and no key mask; hide keys by "
      "the position rule");
  expect_refused([=](Context& ctx) { return attend(ctx, {.rows = {.queries_once = true}}); },
                 "attention: queries_once without a list of queries");
  expect_refused(
      [=](Context& ctx) {
        const Tensor x = ctx.input("a", {1, 2, 5, 4});
        const ops::KeySet set{x, x, {.rows = {.keys = rows_of(ctx, {1, 2, 5})}}};
        return ops::attention(ctx, x, std::vector{set, set});
      },
      "attention: listed rows with several sets of keys; expected one");
}

}  // namespace
}  // namespace attnscope::op_testing
