#include "harness/gpu/dynamic_library.h"

#include <dlfcn.h>
#include <link.h>
#include <utility>

namespace attnscope::harness::gpu {

Result<DynamicLibrary> DynamicLibrary::open(const std::string& file, Visibility visibility) {
  void* handle = dlopen(file.c_str(), RTLD_NOW | (visibility == Visibility::everyone ? RTLD_GLOBAL : RTLD_LOCAL));
  if (handle == nullptr) {
    const char* reason = dlerror();
    return Unavailable{reason != nullptr ? reason : file + " cannot be opened"};
  }
  return DynamicLibrary(handle);
}

DynamicLibrary::DynamicLibrary(DynamicLibrary&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

DynamicLibrary& DynamicLibrary::operator=(DynamicLibrary&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

DynamicLibrary::~DynamicLibrary() {
  if (handle_ != nullptr) dlclose(handle_);
}

void* DynamicLibrary::symbol(const char* name) const { return dlsym(handle_, name); }

std::string DynamicLibrary::path() const {
  const link_map* map = nullptr;
  if (dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr) return "";
  return map->l_name;
}

}  // namespace attnscope::harness::gpu
