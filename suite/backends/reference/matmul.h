// Batched matrix product, the plain version.
#pragma once

#include "suite/backends/reference/scalar.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

// c[b] = op(a[b])·op(b[b]); a batch extent of 1 in c sums over that batch axis.
template <class T>
void matmul(const ops::MatmulArgs& args) {
  const auto& as = args.a.shape();
  const auto& bs = args.b.shape();
  const auto& cs = args.c.shape();
  const std::int64_t rows = cs[2], columns = cs[3], inner = args.transpose_a ? as[2] : as[3];
  const auto batch_offset = [](const tensor::Shape& s, std::int64_t i, std::int64_t j) {
    return ((s[0] == 1 ? 0 : i) * s[1] + (s[1] == 1 ? 0 : j)) * s[2] * s[3];
  };
  for (std::int64_t i = 0; i < args.c.elements(); ++i) args.c.data<T>()[i] = T(0);
  for (std::int64_t i = 0; i < std::max(as[0], bs[0]); ++i) {
    for (std::int64_t j = 0; j < std::max(as[1], bs[1]); ++j) {
      const T* a = args.a.data<T>() + batch_offset(as, i, j);
      const T* b = args.b.data<T>() + batch_offset(bs, i, j);
      T* c = args.c.data<T>() + batch_offset(cs, i, j);
      for (std::int64_t m = 0; m < rows; ++m) {
        for (std::int64_t k = 0; k < inner; ++k) {
          const T left = args.transpose_a ? a[k * rows + m] : a[m * inner + k];
          for (std::int64_t n = 0; n < columns; ++n) {
            const T right = args.transpose_b ? b[n * inner + k] : b[k * columns + n];
            c[m * columns + n] = multiply_add(c[m * columns + n], left, right);
          }
        }
      }
    }
  }
}

}  // namespace attnscope::backends::reference
