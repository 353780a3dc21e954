#include "tests/oracle/array.h"

#include <stdexcept>

namespace attnscope::oracle {

Array::Array(std::vector<std::int64_t> extents) : shape(std::move(extents)) {
  std::size_t size = 1;
  for (const std::int64_t extent : shape) size *= static_cast<std::size_t>(extent);
  values.assign(size, 0.0);
}

Array::Array(std::vector<std::int64_t> extents, std::vector<double> row_major) : Array(std::move(extents)) {
  if (row_major.size() != values.size()) throw std::invalid_argument("oracle array: shape and values differ in size");
  values = std::move(row_major);
}

Array operator+(const Array& a, const Array& b) {
  if (a.shape != b.shape) throw std::invalid_argument("oracle array: sum of different shapes");
  Array sum = a;
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += b.values[i];
  return sum;
}

bool is_real(const Arrays& in, std::int64_t b, std::int64_t n) {
  const auto mask = in.find("key_mask");
  return mask == in.end() || mask->second(b, n) != 0.0;
}

void zero_padding(const Arrays& in, Array& array) {
  const bool per_head = array.shape.size() == 4;
  const std::int64_t heads = per_head ? array.extent(1) : 1;
  const std::int64_t positions = per_head ? array.extent(2) : array.extent(1), width = array.shape.back();
  for (std::int64_t b = 0; b < array.extent(0); ++b)
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t n = 0; n < positions; ++n)
        if (!is_real(in, b, n))
          for (std::int64_t d = 0; d < width; ++d)
            array.values[static_cast<std::size_t>(((b * heads + h) * positions + n) * width + d)] = 0.0;
}

}  // namespace attnscope::oracle
