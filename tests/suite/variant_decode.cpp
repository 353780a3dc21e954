// Mode decode: one token against a state is the last row of the causal forward pass over the whole sequence.
#include "suite/attention/registry.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

constexpr std::int64_t length = 13, width = 4;

struct Decoding {
  VariantCase forward;  // causal, length + 1 tokens
  Options options;      // of the decoding variant, where they differ
};

std::vector<Decoding> decodings() {
  const auto of = [](const std::string& variant, const Options& forward, const Options& decode) {
    return Decoding{{variant, forward, problem_of(Scope::core, true, 2, 3, length + 1, width)}, decode};
  };
  const auto with = [&](const std::string& variant, const Options& options) { return of(variant, options, options); };
  return {
      of("softmax", {}, {}), of("flash", {}, {}), of("longformer", {{"window", "4"}}, {{"window", "4"}}),
      of("longformer", {{"window", "0"}}, {{"window", "0"}}), of("longformer", {{"window", "50"}}, {{"window", "50"}}),
      of("transformer_xl", {{"memory", "0"}}, {}), with("image_transformer", {{"query_block", "5"}, {"memory", "2"}}),
      with("image_transformer", {{"query_block", "13"}, {"memory", "3"}}),  // the token starts a block
      with("image_transformer", {{"query_block", "1"}, {"memory", "0"}}), with("sparse_transformer", {}),
      with("sparse_transformer", {{"summary", "2"}, {"distinct_summaries", "true"}, {"stride", "6"}}),
      with("sparse_transformer", {{"heads", "multi_head"}, {"summary", "1"}}),
      // The only summary column is still to come: nothing to see.
      with("sparse_transformer", {{"heads", "interleaved"}, {"layer", "1"}, {"stride", "20"}, {"summary", "1"}}),
      with("sparse_transformer", {{"kind", "strided"}}),
      with("sparse_transformer", {{"kind", "strided"}, {"heads", "multi_head"}, {"local_keys", "openai"}}),
      of("linear_transformer", {}, {}), of("performer", {{"features", "12"}, {"chunk", "5"}}, {{"features", "12"}})};
}

class Decode : public testing::TestWithParam<Decoding> {
 protected:
  std::unique_ptr<attention::Session> session(const oracle::Arrays& arrays, std::int64_t state_length) {
    VariantCase c = GetParam().forward;
    c.options = GetParam().options;
    c.problem.mode = Mode::decode;
    c.problem.seq_len = state_length;
    variant_ = make_variant(c);
    return make_session(*variant_, c, arrays, *backend_);
  }
  // Query, key and value of token n, and the parameters that both ways share.
  oracle::Arrays token(const oracle::Arrays& arrays, std::int64_t n) {
    oracle::Arrays one;
    for (const auto& [name, array] : arrays) {
      if (name == "q" || name == "k" || name == "v")
        one[name] = positions(array, n, n + 1);
      else if (name != "d_out")
        one[name] = array;
    }
    return one;
  }

  std::unique_ptr<ops::Backend> backend_ = make_backend("reference");
  std::unique_ptr<attention::Variant> variant_;
};

TEST_P(Decode, equals_the_last_row_of_the_causal_forward_pass) {
  VariantCase c = GetParam().forward;
  const oracle::Arrays arrays = make_arrays(c);
  const oracle::Array rows = run_forward(c, arrays, *backend_);

  const auto probe = session({}, length);
  std::map<std::string, std::vector<std::int64_t>> states;
  for (const ops::ArgumentSpec& spec : probe->arguments())
    if (spec.role == ops::Role::state) states[spec.name] = spec.shape.extents();

  if (!states.contains("state")) {  // keys and values of earlier tokens
    oracle::Arrays last = token(arrays, length);
    for (const auto& [cache, source] : {std::pair{"k_cache", "k"}, {"v_cache", "v"}}) {
      if (!states.contains(cache)) continue;
      last[cache] = positions(arrays.at(source), length - states.at(cache)[2], length);
    }
    const auto decoder = session(last, length);
    decoder->run();
    EXPECT_TRUE(close(from_host(decoder->output()), positions(rows, length, length + 1), 1e-11));
    return;
  }
  // A recurrent state: every token in turn, from an empty one.
  oracle::Arrays state;
  for (const auto& [name, shape] : states) state[name] = constant(shape, name == "log_scale" ? -1e30 : 0.0);
  for (std::int64_t n = 0; n <= length; ++n) {
    oracle::Arrays next = token(arrays, n);
    for (const auto& [name, array] : state) next[name] = array;
    const auto decoder = session(next, length);
    decoder->run();
    EXPECT_TRUE(close(from_host(decoder->output()), positions(rows, n, n + 1), 1e-10)) << "token " << n;
    for (auto& [name, array] : state) array = from_host(decoder->result("new_" + name));
  }
}

INSTANTIATE_TEST_SUITE_P(variants, Decode, testing::ValuesIn(decodings()), [](const auto& info) {
  return name_of(info.param.forward) + "_" + std::to_string(info.index);
});

TEST(Decode, is_refused_where_there_is_no_state) {
  const auto variant = attention::make_variant("linformer");
  const auto reason = variant->refusal({.mode = Mode::decode});
  ASSERT_TRUE(reason.has_value());
  EXPECT_NE(reason->find("decode"), std::string::npos);
}

TEST(Decode, costs_one_row_of_exact_attention) {
  const auto variant = attention::make_variant("flash");
  const auto backend = make_backend("cpu_1_thread");
  const Problem problem{.mode = Mode::decode, .batch = 2, .heads = 3, .seq_len = 100, .head_dim = 8};
  EXPECT_EQ(attention::predict(*variant, problem, *backend).cost.flops(), 4 * 2 * 3 * 101 * 8);
  EXPECT_EQ(attention::dense_flops(problem), 4 * 2 * 3 * 101 * 8);
}

}  // namespace
}  // namespace attnscope::variant_testing
