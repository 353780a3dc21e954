#include "harness/input/listops.h"

#include <array>
#include <string_view>

#include "harness/input/random.h"

namespace attnscope::harness::input {

namespace {

constexpr double operator_probability = 0.25;  // of an argument being an expression itself, as in the released task
constexpr std::array<std::string_view, 5> symbols{"[MIN", "[MAX", "[MED", "[SM", "]"};

void append_expression(Random& random, int depth, std::vector<int>& tokens) {
  tokens.push_back(listops_min + static_cast<int>(random.below(4)));
  const std::int64_t arguments = 2 + random.below(listops_max_arguments - 1);
  for (std::int64_t i = 0; i < arguments; ++i) {
    if (depth < listops_max_depth && random.uniform() < operator_probability) {
      append_expression(random, depth + 1, tokens);
    } else {
      tokens.push_back(static_cast<int>(random.below(10)));
    }
  }
  tokens.push_back(listops_close);
}

}  // namespace

std::vector<int> listops_expression(std::uint64_t seed) {
  Random random(seed);
  std::vector<int> tokens;
  append_expression(random, 1, tokens);
  return tokens;
}

std::vector<int> listops_tokens(std::uint64_t seed, std::int64_t count) {
  Random random(seed);
  std::vector<int> tokens;
  const auto size = static_cast<std::size_t>(count);
  while (tokens.size() < size) append_expression(random, 1, tokens);
  tokens.resize(size);
  return tokens;
}

std::string listops_text(std::span<const int> tokens) {
  std::string text;
  for (const int token : tokens) {
    if (!text.empty()) text += ' ';
    if (token < listops_min) {
      text += static_cast<char>('0' + token);
    } else {
      text += symbols.at(static_cast<std::size_t>(token - listops_min));
    }
  }
  return text;
}

}  // namespace attnscope::harness::input
