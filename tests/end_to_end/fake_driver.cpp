// A libcuda.so.1 of a machine whose driver finds no GPU, as far as the CUDA runtime asks before it gives up.
#include <cstring>

namespace {

constexpr int no_device = 100;  // CUDA_ERROR_NO_DEVICE

int refuse() { return no_device; }

}  // namespace

extern "C" {

int cuInit(unsigned) { return no_device; }

int cuDriverGetVersion(int* version) {
  *version = 13000;
  return 0;
}

int cuGetProcAddress_v2(const char* name, void** function, int, unsigned long long, int* status) {
  if (std::strcmp(name, "cuInit") == 0) {
    *function = reinterpret_cast<void*>(&cuInit);
  } else if (std::strcmp(name, "cuDriverGetVersion") == 0) {
    *function = reinterpret_cast<void*>(&cuDriverGetVersion);
  } else if (std::strcmp(name, "cuGetProcAddress") == 0) {
    *function = reinterpret_cast<void*>(&cuGetProcAddress_v2);
  } else {
    *function = reinterpret_cast<void*>(&refuse);
  }
  if (status != nullptr) *status = 0;
  return 0;
}

int cuGetProcAddress(const char* name, void** function, int version, unsigned long long flags) {
  return cuGetProcAddress_v2(name, function, version, flags, nullptr);
}

}  // extern "C"
