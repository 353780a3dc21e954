#include "harness/measure/cache_state.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstddef>
#include <memory>
#include <new>
#include <sys/mman.h>

#include "harness/device/cpu.h"

namespace attnscope::harness::measure {

namespace {

constexpr std::size_t line = 64;
constexpr std::size_t times_larger = 3;

// "0-3,8" -> 5
int count_of_list(const std::string& list) {
  int count = 0;
  for (std::size_t begin = 0; begin < list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    const std::string part = list.substr(begin, end - begin);
    const auto dash = part.find('-');
    count += dash == std::string::npos ? 1 : std::stoi(part.substr(dash + 1)) - std::stoi(part) + 1;
    begin = end + 1;
  }
  return std::max(count, 1);
}

// What one thread writes: its share of the last-level cache that it has in common with its neighbours.
std::size_t bytes_per_thread(int threads) {
  int sharers = 1, level = 0;
  for (const device::Cache& cache : device::read_cpu().caches) {
    if (cache.level < level || cache.type == "Instruction") continue;
    level = cache.level;
    sharers = count_of_list(cache.shared_by);
  }
  const auto bytes = times_larger * static_cast<std::size_t>(device::last_level_cache_bytes()) /
                     static_cast<std::size_t>(std::min(threads, sharers));
  return bytes / line * line;
}

class Pages {
 public:
  explicit Pages(std::size_t bytes) : bytes_(bytes) {
    void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address == MAP_FAILED) throw std::bad_alloc();
    madvise(address, bytes, MADV_NOHUGEPAGE);
    data_ = static_cast<unsigned char*>(address);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(data_, bytes_); }
  unsigned char* data() { return data_; }

 private:
  unsigned char* data_ = nullptr;
  std::size_t bytes_;
};

}  // namespace

std::function<void()> cache_thrasher(int threads) {
  const std::size_t share = bytes_per_thread(threads);
  auto pages = std::make_shared<Pages>(share * static_cast<std::size_t>(threads));
  return [pages, share, threads] {
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int thread = 0; thread < threads; ++thread) {
      unsigned char* data = pages->data() + share * static_cast<std::size_t>(thread);
      for (std::size_t i = 0; i < share; i += line) ++data[i];
    }
    benchmark::ClobberMemory();
  };
}

}  // namespace attnscope::harness::measure
