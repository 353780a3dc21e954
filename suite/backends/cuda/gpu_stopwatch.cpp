// The stopwatch of a GPU: events, a kernel that holds the queue, and one that reads clocks.
#include <array>

#include "suite/backends/cuda/measured_device.h"
#include "suite/backends/cuda/not_recordable.h"
#include "suite/backends/cuda/runtime_status.h"
#include "suite/backends/cuda/stopwatch_kernels.h"

namespace attnscope::backends::gpu {

namespace {

constexpr std::uint64_t patience_ns = 100'000'000;  // queueing a call takes milliseconds at most
constexpr double shortest_clocked_ns = 2e4;         // the global timer moves in steps of up to a microsecond

int attribute(cudaDeviceAttr which) {
  int device = 0, value = 0;
  require(cudaGetDevice(&device), "asking for the current device");
  require(cudaDeviceGetAttribute(&value, which, device), "reading an attribute of the device");
  return value;
}

// Memory that host and device share.
struct Shared {
  Hold hold{};
  std::array<Tick, 2> ticks{};
};

class GpuStopwatch final : public Stopwatch {
 public:
  explicit GpuStopwatch(Device& device) : queue_(static_cast<cudaStream_t>(device.queue())) {
    multiprocessors_ = device.multiprocessors();
    require(cudaHostAlloc(reinterpret_cast<void**>(&shared_), sizeof(Shared), cudaHostAllocMapped),
            "allocating memory that host and device share");
    *shared_ = {};
    for (cudaEvent_t& event : events_) require(cudaEventCreate(&event), "making an event");
    // Loads the kernels, which nothing can do while the queue is held.
    start();
    stop();
    hold();
    release();
    require(cudaStreamSynchronize(queue_), "waiting for the device");
    is_held_ = false;
  }
  ~GpuStopwatch() override {
    release();
    cudaStreamSynchronize(queue_);
    for (cudaEvent_t event : events_) cudaEventDestroy(event);
    cudaFreeHost(shared_);
    cudaFree(evicting_);
  }

  void hold() override {
    shared_->hold = {};
    is_held_ = true;
    queue_hold(queue_, &shared_->hold, patience_ns);
    require(cudaGetLastError(), "holding the queue");
  }
  void release() override { static_cast<volatile Hold&>(shared_->hold).released = 1; }

  // The clocks are read outside of what the events enclose.
  void start() override {
    shared_->ticks = {};
    queue_tick(queue_, &shared_->ticks[0], multiprocessors_);
    require(cudaEventRecord(events_[0], queue_), "marking the start");
  }
  void stop() override {
    require(cudaEventRecord(events_[1], queue_), "marking the end");
    queue_tick(queue_, &shared_->ticks[1], multiprocessors_);
    require(cudaGetLastError(), "reading the device's clocks");
  }
  Lap wait() override {
    require(cudaStreamSynchronize(queue_), "waiting for the device");
    float ms = 0;
    require(cudaEventElapsedTime(&ms, events_[0], events_[1]), "reading the time between events");
    const auto& [begin, end] = shared_->ticks;
    Lap lap{.ns = 1e6 * static_cast<double>(ms)};
    const auto between_ns = static_cast<double>(end.ns - begin.ns);
    if (begin.ns != 0 && end.ns > begin.ns && between_ns >= shortest_clocked_ns) {
      lap.clock_hz = 1e9 * static_cast<double>(end.cycles - begin.cycles) / between_ns;
    }
    lap.held = is_held_ && shared_->hold.gave_up == 0;
    is_held_ = false;
    return lap;
  }

  void flush_caches() override {
    const auto bytes = 2 * static_cast<std::size_t>(attribute(cudaDevAttrL2CacheSize));
    if (evicting_ == nullptr) {
      const cudaError_t status = cudaMalloc(&evicting_, bytes);
      if (status == cudaErrorMemoryAllocation) {
        cudaGetLastError();  // it is not sticky
        throw tensor::OutOfMemory(fmt::format("no memory is left for the {} bytes that flush the caches", bytes));
      }
      require(status, "allocating what flushes the caches");
    }
    require(cudaMemsetAsync(evicting_, 0, bytes, queue_), "flushing the caches");
  }
  double highest_clock_hz() const override { return 1e3 * attribute(cudaDevAttrClockRate); }

 private:
  cudaStream_t queue_;
  int multiprocessors_ = 0;
  Shared* shared_ = nullptr;
  std::array<cudaEvent_t, 2> events_{};
  void* evicting_ = nullptr;
  bool is_held_ = false;
};

class Graph final : public Recording {
 public:
  Graph(cudaStream_t queue, cudaGraph_t graph) : queue_(queue) {
    const cudaError_t status = cudaGraphInstantiate(&executable_, graph, 0);
    cudaGraphDestroy(graph);
    require(status, "preparing a graph");
  }
  ~Graph() override {
    cudaStreamSynchronize(queue_);
    cudaGraphExecDestroy(executable_);
  }
  void queue() override { require(cudaGraphLaunch(executable_, queue_), "starting a graph"); }

 private:
  cudaStream_t queue_;
  cudaGraphExec_t executable_ = nullptr;
};

}  // namespace

std::unique_ptr<Stopwatch> make_stopwatch(Device& device) { return std::make_unique<GpuStopwatch>(device); }

std::unique_ptr<Recording> record_queue(Device& device, const std::function<void()>& work) {
  const auto queue = static_cast<cudaStream_t>(device.queue());
  require(cudaStreamBeginCapture(queue, cudaStreamCaptureModeThreadLocal), "recording a graph");
  cudaGraph_t graph = nullptr;
  const auto give_up = [&](const std::exception& error) {
    cudaStreamEndCapture(queue, &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();
    throw NotRecordable(error.what());
  };
  try {
    work();
  } catch (const NotRecordable& error) {
    give_up(error);
  } catch (const DeviceError& error) {  // something waited for the device
    give_up(error);
  }
  require(cudaStreamEndCapture(queue, &graph), "recording a graph");
  return std::make_unique<Graph>(queue, graph);
}

}  // namespace attnscope::backends::gpu
