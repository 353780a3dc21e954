// What GpuBackend asks of a device, on a GPU and on the emulated one.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "suite/backends/cuda/device.h"
#include "suite/backends/cuda/gpu_backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

std::unique_ptr<Stopwatch> make_stopwatch(Device& device);
// Throws NotRecordable, and DeviceError.
std::unique_ptr<Recording> record_queue(Device& device, const std::function<void()>& work);
void copy_bytes(Device& device, void* to, const void* from, std::size_t bytes);
DeviceMemory free_memory(Device& device);
// Of the pool that device.memory() draws from.
void reset_memory_marks(Device& device);
MemoryMarks memory_marks(Device& device);

}  // namespace attnscope::backends::ATTNSCOPE_GPU
