#include "tests/oracle/var_rows.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace attnscope::oracle {
namespace {

std::int64_t rows_in(const VarArray& x) { return x.shape[x.shape.size() - 2]; }

}  // namespace

VarArray slice_rows(const VarArray& x, std::int64_t begin, std::int64_t end) {
  const std::int64_t rows = rows_in(x), width = x.shape.back();
  if (begin < 0 || begin > end || end > rows) throw std::invalid_argument("oracle: slice beyond the rows of an array");
  std::vector<std::int64_t> shape = x.shape;
  shape[shape.size() - 2] = end - begin;
  VarArray y(shape);
  if (y.values.empty()) return y;
  const auto blocks = static_cast<std::int64_t>(y.values.size()) / ((end - begin) * width);
  for (std::int64_t block = 0; block < blocks; ++block)
    std::copy_n(x.values.begin() + (block * rows + begin) * width, (end - begin) * width,
                y.values.begin() + block * (end - begin) * width);
  return y;
}

VarArray concat_rows(const VarArray& first, const VarArray& second) {
  const std::int64_t width = second.shape.back(), above = rows_in(first) * width, below = rows_in(second) * width;
  std::vector<std::int64_t> shape = second.shape;
  shape[shape.size() - 2] += rows_in(first);
  VarArray y(shape);
  if (first.values.size() + second.values.size() != y.values.size())
    throw std::invalid_argument("oracle: rows of unequal arrays cannot be joined");
  for (auto [f, s, to] = std::tuple(first.values.begin(), second.values.begin(), y.values.begin());
       to != y.values.end(); f += above, s += below) {
    to = std::copy_n(f, above, to);
    to = std::copy_n(s, below, to);
  }
  return y;
}

VarArray stopped(const VarArray& x) {
  VarArray y = x;
  for (Var& value : y.values) value = value.stopped();
  return y;
}

}  // namespace attnscope::oracle
