// What a measurement asks of a GPU beside its ops: its clock, its memory, and its queue as one piece. In plain types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "suite/backends/cuda/known_work.h"
#include "suite/ops/backend.h"

namespace attnscope::backends {

// Times stretches of a GPU's queue by events in it. Held work is queued while the queue stands still, so that no gap
// between launches is timed: the method of nvbench's blocking kernel.
class Stopwatch {
 public:
  virtual ~Stopwatch() = default;

  // What is queued from here on waits for release(), or until the device loses patience.
  virtual void hold() = 0;
  virtual void release() = 0;
  virtual void start() = 0;
  virtual void stop() = 0;

  struct Lap {
    double ns = 0;        // from start() to stop(), by the device's events
    double clock_hz = 0;  // of a multiprocessor meanwhile; 0: too short to tell
    bool held = true;     // false when the device lost patience before release()
  };
  // When all that was queued before stop() has been done.
  virtual Lap wait() = 0;

  // Queues writing as much as evicts everything from the device's caches.
  virtual void flush_caches() = 0;
  // The clock that the device is made for.
  virtual double highest_clock_hz() const = 0;
};

// A recorded piece of the queue that can be queued again at the cost of one launch (a CUDA graph).
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void queue() = 0;
};

struct DeviceMemory {
  std::int64_t free_bytes = 0, total_bytes = 0;  // of the device, for all programs
};

// Of the backend's own pool, since the last reset.
struct MemoryMarks {
  std::int64_t used_bytes = 0, reserved_bytes = 0;  // highest
};

// Every backend of make_cuda() (cuda.h) is one.
class GpuBackend : public ops::Backend {
 public:
  virtual int ordinal() const = 0;
  virtual std::unique_ptr<Stopwatch> make_stopwatch() = 0;
  // Records what `work` queues, without doing it. Throws when it does more than queue: copies from the host, waits or
  // allocates.
  virtual std::unique_ptr<Recording> record(const std::function<void()>& work) = 0;
  // Queues a plain copy from one part of the device's memory to another.
  virtual void copy_bytes(void* to, const void* from, std::size_t bytes) = 0;
  virtual DeviceMemory device_memory() const = 0;

  // Queue kernels of known work. `results`: work.results() float32. stream() copies a multiple of 16 bytes, aligned to
  // 16, reading and writing each byte once.
  virtual int multiprocessors() const = 0;
  virtual void arithmetic(const ArithmeticWork& work, float* results) = 0;
  virtual void stream(void* to, const void* from, std::int64_t bytes) = 0;

  virtual void reset_memory_marks() = 0;
  virtual MemoryMarks memory_marks() const = 0;
};

}  // namespace attnscope::backends
