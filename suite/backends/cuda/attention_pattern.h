// The lists of an ops::AttentionPlan on their way to the device.
#pragma once

#include <cstdint>
#include <vector>

#include "suite/backends/cuda/attention_pattern.cuh"
#include "suite/backends/cuda/device.h"
#include "suite/ops/attention_pattern.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// A pattern with its lists in one block of bytes; patterns without lists have none, and cost the device nothing.
class PackedPattern {
 public:
  explicit PackedPattern(const ops::AttentionPlan& plan, std::int64_t batch);

  std::int64_t bytes() const { return static_cast<std::int64_t>(bytes_.size()); }  // a multiple of 16
  // The pattern with its lists copied to `lists`, bytes() of device memory.
  PatternView upload(Device& device, char* lists) const;

 private:
  void pack_blocks(const ops::AttentionPlan& plan);
  void pack_globals(const ops::AttentionPlan& plan, std::int64_t batch);
  // Appends values and leaves their place, as an offset, in `pointer`.
  template <class Value, class Source>
  void pack(const Value*& pointer, const Source& values);

  PatternView view_{};
  std::vector<std::byte> bytes_;
  std::vector<std::size_t> moved_;  // places of the pointers in the view that are offsets yet
};

// The most tiles of `rows` positions that a head of `count` positions is cut into: see row_tile().
std::int64_t most_row_tiles(const ops::AttentionPlan& plan, std::int64_t heads, std::int64_t count, std::int64_t rows);

}  // namespace attnscope::backends::ATTNSCOPE_GPU
