// Choosing and ordering positions by value. Whole numbers are held in float32.
#include <algorithm>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/map_elements.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr int digit_bits = 8, digits = 1 << digit_bits;

__device__ inline unsigned lanes_below() { return (1u << (threadIdx.x % lanes_per_warp)) - 1; }

// --- sorting

// A stable sort of n positions by group, by one block: eight bits of the group at a time, from the lowest on. Each
// warp has a part of the positions in a row; which lanes of a warp share a digit they tell by votes, so that no two
// threads ever meet at one counter.
class BlockSort {
 public:
  // `counters`: shared memory [warps,digits].
  __device__ BlockSort(const float* group, std::int64_t n, int* counters) : group_(group), n_(n), counters_(counters) {
    const std::int64_t of_warp = (n + warps() - 1) / warps();
    first_ = min(n, warp() * of_warp);
    end_ = min(n, first_ + of_warp);
  }

  // `order` receives the position at each sorted place; `scratch` [n] loses what it holds. Ends with a barrier.
  __device__ void sort(float* order, float* scratch) const {
    const int passes = passes_needed();
    const float* from = nullptr;  // positions as they are
    for (int pass = 0; pass < passes; ++pass) {
      float* to = (passes - pass) % 2 == 1 ? order : scratch;
      count(from, pass * digit_bits);
      __syncthreads();
      counts_to_places();
      __syncthreads();
      move(from, to, pass * digit_bits);
      __syncthreads();
      from = to;
    }
  }

 private:
  __device__ static int warps() { return static_cast<int>(blockDim.x) / lanes_per_warp; }
  __device__ static int warp() { return static_cast<int>(threadIdx.x) / lanes_per_warp; }
  __device__ static int lane() { return static_cast<int>(threadIdx.x) % lanes_per_warp; }

  __device__ int passes_needed() const {
    float highest = 0;
    for (std::int64_t i = threadIdx.x; i < n_; i += blockDim.x) highest = max(highest, group_[i]);
    highest = block_maximum(highest, reinterpret_cast<float*>(counters_));
    int passes = 1;
    while (passes < 4 && static_cast<unsigned>(highest) >> (passes * digit_bits) != 0) ++passes;
    return passes;
  }

  // Calls visit(position, digit, lanes with the same digit) for the warp's part, 32 positions after 32; what is behind
  // its end has no lanes.
  template <class Visit>
  __device__ void for_each(const float* from, int shift, Visit visit) const {
    for (std::int64_t start = first_; start < end_; start += lanes_per_warp) {
      const std::int64_t i = start + lane();
      const bool exists = i < end_;
      float position = 0;
      unsigned digit = 0;
      if (exists) {
        position = from == nullptr ? static_cast<float>(i) : from[i];
        digit = static_cast<unsigned>(group_[static_cast<std::int64_t>(position)]) >> shift & (digits - 1);
      }
      unsigned same = __ballot_sync(whole_warp, exists);
      ATTNSCOPE_UNROLLED
      for (int bit = 0; bit < digit_bits; ++bit) {
        const unsigned votes = __ballot_sync(whole_warp, (digit >> bit & 1) != 0);
        same &= (digit >> bit & 1) != 0 ? votes : ~votes;
      }
      visit(position, digit, exists ? same : 0);
    }
  }

  __device__ void count(const float* from, int shift) const {
    int* own = counters_ + warp() * digits;
    for (int d = lane(); d < digits; d += lanes_per_warp) own[d] = 0;
    __syncwarp(whole_warp);
    for_each(from, shift, [&](float, unsigned digit, unsigned same) {
      if (same != 0 && (same & lanes_below()) == 0) own[digit] += __popc(same);
      __syncwarp(whole_warp);
    });
  }

  // counters[warp][d]: the first place of the warp's positions of digit d. The first warp goes through all digits.
  __device__ void counts_to_places() const {
    if (warp() != 0) return;
    int before = 0;  // positions of lower digits
    for (int d = lane(); d < digits; d += lanes_per_warp) {
      int total = 0;
      for (int w = 0; w < warps(); ++w) total += counters_[w * digits + d];
      int upto = total;
      for (int distance = 1; distance < lanes_per_warp; distance *= 2) {
        const int other = __shfl_up_sync(whole_warp, upto, static_cast<unsigned>(distance));
        if (lane() >= distance) upto += other;
      }
      int place = before + upto - total;
      for (int w = 0; w < warps(); ++w) {
        const int size = counters_[w * digits + d];
        counters_[w * digits + d] = place;
        place += size;
      }
      before += __shfl_sync(whole_warp, upto, lanes_per_warp - 1);
    }
  }

  __device__ void move(const float* from, float* to, int shift) const {
    int* own = counters_ + warp() * digits;
    for_each(from, shift, [&](float position, unsigned digit, unsigned same) {
      int place = 0;
      if (same != 0) place = own[digit] + __popc(same & lanes_below());
      __syncwarp(whole_warp);
      if (same != 0) {
        to[place] = position;
        if ((same & lanes_below()) == 0) own[digit] += __popc(same);
      }
      __syncwarp(whole_warp);
    });
  }

  const float* group_;
  std::int64_t n_, first_, end_;
  int* counters_;
};

// Warps of a block that sorts n positions: 64 of them each.
int threads_that_sort(std::int64_t n) {
  return static_cast<int>(std::clamp<std::int64_t>(ceiling_of_quotient(n, 64), 1, 32)) * lanes_per_warp;
}
LaunchSize size_of_sorts(std::int64_t heads, std::int64_t n) {
  const int threads = threads_that_sort(n);
  return {{heads}, threads, static_cast<std::size_t>(threads / lanes_per_warp * digits) * sizeof(int)};
}

// group, order, place and rank [heads,n], one head a block: order of (group, position), where each position went, and
// how many of its group stand before it.
__global__ void __launch_bounds__(1024, 1)
    sort_by_group_kernel(const float* group, float* order, float* place, float* rank, std::int64_t n) {
  ATTNSCOPE_SHARED(int, counters);
  const std::int64_t offset = blockIdx.x * n;
  group += offset, order += offset, place += offset, rank += offset;
  BlockSort(group, n, counters).sort(order, rank);
  // The place where a group starts, of the latest start up to each sorted place: a running maximum over places, 32 a
  // warp at a time, by one warp after the other.
  const int warps = static_cast<int>(blockDim.x) / lanes_per_warp,
            lane = static_cast<int>(threadIdx.x) % lanes_per_warp;
  const int warp = static_cast<int>(threadIdx.x) / lanes_per_warp;
  const std::int64_t of_warp = (n + warps - 1) / warps, first = min(n, warp * of_warp), end = min(n, first + of_warp);
  const auto group_at = [&](std::int64_t i) { return group[static_cast<std::int64_t>(order[i])]; };
  const auto starts = [&](std::int64_t i) { return i == 0 || group_at(i) != group_at(i - 1); };
  int latest = 0;
  for (std::int64_t i = first + lane; i < end; i += lanes_per_warp) {
    if (starts(i)) latest = static_cast<int>(i);
  }
  latest = warp_maximum(latest);
  if (lane == 0) counters[warp] = latest;
  __syncthreads();
  int start = 0;
  for (int w = 0; w < warp; ++w) start = max(start, counters[w]);
  for (std::int64_t base = first; base < end; base += lanes_per_warp) {
    const std::int64_t i = base + lane;
    int own = start;
    if (i < end && starts(i)) own = static_cast<int>(i);
    for (int distance = 1; distance < lanes_per_warp; distance *= 2) {
      own = max(own, __shfl_up_sync(whole_warp, own, static_cast<unsigned>(distance)));
    }
    if (i < end) {
      const auto position = static_cast<std::int64_t>(order[i]);
      place[position] = static_cast<float>(i);
      rank[position] = static_cast<float>(i - own);
    }
    start = __shfl_sync(whole_warp, own, lanes_per_warp - 1);
  }
}

__global__ void __launch_bounds__(1024, 1)
    order_by_group_kernel(const float* group, float* order, float* scratch, std::int64_t n) {
  ATTNSCOPE_SHARED(int, counters);
  const std::int64_t offset = blockIdx.x * n;
  BlockSort(group + offset, n, counters).sort(order + offset, scratch + offset);
}

// rank[h,i] = how many of the sorted keys of query i's group are at positions below i, or up to i. All [heads,n].
__global__ void rank_among_kernel(const float* query_group, const float* key_group, const float* order, float* rank,
                                  std::int64_t n, std::int64_t count, bool strict) {
  const std::int64_t number = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (number >= count) return;
  const float* keys = key_group + number / n * n;
  const float* sorted = order + number / n * n;
  const float group = query_group[number];
  // Places before the first key of (group, position) or behind it.
  const auto places_before = [&](std::int64_t position) {
    std::int64_t low = 0, high = n;
    while (low < high) {
      const std::int64_t middle = (low + high) / 2;
      const float key = sorted[middle], key_group = keys[static_cast<std::int64_t>(key)];
      if (key_group < group || (key_group == group && key < static_cast<float>(position))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  rank[number] = static_cast<float>(places_before(number % n + (strict ? 0 : 1)) - places_before(0));
}

struct FloorDivide {
  std::int64_t divisor;
  __device__ float operator()(float x) const { return static_cast<float>(static_cast<std::int64_t>(x) / divisor); }
};

}  // namespace

void sort_by_group(Device& device, const Tensor& group, const Tensor& order, const Tensor& place, const Tensor& rank) {
  const tensor::Shape& shape = group.shape();
  if (group.elements() == 0) return;
  launch(device, size_of_sorts(shape[0] * shape[1], shape[2]), sort_by_group_kernel, group.data<const float>(),
         order.data<float>(), place.data<float>(), rank.data<float>(), shape[2]);
}

void rank_among(Device& device, const ops::RankAmongArgs& args) {
  const std::int64_t count = args.rank.elements(), n = args.rank.shape()[2];
  if (count == 0) return;
  const float* keys = args.key_group.data<const float>();
  float* order = args.order.data<float>();
  launch(device, size_of_sorts(count / n, n), order_by_group_kernel, keys, order, args.rank.data<float>(), n);
  launch(device, one_thread_each(count), rank_among_kernel, args.query_group.data<const float>(), keys, order,
         args.rank.data<float>(), n, count, args.strict);
}

void floor_divide(Device& device, const Tensor& x, std::int64_t divisor, const Tensor& y) {
  map_elements(device, x.elements(), FloorDivide{divisor}, y.data<float>(), x.data<const float>());
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
