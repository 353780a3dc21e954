#include "suite/backends/cuda/emulated/fibre.h"

#include <cstdint>
#include <cstdlib>
#include <new>
#include <sys/mman.h>

#include "suite/backends/cuda/emulated/red_zone.h"

#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
#include <sanitizer/common_interface_defs.h>
#elif defined(ATTNSCOPE_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace attnscope::backends::emulated_gpu {

namespace {

constexpr std::size_t stack_bytes = 256 << 10;  // of address space: pages come when they are touched

}  // namespace

#if defined(__x86_64__)
// A context is a stack pointer; the registers that a call preserves lie on the stack. The standard library's contexts
// ask the kernel for the signal mask at every switch, which takes ten times as long.
using Context = void*;
extern "C" void attnscope_switch_stack(Context* from, Context to);
asm(R"(
.text
.globl attnscope_switch_stack
.hidden attnscope_switch_stack
.type attnscope_switch_stack,@function
attnscope_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp,(%rdi)
  movq %rsi,%rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size attnscope_switch_stack,.-attnscope_switch_stack
)");
inline void switch_context(Context& from, const Context& to) { attnscope_switch_stack(&from, to); }
#else
using Context = ucontext_t;
inline void switch_context(Context& from, Context& to) { swapcontext(&from, &to); }
#endif

struct Fibre::Stacks {
  char* stack = nullptr;
  Context own{}, resumer{};
#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
  void* fake_stack = nullptr;
  const void* resumer_stack = nullptr;
  std::size_t resumer_bytes = 0;
#elif defined(ATTNSCOPE_THREAD_SANITIZER)
  void* own_thread = nullptr;
  void* resumer_thread = nullptr;
#endif
};

#if defined(__x86_64__)
namespace {
thread_local Fibre* entering = nullptr;  // the fibre whose first piece is about to run
}
#endif

Fibre::Fibre() : stacks_(new Stacks) {
  void* memory = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  stacks_->stack = static_cast<char*>(memory);
#if defined(ATTNSCOPE_THREAD_SANITIZER)
  // For all that this fibre ever runs: to make one takes longer than most bodies.
  stacks_->own_thread = __tsan_create_fiber(0);
#endif
}

Fibre::~Fibre() {
#if defined(ATTNSCOPE_THREAD_SANITIZER)
  __tsan_destroy_fiber(stacks_->own_thread);
#endif
  allow(stacks_->stack, stack_bytes);  // what a body that never ended has left there
  munmap(stacks_->stack, stack_bytes);
  delete stacks_;
}

ATTNSCOPE_SWITCHES_STACKS void Fibre::enter(Fibre* fibre) {
  Stacks& s = *fibre->stacks_;
#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
  __sanitizer_finish_switch_fiber(nullptr, &s.resumer_stack, &s.resumer_bytes);
#endif
  fibre->body_(fibre->argument_);
  fibre->ended_ = true;
#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
  __sanitizer_start_switch_fiber(nullptr, s.resumer_stack, s.resumer_bytes);
#elif defined(ATTNSCOPE_THREAD_SANITIZER)
  __tsan_switch_to_fiber(s.resumer_thread, __tsan_switch_to_fiber_no_sync);
#endif
  switch_context(s.own, s.resumer);
  std::abort();  // nobody resumes a fibre that has ended
}

void Fibre::start(void (*body)(void*), void* argument) {
  body_ = body;
  argument_ = argument;
  ended_ = false;
  Stacks& s = *stacks_;
#if defined(__x86_64__)
  // What attnscope_switch_stack pops: six registers and the address to go to, so that the stack is then aligned as at
  // the entry of a function.
  auto* top = reinterpret_cast<std::uint64_t*>(s.stack + stack_bytes) - 2;
  *--top = 0;  // the entry returns nowhere
  *--top = reinterpret_cast<std::uint64_t>(+[] { enter(entering); });
  for (int i = 0; i < 6; ++i) *--top = 0;
  s.own = top;
#else
  getcontext(&s.own);
  s.own.uc_stack.ss_sp = s.stack;
  s.own.uc_stack.ss_size = stack_bytes;
  s.own.uc_link = nullptr;
  // makecontext passes ints: the pointer goes in two halves.
  const auto address = reinterpret_cast<std::uint64_t>(this);
  makecontext(&s.own, reinterpret_cast<void (*)()>(+[](unsigned high, unsigned low) {
    enter(reinterpret_cast<Fibre*>(static_cast<std::uint64_t>(high) << 32 | low));
  }),
              2, static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
#endif
#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
  s.fake_stack = nullptr;
#endif
}

ATTNSCOPE_SWITCHES_STACKS void Fibre::resume() {
  Stacks& s = *stacks_;
#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
  void* resumer_fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&resumer_fake_stack, s.stack, stack_bytes);
#elif defined(ATTNSCOPE_THREAD_SANITIZER)
  s.resumer_thread = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(s.own_thread, __tsan_switch_to_fiber_no_sync);
#endif
#if defined(__x86_64__)
  entering = this;
#endif
  switch_context(s.resumer, s.own);
#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
  __sanitizer_finish_switch_fiber(resumer_fake_stack, nullptr, nullptr);
#endif
}

ATTNSCOPE_SWITCHES_STACKS void Fibre::suspend() {
  Stacks& s = *stacks_;
#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
  __sanitizer_start_switch_fiber(&s.fake_stack, s.resumer_stack, s.resumer_bytes);
#elif defined(ATTNSCOPE_THREAD_SANITIZER)
  __tsan_switch_to_fiber(s.resumer_thread, __tsan_switch_to_fiber_no_sync);
#endif
  switch_context(s.own, s.resumer);
#if defined(ATTNSCOPE_ADDRESS_SANITIZER)
  __sanitizer_finish_switch_fiber(s.fake_stack, &s.resumer_stack, &s.resumer_bytes);
#endif
}

#if defined(ATTNSCOPE_THREAD_SANITIZER)
void release_to_fibres(void* object) { __tsan_release(object); }
void acquire_from_fibres(void* object) { __tsan_acquire(object); }
#else
void release_to_fibres(void*) {}
void acquire_from_fibres(void*) {}
#endif

}  // namespace attnscope::backends::emulated_gpu
