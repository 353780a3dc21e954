// Pieces of a thread's scratch memory.
#pragma once

#include <cstdint>
#include <utility>

namespace attnscope::backends::cpu {

// Padded so that what follows starts on a full vector of any instruction set, and on a cache line.
inline std::int64_t whole_vectors(std::int64_t floats) { return (floats + 15) / 16 * 16; }

// Words hold pairs of bfloat16; they and floats have one size.
inline std::int64_t pair_count(std::int64_t count) { return (count + 1) / 2; }

// Hands out consecutive pieces of the scratch memory, as offsets in floats, each on a cache line.
class ScratchLayout {
 public:
  std::int64_t take(std::int64_t floats) { return std::exchange(used_, used_ + whole_vectors(floats)); }
  std::int64_t used() const { return used_; }

 private:
  std::int64_t used_ = 0;
};

}  // namespace attnscope::backends::cpu
