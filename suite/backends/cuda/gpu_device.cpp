// A GPU through the CUDA runtime, which is linked statically and finds the driver, or that there is none, at run time.
#include "suite/backends/cuda/device.h"
#include "suite/backends/cuda/launch_size.h"
#include "suite/backends/cuda/measured_device.h"
#include "suite/backends/cuda/not_recordable.h"
#include "suite/backends/cuda/runtime_status.h"

namespace attnscope::backends::gpu {

namespace {

int attribute(cudaDeviceAttr which, int ordinal) {
  int value = 0;
  require(cudaDeviceGetAttribute(&value, which, ordinal), "reading an attribute of the device");
  return value;
}

// What a recorded queue repeats must find its memory as it was.
void refuse_while_recording(cudaStream_t stream, std::string_view what) {
  cudaStreamCaptureStatus capture{};
  require(cudaStreamIsCapturing(stream, &capture), "asking what becomes of queued work");
  if (capture != cudaStreamCaptureStatusNone) {
    throw NotRecordable(fmt::format("the work {}, which cannot be recorded in a graph", what));
  }
}

// Blocks from a memory pool of our own that never gives memory back while it lives: timed runs do not pay for that.
class PooledMemory final : public tensor::MemorySource {
 public:
  PooledMemory(int ordinal, cudaStream_t stream) : stream_(stream) {
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location = {};
    properties.location.type = cudaMemLocationTypeDevice;
    properties.location.id = ordinal;
    require(cudaMemPoolCreate(&pool_, &properties), "making a memory pool");
    std::uint64_t everything = ~std::uint64_t{0};
    require(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &everything), "keeping freed memory");
  }
  ~PooledMemory() override { cudaMemPoolDestroy(pool_); }

  void* allocate(std::int64_t bytes) override {
    refuse_while_recording(stream_, "allocates memory");
    void* data = nullptr;
    const cudaError_t status = cudaMallocFromPoolAsync(&data, static_cast<std::size_t>(bytes), pool_, stream_);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();  // it is not sticky, and is told of by the caller
      return nullptr;
    }
    require(status, "allocating memory");
    return data;
  }
  void release(void* data) override { cudaFreeAsync(data, stream_); }

  void reset_marks() {
    std::uint64_t zero = 0;
    require(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrUsedMemHigh, &zero), "resetting the memory's marks");
    require(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReservedMemHigh, &zero), "resetting the memory's marks");
  }
  MemoryMarks marks() const { return {mark(cudaMemPoolAttrUsedMemHigh), mark(cudaMemPoolAttrReservedMemHigh)}; }

 private:
  std::int64_t mark(cudaMemPoolAttr which) const {
    std::uint64_t bytes = 0;
    require(cudaMemPoolGetAttribute(pool_, which, &bytes), "reading the memory's marks");
    return static_cast<std::int64_t>(bytes);
  }

  cudaMemPool_t pool_ = nullptr;
  cudaStream_t stream_;
};

}  // namespace

struct Device::State {
  int ordinal;
  cudaStream_t stream = nullptr;
  std::unique_ptr<PooledMemory> memory;
};

Device::Device(int ordinal) : state_(std::make_unique<State>(State{ordinal, {}, {}})) {
  require(cudaSetDevice(ordinal), fmt::format("device {}", ordinal));
  require(cudaStreamCreateWithFlags(&state_->stream, cudaStreamNonBlocking), "making a stream");
  state_->memory = std::make_unique<PooledMemory>(ordinal, state_->stream);
}

Device::~Device() {
  cudaStreamSynchronize(state_->stream);
  state_->memory.reset();
  cudaStreamDestroy(state_->stream);
}

std::string Device::description() const {
  cudaDeviceProp properties{};
  require(cudaGetDeviceProperties(&properties, state_->ordinal), "reading the device's properties");
  int runtime = 0, driver = 0;
  require(cudaRuntimeGetVersion(&runtime), "reading the runtime's version");
  require(cudaDriverGetVersion(&driver), "reading the driver's version");
  return fmt::format("{}, compute capability {}.{}, CUDA {}.{} on a driver for {}.{}", properties.name,
                     properties.major, properties.minor, runtime / 1000, runtime % 1000 / 10, driver / 1000,
                     driver % 1000 / 10);
}

int Device::multiprocessors() const { return attribute(cudaDevAttrMultiProcessorCount, state_->ordinal); }
bool Device::has_warpgroups() const {
  // Its instructions are of this capability alone: no later one has them.
  return attribute(cudaDevAttrComputeCapabilityMajor, state_->ordinal) == 9 &&
         attribute(cudaDevAttrComputeCapabilityMinor, state_->ordinal) == 0;
}
tensor::MemorySource& Device::memory() { return *state_->memory; }
void* Device::queue() const { return state_->stream; }
void Device::synchronize() { require(cudaStreamSynchronize(state_->stream), "waiting for the device"); }

// Copies from memory that is not pinned return when it has been read.
void Device::upload(void* to, const void* from, std::size_t bytes) {
  refuse_while_recording(state_->stream, "copies from the host");
  require(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, state_->stream), "copying to the device");
}
void Device::download(void* to, const void* from, std::size_t bytes) {
  require(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, state_->stream), "copying from the device");
  synchronize();
}
void Device::fill_bytes(void* to, int value, std::size_t bytes) {
  require(cudaMemsetAsync(to, value, bytes, state_->stream), "filling memory");
}

void copy_bytes(Device& device, void* to, const void* from, std::size_t bytes) {
  require(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, static_cast<cudaStream_t>(device.queue())),
          "copying on the device");
}

DeviceMemory free_memory(Device&) {
  std::size_t free = 0, total = 0;
  require(cudaMemGetInfo(&free, &total), "asking for the device's free memory");
  return {static_cast<std::int64_t>(free), static_cast<std::int64_t>(total)};
}

void reset_memory_marks(Device& device) { static_cast<PooledMemory&>(device.memory()).reset_marks(); }
MemoryMarks memory_marks(Device& device) { return static_cast<PooledMemory&>(device.memory()).marks(); }

void launch_kernel(Device& device, const LaunchSize& size, const void* kernel, void** arguments) {
  constexpr std::size_t allowed_unasked = 48 << 10;
  if (size.shared_bytes > allowed_unasked) {
    require(
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(size.shared_bytes)),
        fmt::format("asking for {} bytes of shared memory", size.shared_bytes));
  }
  const dim3 blocks(static_cast<unsigned>(size.blocks.x), static_cast<unsigned>(size.blocks.y),
                    static_cast<unsigned>(size.blocks.z));
  require(cudaLaunchKernel(kernel, blocks, dim3(static_cast<unsigned>(size.threads)), arguments, size.shared_bytes,
                           static_cast<cudaStream_t>(device.queue())),
          fmt::format("starting a kernel of {}x{}x{} blocks of {} threads", size.blocks.x, size.blocks.y, size.blocks.z,
                      size.threads));
}

}  // namespace attnscope::backends::gpu
