#include "suite/backends/cuda/column_major.h"

#include <algorithm>
#include <limits>

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr std::int64_t most_calls = 32;  // each is a launch

// The batch axes of one operand: its extents and, where one matrix does not serve all, its distances.
struct Batches {
  std::int64_t extents[2], distances[2];
  explicit Batches(const tensor::Shape& s)
      : extents{s[0], s[1]}, distances{s[0] == 1 ? 0 : s[1] * s[2] * s[3], s[1] == 1 ? 0 : s[2] * s[3]} {}
  bool has(const std::int64_t (&all)[2]) const { return extents[0] == all[0] && extents[1] == all[1]; }
  bool serves_all() const { return extents[0] == 1 && extents[1] == 1; }
};

}  // namespace

std::optional<ColumnMajorProduct> column_major_product(const ops::MatmulArgs& args) {
  const auto &as = args.a.shape(), &bs = args.b.shape(), &cs = args.c.shape();
  const Batches a(as), b(bs), c(cs);
  const std::int64_t all[2] = {std::max(as[0], bs[0]), std::max(as[1], bs[1])};
  std::int64_t rows = cs[2], inner = args.transpose_a ? as[2] : as[3];
  std::int64_t batches = all[0] * all[1], calls = 1;
  int along = 1;  // the axis of batches, that of calls being the other one

  if (!c.has(all)) {
    // Rows of the depth follow each other from batch to batch where the depth is what rows of memory are.
    if (!c.serves_all() || !a.has(all) || !b.has(all) || !args.transpose_a || args.transpose_b) return {};
    inner *= batches;
    batches = 1;
  } else if (b.serves_all() && a.has(all) && !args.transpose_a) {
    rows *= batches;
    batches = 1;
  } else {
    const auto lie_evenly = [&](const Batches& x) { return x.distances[0] == all[1] * x.distances[1]; };
    if (all[1] == 1) {
      along = 0;
    } else if (all[0] > 1 && !(lie_evenly(a) && lie_evenly(b) && lie_evenly(c))) {
      along = all[0] > all[1] ? 0 : 1;
      batches = all[along];
      calls = all[1 - along];
    }
  }

  const std::int64_t extents[] = {rows, cs[3], inner, as[3], bs[3], batches};
  for (const std::int64_t extent : extents) {
    if (extent < 1 || extent > std::numeric_limits<int>::max()) return {};
  }
  if (calls > most_calls) return {};
  const auto operand = [&](const Batches& x, const tensor::Shape& s, bool transposed) {
    return ColumnMajorProduct::Operand{transposed, static_cast<int>(s[3]), batches == 1 ? 0 : x.distances[along],
                                       calls == 1 ? 0 : x.distances[1 - along]};
  };
  return ColumnMajorProduct{.m = static_cast<int>(cs[3]),
                            .n = static_cast<int>(rows),
                            .k = static_cast<int>(inner),
                            .batches = static_cast<int>(batches),
                            .calls = static_cast<int>(calls),
                            .first = operand(b, bs, args.transpose_b),
                            .second = operand(a, as, args.transpose_a),
                            .result = operand(c, cs, false)};
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
