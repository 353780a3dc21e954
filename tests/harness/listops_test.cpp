#include "harness/input/listops.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "harness/input/input.h"

namespace attnscope::harness::input {
namespace {

// Parses one expression from the grammar of arXiv 2011.04006 and returns its value; fails the test where it does not
// fit.
class Parser {
 public:
  explicit Parser(const std::vector<int>& tokens) : tokens_(tokens) {}
  int expression(int depth) {
    const int token = tokens_.at(at_++);
    if (token <= 9) return token;
    EXPECT_LE(depth, listops_max_depth);
    EXPECT_NE(token, listops_close);
    std::vector<int> arguments;
    while (tokens_.at(at_) != listops_close) arguments.push_back(expression(depth + 1));
    ++at_;
    EXPECT_GE(arguments.size(), 2u);
    EXPECT_LE(arguments.size(), static_cast<std::size_t>(listops_max_arguments));
    std::ranges::sort(arguments);
    switch (token) {
      case listops_min:
        return arguments.front();
      case listops_max:
        return arguments.back();
      case listops_median:
        return arguments[(arguments.size() - 1) / 2];
      default:
        break;
    }
    int sum = 0;
    for (const int value : arguments) sum += value;
    return sum % 10;
  }
  std::size_t position() const { return at_; }

 private:
  const std::vector<int>& tokens_;
  std::size_t at_ = 0;
};

TEST(Listops, ExpressionsFollowTheGrammar) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<int> tokens = listops_expression(seed);
    ASSERT_GE(tokens.front(), static_cast<int>(listops_min)) << "starts with an operator";
    Parser parser(tokens);
    const int value = parser.expression(1);
    EXPECT_GE(value, 0);
    EXPECT_LE(value, 9);
    EXPECT_EQ(parser.position(), tokens.size()) << listops_text(tokens);
  }
}

TEST(Listops, TextsAreThoseOfTheTask) {
  EXPECT_EQ(listops_text(std::vector<int>{listops_max, 2, 9, listops_sum, 1, 4, listops_close, listops_close}),
            "[MAX 2 9 [SM 1 4 ] ]");
}

TEST(Listops, SequencesAreFullAndDependOnTheSeed) {
  const std::vector<int> tokens = listops_tokens(1, 2000);
  EXPECT_EQ(tokens.size(), 2000u);
  EXPECT_EQ(tokens, listops_tokens(1, 2000));
  EXPECT_NE(tokens, listops_tokens(2, 2000));
}

TEST(Input, TokensBecomeArraysOfTheProblem) {
  attention::Problem problem{.scope = attention::Scope::layer, .batch = 2, .heads = 2, .seq_len = 10, .head_dim = 4};
  const auto layer = make_arrays("listops", problem, 1);
  EXPECT_EQ(layer.at("x").shape, (tensor::Shape{2, 10, 8}));
  problem.scope = attention::Scope::core;
  const auto core = make_arrays("listops", problem, 1);
  EXPECT_EQ(core.at("q").shape, (tensor::Shape{2, 2, 10, 4}));
  EXPECT_NE(core.at("q").values, core.at("k").values);
  EXPECT_TRUE(make_arrays("gaussian", problem, 1).empty());
  // Equal tokens have equal embeddings.
  const Tokens tokens = make_tokens("listops", 2, 10, 1);
  const auto& x = layer.at("x").values;
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 20; ++j) {
      EXPECT_EQ(tokens.values[i] == tokens.values[j], x[i * 8] == x[j * 8]);
    }
  }
}

}  // namespace
}  // namespace attnscope::harness::input
