// Words about devices. Compiled with and without CUDA.
#include <cstdlib>
#include <fmt/format.h>

#include "suite/backends/cuda/discovery.h"

namespace attnscope::backends::gpu {

namespace {

// Of driver_types.h; discovery.cpp holds them against it.
constexpr int stub_library = 34, insufficient_driver = 35, no_device = 100;

}  // namespace

std::string cuda_version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

std::string DeviceFacts::text() const {
  return fmt::format("{}, compute capability {}.{}, {} multiprocessors, {:.1f} GiB", name, major, minor,
                     multiprocessors, static_cast<double>(memory_bytes) / (1 << 30));
}

std::string explain_no_device(int error, const std::string& name, const std::string& words, int runtime, int driver) {
  switch (error) {
    case insufficient_driver:
      if (driver == 0) return fmt::format("no NVIDIA driver: libcuda.so.1 is not there ({})", name);
      return fmt::format("the NVIDIA driver is too old: it knows CUDA {}, this attnscope needs {} ({})",
                         cuda_version_text(driver), cuda_version_text(runtime), name);
    case no_device: {
      const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
      const std::string limit =
          visible == nullptr ? "" : fmt::format("; CUDA_VISIBLE_DEVICES is '{}', which may hide some", visible);
      return fmt::format("there is an NVIDIA driver, but no GPU ({}){}", name, limit);
    }
    case stub_library:
      return fmt::format(
          "the loader found the toolkit's stub of libcuda.so.1, which serves linking only, instead of the driver's: "
          "take its folder out of LD_LIBRARY_PATH ({})",
          name);
    default:
      return fmt::format("{} ({})", words, name);
  }
}

}  // namespace attnscope::backends::gpu
