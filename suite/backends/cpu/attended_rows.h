// What kernels of attention owe to the rows that a list of queries leaves out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "suite/backends/cpu/elements.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::cpu {

// Where queries are listed once at most, heads whose list is not complete: their rows of O become zero and their
// log-sum-exp −inf, before kernels write those that are listed.
inline void clear_unlisted_results(const ops::AttentionArgs& args) {
  if (!args.rows.queries_once) return;
  const ops::Tensor& list = args.rows.queries;
  const std::int64_t listed = list.shape()[2], rows = args.lse.shape()[2], columns = args.out.shape()[3];
  for (std::int64_t head = 0; head < list.shape()[0] * list.shape()[1]; ++head) {
    const float* first = list.data<float>() + head * listed;
    if (std::count_if(first, first + listed, [](float row) { return row >= 0; }) == rows) continue;
    std::fill_n(args.lse.data<float>() + head * rows, rows, -std::numeric_limits<float>::infinity());
    if (args.adds_to_out) continue;
    with_element_of(args.out, [&]<class Out>(Out) {
      std::fill_n(args.out.data<Out>() + head * rows * columns, rows * columns, Out{});
    });
  }
}

}  // namespace attnscope::backends::cpu
