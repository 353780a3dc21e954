// One GPU: its memory, its queue of work, and the way of data there and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "suite/backends/cuda/target.h"
#include "suite/tensor/memory_pool.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// What the runtime said, in words, and what was asked of it. A device that has failed stays failed.
struct DeviceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Device {
 public:
  // Throws DeviceError when there is no such device.
  explicit Device(int ordinal);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  std::string description() const;  // name, compute capability, runtime
  int multiprocessors() const;
  bool has_warpgroups() const;  // compute capability 9.0: see warpgroup.h
  tensor::MemorySource& memory();
  // In the order of the queue. upload() returns when `from` may be reused, download() when the data has arrived.
  void upload(void* to, const void* from, std::size_t bytes);
  void download(void* to, const void* from, std::size_t bytes);
  void fill_bytes(void* to, int value, std::size_t bytes);
  void synchronize();
  void* queue() const;  // a cudaStream_t on a GPU

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attnscope::backends::ATTNSCOPE_GPU
