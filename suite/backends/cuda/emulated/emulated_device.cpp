// The emulated GPU's memory: the host's, but out of its reach except while kernels and copies run, so that a host that
// touches device data by pointer fails at once. Every block ends where its page ends, and nobody may touch the pages
// before and behind: going beyond it fails, too. AddressSanitizer also minds what no tensor holds at the time.
#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <sys/mman.h>
#include <unistd.h>

#include "suite/backends/cuda/emulated/red_zone.h"
#include "suite/backends/cuda/emulated/thread_block.h"
#include "suite/backends/cuda/launch_size.h"
#include "suite/backends/cuda/measured_device.h"

namespace attnscope::backends::emulated_gpu {

namespace {

class EmulatedMemory final : public tensor::MemorySource {
 public:
  ~EmulatedMemory() override {
    for (const auto& [data, block] : blocks_) unmap(block);
  }
  void* allocate(std::int64_t bytes) override {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const auto wanted = static_cast<std::size_t>(bytes), whole = (wanted + page - 1) / page * page;
    void* memory =
        mmap(nullptr, whole + 2 * guard_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    const Block block{static_cast<unsigned char*>(memory) + guard_bytes, whole, wanted};
    mprotect(block.pages, whole, PROT_READ | PROT_WRITE);
    std::memset(block.pages, 0xff, whole);  // NaN: what was never written shows
    if (open_ == 0) mprotect(block.pages, whole, PROT_NONE);
    forbid(memory, whole + 2 * guard_bytes);
    void* data = block.pages + whole - wanted;
    blocks_.emplace(data, block);
    used_ += bytes;
    highest_ = std::max(highest_, used_);
    return data;
  }
  void release(void* data) override {
    const auto found = blocks_.find(data);
    unmap(found->second);
    used_ -= static_cast<std::int64_t>(found->second.wanted);
    blocks_.erase(found);
  }
  void lend(void* data, std::int64_t bytes) override { allow(data, static_cast<std::size_t>(bytes)); }
  void take_back(void* data, std::int64_t bytes) override { forbid(data, static_cast<std::size_t>(bytes)); }

  void reset_mark() { highest_ = used_; }
  std::int64_t highest() const { return highest_; }

  // While one lives, the memory can be read and written.
  class Access {
   public:
    explicit Access(EmulatedMemory& memory) : memory_(memory) {
      if (memory_.open_++ == 0) memory_.protect(PROT_READ | PROT_WRITE);
    }
    ~Access() {
      if (--memory_.open_ == 0) memory_.protect(PROT_NONE);
    }
    Access(const Access&) = delete;
    Access& operator=(const Access&) = delete;

   private:
    EmulatedMemory& memory_;
  };

 private:
  // Before and behind each block: whole pages.
  static constexpr std::size_t guard_bytes = 64 << 10;
  struct Block {
    unsigned char* pages;
    std::size_t whole, wanted;  // bytes: of the pages, and of the data, which ends where they end
  };
  static void unmap(const Block& block) {
    unsigned char* memory = block.pages - guard_bytes;
    allow(memory, block.whole + 2 * guard_bytes);  // for whatever comes to lie there
    munmap(memory, block.whole + 2 * guard_bytes);
  }
  void protect(int protection) {
    for (const auto& [data, block] : blocks_) mprotect(block.pages, block.whole, protection);
  }
  std::map<void*, Block> blocks_;
  int open_ = 0;
  std::int64_t used_ = 0, highest_ = 0;
};

}  // namespace

struct Device::State {
  EmulatedMemory memory;
};

Device::Device(int ordinal) : state_(std::make_unique<State>()) {
  if (ordinal != 0) throw DeviceError(fmt::format("emulated GPU {}: there is one, number 0", ordinal));
}
Device::~Device() = default;

std::string Device::description() const { return "emulated GPU (fibres on one core)"; }
int Device::multiprocessors() const { return 2; }
bool Device::has_warpgroups() const { return true; }
tensor::MemorySource& Device::memory() { return state_->memory; }
void* Device::queue() const { return nullptr; }
void Device::synchronize() {}

void Device::upload(void* to, const void* from, std::size_t bytes) {
  const EmulatedMemory::Access access(state_->memory);
  std::memcpy(to, from, bytes);
}
void Device::download(void* to, const void* from, std::size_t bytes) {
  const EmulatedMemory::Access access(state_->memory);
  std::memcpy(to, from, bytes);
}
void Device::fill_bytes(void* to, int value, std::size_t bytes) {
  const EmulatedMemory::Access access(state_->memory);
  std::memset(to, value, bytes);
}

void copy_bytes(Device& device, void* to, const void* from, std::size_t bytes) { device.upload(to, from, bytes); }

DeviceMemory free_memory(Device&) {
  const auto page = static_cast<std::int64_t>(sysconf(_SC_PAGESIZE));
  return {page * sysconf(_SC_AVPHYS_PAGES), page * sysconf(_SC_PHYS_PAGES)};
}

void reset_memory_marks(Device& device) { static_cast<EmulatedMemory&>(device.memory()).reset_mark(); }
MemoryMarks memory_marks(Device& device) {
  const std::int64_t highest = static_cast<EmulatedMemory&>(device.memory()).highest();
  return {highest, highest};
}

void run_emulated(Device& device, const LaunchSize& size, const std::function<void()>& body) {
  const EmulatedMemory::Access access(static_cast<EmulatedMemory&>(device.memory()));
  const auto extent = [](std::int64_t blocks) {
    return blocks < 0 || blocks > 0x7fffffff ? 0u : static_cast<unsigned>(blocks);
  };
  ThreadBlock::run_grid({extent(size.blocks.x), extent(size.blocks.y), extent(size.blocks.z)},
                        {static_cast<unsigned>(size.threads), 1, 1}, size.shared_bytes, body);
}

}  // namespace attnscope::backends::emulated_gpu
