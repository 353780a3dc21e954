// The shared memory of an emulated thread block: as large as its launch says, and filled with NaN for each block. What
// lies before and behind is a red zone, larger than all that a block can have.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>

#include "suite/backends/cuda/emulated/red_zone.h"

namespace attnscope::backends::emulated_gpu {

class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes)
      : bytes_(bytes), all_(new Line[2 * red_lines + (bytes + sizeof(Line) - 1) / sizeof(Line)]) {
    forbid(all_.get(), red_bytes);
    forbid(data() + bytes, red_bytes);
  }
  ~SharedMemory() {
    allow(all_.get(), red_bytes);
    allow(data() + bytes_, red_bytes);
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  unsigned char* data() { return all_[red_lines].bytes; }
  std::size_t bytes() const { return bytes_; }
  void make_fresh() { std::memset(data(), 0xff, bytes_); }

 private:
  struct alignas(128) Line {
    unsigned char bytes[128];
  };
  static constexpr std::size_t red_lines = has_red_zones ? 2048 : 0, red_bytes = red_lines * sizeof(Line);

  std::size_t bytes_;
  std::unique_ptr<Line[]> all_;
};

}  // namespace attnscope::backends::emulated_gpu
