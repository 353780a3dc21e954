// Rows as kernels that share them between threads meet them.
#pragma once

#include <cstdint>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace attnscope::emulated_gpu_testing {

struct Rows {
  std::int64_t width;
  bool unaligned = false;
};

// Rows of one lane, of part of a warp, of a warp with few and many packs, of several warps; of an odd width; the last
// two too long for registers.
inline std::vector<Rows> all_rows() {
  std::vector<Rows> list;
  for (const std::int64_t width : {1, 3, 8, 33, 64, 136, 513, 1000, 4104, 4097, 16'392}) {
    list.push_back({width, false});
    if (width <= 1000) list.push_back({width, true});
  }
  return list;
}

inline std::string name_of(const testing::TestParamInfo<Rows>& info) {
  return std::to_string(info.param.width) + (info.param.unaligned ? "_unaligned" : "");
}

}  // namespace attnscope::emulated_gpu_testing
