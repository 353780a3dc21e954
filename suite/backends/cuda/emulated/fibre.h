// A thread of execution on a stack of its own, run piece by piece by whoever resumes it: one CUDA thread of an emulated
// thread block.
//
// Sanitizers are told of every switch. ThreadSanitizer takes fibres for threads that nothing orders but what
// synchronisation says, and so finds races between CUDA threads.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define ATTNSCOPE_ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define ATTNSCOPE_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ATTNSCOPE_ADDRESS_SANITIZER 1
#elif __has_feature(thread_sanitizer)
#define ATTNSCOPE_THREAD_SANITIZER 1
#endif
#endif

// A function that leaves on another stack than it came on: ThreadSanitizer must not count its calls.
#ifdef ATTNSCOPE_THREAD_SANITIZER
#define ATTNSCOPE_SWITCHES_STACKS __attribute__((no_sanitize("thread"), noinline))
#else
#define ATTNSCOPE_SWITCHES_STACKS
#endif

namespace attnscope::backends::emulated_gpu {

class Fibre {
 public:
  Fibre();
  ~Fibre();
  Fibre(const Fibre&) = delete;
  Fibre& operator=(const Fibre&) = delete;

  // The next resume() calls body(argument) from its start. It must not throw, and end by returning.
  void start(void (*body)(void*), void* argument);
  // Runs the body until it suspends itself or ends. Not from within a fibre.
  void resume();
  // From within the body: back to resume().
  void suspend();
  bool has_ended() const { return ended_; }

 private:
  struct Stacks;  // where the body and whoever resumed it stand
  static void enter(Fibre* fibre);

  Stacks* stacks_;
  void (*body_)(void*) = nullptr;
  void* argument_ = nullptr;
  bool ended_ = true;
};

// What happened before release(object) on one fibre happened before what follows acquire(object) on another. Nothing
// without ThreadSanitizer.
void release_to_fibres(void* object);
void acquire_from_fibres(void* object);

}  // namespace attnscope::backends::emulated_gpu
