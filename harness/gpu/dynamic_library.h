// A shared library opened at run time, so that one program starts on machines with and without it.
#pragma once

#include <string>

#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

class DynamicLibrary {
 public:
  // Whether libraries opened later may find this one's symbols.
  enum class Visibility { own, everyone };

  // `file` is a path, or a bare name that the loader looks up on its own path. The reason is the loader's.
  static Result<DynamicLibrary> open(const std::string& file, Visibility visibility = Visibility::own);

  DynamicLibrary(DynamicLibrary&& other) noexcept;
  DynamicLibrary& operator=(DynamicLibrary&& other) noexcept;
  ~DynamicLibrary();

  // Null when the library has no such function. The type is the caller's promise.
  template <typename Function>
  Function function(const char* name) const {
    return reinterpret_cast<Function>(symbol(name));
  }

  // The file that the loader took.
  std::string path() const;

  // Leaves the library open for the rest of the process: for one that runs threads or whose functions are given away.
  void keep_open() && { handle_ = nullptr; }

 private:
  explicit DynamicLibrary(void* handle) : handle_(handle) {}
  void* symbol(const char* name) const;

  void* handle_;
};

}  // namespace attnscope::harness::gpu
