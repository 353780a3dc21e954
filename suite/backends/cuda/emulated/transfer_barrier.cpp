// Barriers of transfers. To ThreadSanitizer, which is not shown this file, they are what orders threads, like those of
// thread_block.cpp.
#include <bit>
#include <cstdint>

#include "suite/backends/cuda/warpgroup.h"

namespace attnscope::backends::emulated_gpu {

namespace {

// What the 64 bits of a TransferBarrier are here. Arrivals fit in a byte: a block has at most 32 warps.
struct BarrierState {
  std::int32_t bytes = 0;  // under way
  std::uint8_t arrivals = 0, missing = 0, phase = 0, is_ready = 0;
};

BarrierState state_of(const TransferBarrier& barrier) {
  const auto state = std::bit_cast<BarrierState>(barrier);
  if (state.is_ready != 1) throw KernelError("a barrier of transfers that was not made ready");
  return state;
}

void end_phase_if_complete(TransferBarrier& barrier, BarrierState state) {
  if (state.missing == 0 && state.bytes == 0) {
    state.missing = state.arrivals;
    state.phase ^= 1;
  }
  barrier = std::bit_cast<TransferBarrier>(state);
}

}  // namespace

void make_ready(TransferBarrier& barrier, int arrivals) {
  BarrierState state;
  state.arrivals = state.missing = static_cast<std::uint8_t>(arrivals);
  state.is_ready = 1;
  barrier = std::bit_cast<TransferBarrier>(state);
}

void arrive(TransferBarrier& barrier) { arrive_expecting(barrier, 0); }

void arrive_expecting(TransferBarrier& barrier, int bytes) {
  BarrierState state = state_of(barrier);
  if (state.missing == 0) throw KernelError("more threads arrive at a barrier than end its phase");
  state.bytes += bytes;
  --state.missing;
  release_to_fibres(&barrier);
  end_phase_if_complete(barrier, state);
}

void complete_transfer(TransferBarrier& barrier, int bytes) {
  BarrierState state = state_of(barrier);
  state.bytes -= bytes;
  release_to_fibres(&barrier);
  end_phase_if_complete(barrier, state);
}

void wait_for_phase(TransferBarrier& barrier, unsigned parity, SourcePlace where) {
  ThreadBlock::current().wait_until(
      [&barrier, parity] { return state_of(barrier).phase != static_cast<std::uint8_t>(parity); }, &barrier, where);
}

}  // namespace attnscope::backends::emulated_gpu
