#include "harness/input/input.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

#include "harness/errors.h"
#include "harness/input/listops.h"
#include "harness/input/random.h"

namespace attnscope::harness::input {

namespace {

using attention::Problem;
using tensor::HostArray;
using tensor::Shape;

constexpr std::string_view text_prefix = "text:";

// Independent streams of one seed.
std::uint64_t stream(std::uint64_t seed, std::uint64_t number) {
  return Random(seed * 0x100000001b3ull + number).bits();
}

std::vector<unsigned char> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw UsageError(fmt::format("input text:{}: cannot open the file", path));
  std::vector<unsigned char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) throw UsageError(fmt::format("input text:{}: cannot read the file (is it a directory?)", path));
  if (bytes.empty())
    throw UsageError(fmt::format("input text:{}: the file is empty; a text of any kind is needed", path));
  return bytes;
}

// table [V,E], independent N(0, 1).
std::vector<double> embedding_table(int vocabulary, std::int64_t width, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> table(static_cast<std::size_t>(vocabulary * width));
  std::ranges::generate(table, [&] { return random.gaussian(); });
  return table;
}

// table [V,E] times a Xavier-uniform [E,E]: projecting the table projects every token.
std::vector<double> projected(const std::vector<double>& table, std::int64_t width, std::uint64_t seed) {
  Random random(seed);
  const double bound = std::sqrt(6.0 / static_cast<double>(2 * width));
  const auto e = static_cast<std::size_t>(width);
  std::vector<double> weights(e * e);
  std::ranges::generate(weights, [&] { return bound * (2 * random.uniform() - 1); });
  std::vector<double> result(table.size(), 0.0);
  for (std::size_t row = 0; row < table.size() / e; ++row) {
    for (std::size_t i = 0; i < e; ++i) {
      const double x = table[row * e + i];
      for (std::size_t j = 0; j < e; ++j) result[row * e + j] += x * weights[i * e + j];
    }
  }
  return result;
}

// Rows of table by token: [B,N,E], or [B,H,N,D] when heads are split.
HostArray gather(const std::vector<double>& table, const Tokens& tokens, const Problem& p, bool split_heads) {
  const std::int64_t b = p.batch, h = split_heads ? p.heads : 1, n = p.rows(),
                     d = split_heads ? p.head_dim : p.model_dim();
  HostArray array{split_heads ? Shape{b, h, n, d} : Shape{b, n, d}, {}};
  array.values.reserve(static_cast<std::size_t>(b * h * n * d));
  for (std::int64_t ib = 0; ib < b; ++ib) {
    for (std::int64_t ih = 0; ih < h; ++ih) {
      for (std::int64_t in = 0; in < n; ++in) {
        const int token = tokens.values[static_cast<std::size_t>(ib * n + in)];
        const auto row = table.begin() + token * p.model_dim() + ih * d;
        array.values.insert(array.values.end(), row, row + d);
      }
    }
  }
  return array;
}

}  // namespace

std::string default_source(attention::Scope scope) { return scope == attention::Scope::core ? "gaussian" : "listops"; }

void require_source(const std::string& source) {
  if (source == "gaussian" || source == "listops") return;
  if (source.starts_with(text_prefix)) {
    read_text(source.substr(text_prefix.size()));
    return;
  }
  throw unknown_name("input", source, std::vector<std::string>{"gaussian", "listops", "text:FILE"});
}

Tokens make_tokens(const std::string& source, std::int64_t batch, std::int64_t n, std::uint64_t seed) {
  if (source == "listops") {
    Tokens tokens{listops_vocabulary, {}};
    for (std::int64_t b = 0; b < batch; ++b) {
      const auto row = listops_tokens(stream(seed, 100 + static_cast<std::uint64_t>(b)), n);
      tokens.values.insert(tokens.values.end(), row.begin(), row.end());
    }
    return tokens;
  }
  const auto bytes = read_text(source.substr(text_prefix.size()));
  Tokens tokens{256, std::vector<int>(static_cast<std::size_t>(batch * n))};
  for (std::size_t i = 0; i < tokens.values.size(); ++i) tokens.values[i] = bytes[i % bytes.size()];
  return tokens;
}

std::map<std::string, HostArray> make_arrays(const std::string& source, const Problem& problem, std::uint64_t seed) {
  if (source == "gaussian") return {};
  const Tokens tokens = make_tokens(source, problem.batch, problem.rows(), seed);
  const auto table = embedding_table(tokens.vocabulary, problem.model_dim(), stream(seed, 1));
  std::map<std::string, HostArray> arrays;
  if (problem.scope != attention::Scope::core) {
    arrays["x"] = gather(table, tokens, problem, false);
    return arrays;
  }
  std::uint64_t number = 2;
  for (const char* name : {"q", "k", "v"}) {
    arrays[name] = gather(projected(table, problem.model_dim(), stream(seed, number++)), tokens, problem, true);
  }
  return arrays;
}

}  // namespace attnscope::harness::input
