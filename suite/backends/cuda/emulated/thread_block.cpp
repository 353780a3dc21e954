#include "suite/backends/cuda/emulated/thread_block.h"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

#include "suite/backends/cuda/emulated/asynchronous_copy.h"
#include "suite/backends/cuda/emulated/shared_memory.h"

namespace attnscope::backends::emulated_gpu {

namespace {

constexpr unsigned most_threads = 1024, most_blocks_yz = 65535;
constexpr std::size_t most_shared_bytes = 227 << 10;  // of a block on compute capability 9.0

thread_local Schedule schedule_of_thread = Schedule::lowest_warp_first;

std::string place(const SourcePlace& where) { return fmt::format("{}:{}", where.file_name(), where.line()); }

thread_local std::optional<BarrierSite> forgotten_barrier;
thread_local std::set<std::tuple<const char*, unsigned, BarrierKind>> barriers_met;

// Whether this barrier is to be left out; it is noted in any case.
bool is_forgotten(const SourcePlace& where, BarrierKind kind) {
  static thread_local std::tuple<const char*, unsigned, BarrierKind> last;  // most calls are of the barrier before
  if (const std::tuple here(where.file_name(), static_cast<unsigned>(where.line()), kind);
      barriers_met.empty() || here != last) {
    barriers_met.insert(here);
    last = here;
  }
  return forgotten_barrier && forgotten_barrier->line == where.line() && forgotten_barrier->file == where.file_name();
}

}  // namespace

thread_local ThreadBlock* ThreadBlock::current_ = nullptr;

void set_schedule(Schedule schedule) { schedule_of_thread = schedule; }

void forget_barrier(std::optional<BarrierSite> site) { forgotten_barrier = std::move(site); }

std::set<BarrierSite> take_barriers_met() {
  std::set<BarrierSite> sites;
  for (const auto& [file, line, kind] : barriers_met) sites.insert({file, line, kind});
  barriers_met.clear();
  return sites;
}

void ThreadBlock::run_grid(Dimensions grid, Dimensions block, std::size_t shared_bytes,
                           const std::function<void()>& body) {
  if (block.count() == 0 || block.count() > most_threads || block.z > 64) {
    throw KernelError(fmt::format("launch: a block of {}x{}x{} threads; expected 1 to {}, z up to 64", block.x, block.y,
                                  block.z, most_threads));
  }
  if (grid.x == 0 || grid.x > 0x7fffffffu || grid.y == 0 || grid.y > most_blocks_yz || grid.z == 0 ||
      grid.z > most_blocks_yz) {
    throw KernelError(fmt::format("launch: a grid of {}x{}x{} blocks; expected at least 1, and y and z up to {}",
                                  grid.x, grid.y, grid.z, most_blocks_yz));
  }
  if (shared_bytes > most_shared_bytes) {
    throw KernelError(
        fmt::format("launch: {} bytes of shared memory; expected at most {}", shared_bytes, most_shared_bytes));
  }
  if (current_ != nullptr) throw KernelError("launch: from within a kernel");
  SharedMemory shared(shared_bytes);
  ThreadBlock emulated(grid, block, shared, body);
  current_ = &emulated;
  try {
    for (unsigned z = 0; z < grid.z; ++z) {
      for (unsigned y = 0; y < grid.y; ++y) {
        for (unsigned x = 0; x < grid.x; ++x) emulated.run({x, y, z});
      }
    }
  } catch (...) {
    emulated.threads_.clear();  // their stacks hold what the kernel had begun
    current_ = nullptr;
    throw;
  }
  current_ = nullptr;
}

namespace {

// Kept from launch to launch: a stack takes longer to map than most blocks to run.
template <class Thread>
std::vector<std::unique_ptr<Thread>>& kept_threads() {
  static thread_local std::vector<std::unique_ptr<Thread>> threads;
  return threads;
}

}  // namespace

ThreadBlock::ThreadBlock(Dimensions grid, Dimensions block, SharedMemory& shared, const std::function<void()>& body)
    : grid_(grid),
      block_(block),
      shared_(shared),
      shared_begin_(shared.data()),
      body_(body),
      threads_(kept_threads<Thread>()),
      warps_((block.count() + warp_size - 1) / warp_size),
      count_(block.count()) {
  while (threads_.size() < count_) threads_.push_back(std::make_unique<Thread>());
}

void ThreadBlock::run(Dimensions block_index) {
  block_index_ = block_index;
  shared_.make_fresh();
  start_threads();
  release_to_fibres(begin_);
  for (;;) {
    const bool ran = run_ready_threads();
    if (std::all_of(threads_.begin(), threads_.begin() + count_,
                    [](const auto& thread) { return thread->state == State::ended; })) {
      break;
    }
    const bool released_warps = release_warps();
    const bool released_block = release_block(), released_conditions = release_conditions();
    if (ran || released_warps || released_block || released_conditions) continue;
    if (!finish_transfer()) report_deadlock();
  }
  acquire_from_fibres(end_);
  require_nothing_open();
}

void ThreadBlock::start_threads() {
  for (unsigned i = 0; i < count_; ++i) {
    Thread& thread = *threads_[i];
    thread.number = i;
    thread.index = {i % block_.x, i / block_.x % block_.y, i / (block_.x * block_.y)};
    thread.state = State::ready;
    thread.copy_group = 0;
    thread.copies.clear();
    thread.work_group = 0;
    thread.may_work = false;
    thread.work.clear();
    thread.fibre.start(&run_body, this);
  }
}

void ThreadBlock::run_body(void* block) {
  auto& self = *static_cast<ThreadBlock*>(block);
  acquire_from_fibres(self.begin_);
  try {
    self.body_();
  } catch (const std::exception& error) {
    self.error_ = error.what();
  }
  release_to_fibres(self.end_);
}

ATTNSCOPE_SWITCHES_STACKS void ThreadBlock::run_thread(Thread& thread) {
  running_ = &thread;
  thread.fibre.resume();
  if (thread.fibre.has_ended()) thread.state = State::ended;
  if (error_.empty()) return;
  acquire_from_fibres(end_);
  throw KernelError(error_);
}

// Fair: every thread that is ready, once. Greedy: one warp, until it is not ready any more.
bool ThreadBlock::run_ready_threads() {
  const auto first = threads_.begin(), last = first + count_;
  const auto is_ready = [](const auto& thread) { return thread->state == State::ready; };
  unsigned from = 0, to = count_;
  if (schedule_of_thread != Schedule::fair) {
    const auto found = std::find_if(first, last, is_ready);
    if (found == last) return false;
    unsigned chosen = (*found)->number;
    if (schedule_of_thread == Schedule::highest_warp_first) {
      chosen = (*std::find_if(std::make_reverse_iterator(last), std::make_reverse_iterator(first), is_ready))->number;
    }
    from = chosen / warp_size * warp_size;
    to = std::min(count_, from + warp_size);
  }
  bool ran = false;
  for (unsigned i = from; i < to; ++i) {
    if (threads_[i]->state != State::ready) continue;
    ran = true;
    run_thread(*threads_[i]);
  }
  return ran;
}

// A warp's operation is complete when all its threads have come.
bool ThreadBlock::release_warps() {
  bool released = false;
  for (std::size_t w = 0; w < warps_.size(); ++w) {
    const auto first = threads_.begin() + static_cast<std::ptrdiff_t>(w * warp_size);
    const auto last = threads_.begin() + std::min<std::ptrdiff_t>(count_, static_cast<std::ptrdiff_t>((w + 1) * 32));
    const auto waits = [](const auto& thread) { return thread->state == State::in_warp_operation; };
    if (!std::all_of(first, last, waits)) continue;
    for (auto other = first + 1; other < last; ++other) {
      if ((*other)->where.line() != (*first)->where.line()) {
        throw KernelError(fmt::format("threads of one warp are in different operations: {} and {}",
                                      place((*first)->where), place((*other)->where)));
      }
    }
    std::for_each(first, last, [](const auto& thread) { thread->state = State::ready; });
    ++warps_[w].operations;
    released = true;
  }
  return released;
}

bool ThreadBlock::release_block() {
  const auto first = threads_.begin(), last = first + count_;
  const auto count_in = [&](State state) {
    return std::count_if(first, last, [state](const auto& thread) { return thread->state == state; });
  };
  const auto waiting = count_in(State::at_block_barrier), ended = count_in(State::ended);
  if (waiting == 0 || waiting + ended < static_cast<std::ptrdiff_t>(count_)) return false;
  const auto one = std::find_if(first, last, [](const auto& t) { return t->state == State::at_block_barrier; });
  if (ended > 0) {
    throw KernelError(
        fmt::format("{}: __syncthreads() after {} of {} threads have returned", place((*one)->where), ended, count_));
  }
  for (auto other = first; other < last; ++other) {
    if ((*other)->where.line() != (*one)->where.line()) {
      throw KernelError(fmt::format("threads of one block wait at different __syncthreads(): {} and {}",
                                    place((*one)->where), place((*other)->where)));
    }
  }
  std::for_each(first, last, [](const auto& thread) { thread->state = State::ready; });
  ++barriers_;
  return true;
}

bool ThreadBlock::release_conditions() {
  bool released = false;
  for (unsigned i = 0; i < count_; ++i) {
    Thread& thread = *threads_[i];
    if (thread.state != State::at_condition || !thread.condition()) continue;
    thread.state = State::ready;
    released = true;
  }
  return released;
}

// Nothing orders transfers among themselves: the last comes first.
bool ThreadBlock::finish_transfer() {
  if (transfers_.empty()) return false;
  acquire_from_fibres(transfer_order_);
  const auto arrive = std::move(transfers_.back());
  transfers_.pop_back();
  arrive();
  return true;
}

void ThreadBlock::require_nothing_open() const {
  if (!transfers_.empty()) throw KernelError("a block ended before a transfer to its shared memory did");
  for (unsigned i = 0; i < count_; ++i) {
    if (!threads_[i]->copies.empty()) throw KernelError("an asynchronous copy was never waited for");
    if (!threads_[i]->work.empty()) throw KernelError("an asynchronous product was never waited for");
  }
}

void ThreadBlock::report_deadlock() const {
  std::string text = "deadlock:";
  for (unsigned i = 0; i < count_ && text.size() < 400; ++i) {
    const Thread& thread = *threads_[i];
    if (thread.state == State::ended) continue;
    text += fmt::format(" thread {} {} at {};", i,
                        thread.state == State::at_block_barrier ? "waits for the block"
                        : thread.state == State::at_condition   ? "waits for what never comes"
                                                                : "waits for its warp",
                        place(thread.where));
  }
  throw KernelError(text);
}

ATTNSCOPE_SWITCHES_STACKS void ThreadBlock::wait(State state, void* order, SourcePlace where) {
  Thread& self = *running_;
  self.state = state;
  self.where = where;
  release_to_fibres(order);
  self.fibre.suspend();
  acquire_from_fibres(order);
}

void ThreadBlock::wait_for_block(SourcePlace where) {
  if (is_forgotten(where, BarrierKind::block)) return;
  wait(State::at_block_barrier, order_[barriers_ % 2], where);
}

void ThreadBlock::wait_for_warp(SourcePlace where) {
  Warp& warp = warp_of_running();
  wait(State::in_warp_operation, warp.order[warp.operations % 2], where);
}

void ThreadBlock::synchronize_warp(SourcePlace where) {
  if (!is_forgotten(where, BarrierKind::warp)) wait_for_warp(where);
}

unsigned ThreadBlock::lanes() const { return std::min(warp_size, count_ - running_->number / warp_size * warp_size); }

void ThreadBlock::copy_later(void* to, const void* from) {
  store_poison(to);
  running_->copies.push_back({to, from, running_->copy_group});
}

void ThreadBlock::wait_for_copies(unsigned groups_in_flight) {
  Thread& self = *running_;
  std::erase_if(self.copies, [&](const Copy& copy) {
    if (copy.group + groups_in_flight >= self.copy_group) return false;
    store_copy(copy.to, copy.from);
    return true;
  });
}

void ThreadBlock::wait_until(std::function<bool()> holds, void* order, SourcePlace where) {
  if (is_forgotten(where, BarrierKind::condition)) return;
  running_->condition = std::move(holds);
  wait(State::at_condition, order, where);
}

void ThreadBlock::transfer_later(std::function<void()> arrive) {
  if (schedule_of_thread == Schedule::lowest_warp_first) {
    transfers_.push_back(std::move(arrive));
    release_to_fibres(transfer_order_);
  } else {
    arrive();
  }
}

void ThreadBlock::work_later(const void* result, std::function<void()> work) {
  if (!running_->may_work) throw KernelError("products without begin_products() since the last wait");
  running_->work.push_back({result, std::move(work), running_->work_group});
}

bool ThreadBlock::is_working_on(const void* result) const {
  return std::ranges::any_of(running_->work, [&](const Work& work) { return work.result == result; });
}

void ThreadBlock::wait_for_work(unsigned groups_in_flight) {
  Thread& self = *running_;
  self.may_work = false;
  std::erase_if(self.work, [&](const Work& work) {
    if (work.group + groups_in_flight >= self.work_group) return false;
    work.run();
    return true;
  });
}

namespace {

// Where shared memory begins, in the numbers that instructions have for its places. No kernel may count on more than
// the 16 bytes that it is aligned to.
constexpr std::uint32_t first_shared_address = 16;

}  // namespace

std::uint32_t ThreadBlock::shared_address(const void* place) const {
  const auto offset = static_cast<const unsigned char*>(place) - shared_.data();
  if (offset < 0 || offset > static_cast<std::ptrdiff_t>(shared_.bytes())) {
    throw KernelError("an address that is not in shared memory");
  }
  return first_shared_address + static_cast<std::uint32_t>(offset);
}

void* ThreadBlock::shared_place(std::uint32_t address, std::size_t bytes) const {
  if (address < first_shared_address || address - first_shared_address + bytes > shared_.bytes()) {
    throw KernelError(fmt::format("{} bytes at {} of shared memory, which has {}", bytes, address, shared_.bytes()));
  }
  return shared_.data() + (address - first_shared_address);
}

}  // namespace attnscope::backends::emulated_gpu
