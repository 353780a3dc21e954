// A CUDA grid on the CPU: its blocks run one after the other, and in a block every CUDA thread is a fibre.
//
// - Barriers of the block and operations of a warp are real: a thread waits until all that must come have come. Threads
//   that wait at different places, come too late or never are errors that say where.
// - Shared memory is fresh for each block, exactly as large as asked for and filled with NaN.
// - Asynchronous copies make their destination NaN at once and write it when it is waited for: reading too early shows.
//   So do transfers of whole tiles, which nobody in particular waits for: under one greedy order they arrive at once,
//   as early as can be, and under the other when no thread can go on without them, as late as can be.
// - In which order threads go on is a choice. The greedy orders run one warp as far as it gets before any other moves:
//   they show missing barriers that fair orders hide.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "suite/backends/cuda/emulated/fibre.h"
#include "suite/backends/cuda/emulated/source_place.h"

namespace attnscope::backends::emulated_gpu {

class SharedMemory;

struct Dimensions {
  unsigned x = 1, y = 1, z = 1;
  constexpr unsigned count() const { return x * y * z; }
};

enum class Schedule { fair, lowest_warp_first, highest_warp_first };
// Of launches from this thread.
void set_schedule(Schedule schedule);

// Where kernels wait: at a barrier of a warp, of the block, or for a condition (see warpgroup.h).
enum class BarrierKind { warp, block, condition };
struct BarrierSite {
  std::string file;
  unsigned line;
  BarrierKind kind;
  auto operator<=>(const BarrierSite&) const = default;
};
// Kernels run as if this barrier had been forgotten: what tests of tests are made of. nullopt: none.
void forget_barrier(std::optional<BarrierSite> site);
// The barriers that launches from this thread have met since the last call.
std::set<BarrierSite> take_barriers_met();

// A kernel that does what no GPU allows, or that would hang.
struct KernelError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline constexpr unsigned warp_size = 32;

class ThreadBlock {
 public:
  // Runs body once for each thread of each block. Throws KernelError, also for sizes that no GPU of compute capability
  // 8.0 or 9.0 accepts.
  static void run_grid(Dimensions grid, Dimensions block, std::size_t shared_bytes, const std::function<void()>& body);

  // --- called by the threads of the block that runs
  static ThreadBlock& current() { return *current_; }
  const Dimensions& grid_size() const { return grid_; }
  const Dimensions& block_size() const { return block_; }
  const Dimensions& block_index() const { return block_index_; }
  const Dimensions& thread_index() const { return running_->index; }
  void* shared_memory() { return shared_begin_; }

  void wait_for_block(SourcePlace where);
  // Nothing is handed over: a barrier alone.
  void synchronize_warp(SourcePlace where);
  void wait_for_warp(SourcePlace where);
  // Hands `mine` to the whole warp; theirs(lane) reads what another lane handed over, until the next operation of the
  // warp. All lanes must take part.
  template <class T>
  void exchange(const T& mine, SourcePlace where) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= slot_bytes);
    std::memcpy(slot(lane()), &mine, sizeof mine);
    wait_for_warp(where);
  }
  template <class T>
  T theirs(unsigned lane) {
    T value;
    std::memcpy(&value, last_slot(lane), sizeof value);
    return value;
  }
  unsigned lane() const { return running_->number % warp_size; }
  unsigned lanes() const;  // of this warp

  // 16 bytes from `from`, or zeros, to `to` at the wait for the group that is open now.
  void copy_later(void* to, const void* from);
  void commit_copies() { ++running_->copy_group; }
  void wait_for_copies(unsigned groups_in_flight);

  // --- what warpgroup.h is made of
  // Goes on when `holds` does; what other threads did before they released `order` has happened then.
  void wait_until(std::function<bool()> holds, void* order, SourcePlace where);
  // A transfer that no thread carries out: `arrive` is called once, whenever the schedule says.
  void transfer_later(std::function<void()> arrive);
  // Work of this thread's on `result` in the group that is open now, done when the thread waits for it. Needs
  // begin_work() since the last wait.
  void begin_work() { running_->may_work = true; }
  void work_later(const void* result, std::function<void()> work);
  bool is_working_on(const void* result) const;
  void commit_work() { ++running_->work_group; }
  void wait_for_work(unsigned groups_in_flight);
  // A number for a place in shared memory, as instructions have it, and back. Throws KernelError beyond its end.
  std::uint32_t shared_address(const void* place) const;
  void* shared_place(std::uint32_t address, std::size_t bytes) const;

 private:
  enum class State : std::uint8_t { ready, at_block_barrier, in_warp_operation, at_condition, ended };
  struct Copy {
    void* to;
    const void* from;
    unsigned group;
  };
  struct Work {
    const void* result;
    std::function<void()> run;
    unsigned group;
  };
  struct Thread {
    Fibre fibre;
    State state = State::ended;
    Dimensions index;
    unsigned number = 0;
    SourcePlace where;
    unsigned copy_group = 0;
    std::vector<Copy> copies;
    unsigned work_group = 0;
    bool may_work = false;
    std::vector<Work> work;
    std::function<bool()> condition;
  };
  static constexpr std::size_t slot_bytes = 32;
  // Slots and synchronisation objects are used in turn, so that one operation is over before its own are used again.
  struct Warp {
    alignas(16) unsigned char slots[2][warp_size][slot_bytes];
    unsigned operations = 0;
    alignas(8) char order[2][8] = {};
  };

  ThreadBlock(Dimensions grid, Dimensions block, SharedMemory& shared, const std::function<void()>& body);
  void run(Dimensions block_index);
  void start_threads();
  bool run_ready_threads();
  void run_thread(Thread& thread);
  bool release_warps();
  bool release_block();
  bool release_conditions();
  bool finish_transfer();
  void require_nothing_open() const;
  [[noreturn]] void report_deadlock() const;
  static void run_body(void* block);
  void wait(State state, void* order, SourcePlace where);
  Warp& warp_of_running() { return warps_[running_->number / warp_size]; }
  unsigned char* slot(unsigned lane) { return warp_of_running().slots[warp_of_running().operations % 2][lane]; }
  unsigned char* last_slot(unsigned lane) {
    return warp_of_running().slots[(warp_of_running().operations + 1) % 2][lane];
  }

  static thread_local ThreadBlock* current_;
  Dimensions grid_, block_, block_index_;
  SharedMemory& shared_;
  void* shared_begin_;
  const std::function<void()>& body_;
  std::vector<std::unique_ptr<Thread>>& threads_;
  std::vector<Warp> warps_;
  std::vector<std::function<void()>> transfers_;  // under way
  Thread* running_ = nullptr;
  unsigned count_, barriers_ = 0;
  std::string error_;
  alignas(8) char order_[2][8] = {}, begin_[8] = {}, end_[8] = {}, transfer_order_[8] = {};
};

}  // namespace attnscope::backends::emulated_gpu
