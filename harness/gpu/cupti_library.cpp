#include "harness/gpu/cupti_library.h"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>

#include "harness/gpu/profiler.h"

namespace attnscope::harness::gpu {

namespace {

constexpr std::uint32_t major_version(std::uint32_t version) { return version / 10000; }

// libcupti opens its parts with RTLD_DEEPBIND, at which AddressSanitizer ends the program.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool address_sanitizer = true;
#elif defined(__has_feature)
constexpr bool address_sanitizer = __has_feature(address_sanitizer);
#else
constexpr bool address_sanitizer = false;
#endif

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

constexpr bool equals(CuptiStatus status, CUptiResult result) { return static_cast<int>(status) == result; }
static_assert(equals(CuptiStatus::success, CUPTI_SUCCESS));
static_assert(equals(CuptiStatus::invalid_parameter, CUPTI_ERROR_INVALID_PARAMETER));
static_assert(equals(CuptiStatus::invalid_context, CUPTI_ERROR_INVALID_CONTEXT));
static_assert(equals(CuptiStatus::invalid_operation, CUPTI_ERROR_INVALID_OPERATION));
static_assert(equals(CuptiStatus::out_of_memory, CUPTI_ERROR_OUT_OF_MEMORY));
static_assert(equals(CuptiStatus::not_initialized, CUPTI_ERROR_NOT_INITIALIZED));
static_assert(equals(CuptiStatus::invalid_metric_name, CUPTI_ERROR_INVALID_METRIC_NAME));
static_assert(equals(CuptiStatus::hardware_busy, CUPTI_ERROR_HARDWARE_BUSY));
static_assert(equals(CuptiStatus::not_supported, CUPTI_ERROR_NOT_SUPPORTED));
static_assert(equals(CuptiStatus::virtualized_device_not_supported, CUPTI_ERROR_VIRTUALIZED_DEVICE_NOT_SUPPORTED));
static_assert(equals(CuptiStatus::insufficient_privileges, CUPTI_ERROR_INSUFFICIENT_PRIVILEGES));
static_assert(equals(CuptiStatus::legacy_profiler_not_supported, CUPTI_ERROR_LEGACY_PROFILER_NOT_SUPPORTED));
static_assert(equals(CuptiStatus::multiple_subscribers, CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED));
static_assert(equals(CuptiStatus::virtualized_device_insufficient_privileges,
                     CUPTI_ERROR_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES));
static_assert(equals(CuptiStatus::confidential_computing, CUPTI_ERROR_CONFIDENTIAL_COMPUTING_NOT_SUPPORTED));
static_assert(equals(CuptiStatus::crypto_mining_device, CUPTI_ERROR_CMP_DEVICE_NOT_SUPPORTED));
static_assert(equals(CuptiStatus::multi_instance_device, CUPTI_ERROR_MIG_DEVICE_NOT_SUPPORTED));
static_assert(equals(CuptiStatus::sli_device, CUPTI_ERROR_SLI_DEVICE_NOT_SUPPORTED));
static_assert(equals(CuptiStatus::wsl_device, CUPTI_ERROR_WSL_DEVICE_NOT_SUPPORTED));
static_assert(equals(CuptiStatus::invalid_chip_name, CUPTI_ERROR_INVALID_CHIP_NAME));
static_assert(equals(CuptiStatus::unknown, CUPTI_ERROR_UNKNOWN));

// libcupti opens libnvperf_host.so by its bare name when counters are first asked for, and answers NOT_INITIALIZED when
// that is not on the loader's path. One that is open already is found by its name, so the one beside libcupti goes
// first.
void open_counter_library_beside(const std::string& cupti) {
  const std::filesystem::path file = std::filesystem::path(cupti).parent_path() / "libnvperf_host.so";
  auto library = DynamicLibrary::open(file.string(), DynamicLibrary::Visibility::everyone);
  if (library) std::move(*library).keep_open();
}

}  // namespace

std::vector<std::string> cupti_candidates(const std::string& named, const std::string& cuda_home,
                                          const std::string& cuda_path) {
  if (!named.empty()) return {named};
  const std::string library = fmt::format("libcupti.so.{}", major_version(CUPTI_API_VERSION));
  std::vector<std::string> candidates{library};
  for (const std::string& toolkit : {cuda_home, cuda_path, std::string("/usr/local/cuda")}) {
    if (toolkit.empty()) continue;
    for (const char* folder : {"lib64", "extras/CUPTI/lib64", "lib"}) {
      candidates.push_back(fmt::format("{}/{}/{}", toolkit, folder, library));
    }
  }
  return candidates;
}

Result<CuptiLibrary> CuptiLibrary::open(const std::string& file) {
  auto library = DynamicLibrary::open(file);
  if (!library) return library.unavailable();
  CuptiLibrary cupti;
  cupti.path = library->path();
  std::string missing;
#define ATTNSCOPE_CUPTI_LOAD(name)                                       \
  cupti.name.call = library->function<decltype(cupti.name.call)>(#name); \
  if (cupti.name.call == nullptr && missing.empty()) missing = #name;
  ATTNSCOPE_CUPTI_FUNCTIONS(ATTNSCOPE_CUPTI_LOAD)
#undef ATTNSCOPE_CUPTI_LOAD
  if (!missing.empty()) return Unavailable{fmt::format("{} has no {}", cupti.path, missing)};
  if (const auto failed = cupti.cuptiGetVersion(&cupti.version)) return *failed;
  if (major_version(cupti.version) != major_version(CUPTI_API_VERSION)) {
    return Unavailable{fmt::format("{} is of CUDA {}, but CUDA {} was built for", cupti.path,
                                   major_version(cupti.version), major_version(CUPTI_API_VERSION))};
  }
  open_counter_library_beside(cupti.path);
  std::move(*library).keep_open();
  return cupti;
}

const Result<CuptiLibrary>& CuptiLibrary::get() {
  static const Result<CuptiLibrary> library = [] {
    if (address_sanitizer) return Result<CuptiLibrary>(Unavailable{"no libcupti under AddressSanitizer"});
    std::string reasons;
    for (const std::string& candidate :
         cupti_candidates(environment("ATTNSCOPE_CUPTI_LIBRARY"), environment("CUDA_HOME"), environment("CUDA_PATH"))) {
      auto opened = open(candidate);
      if (opened) return opened;
      reasons += (reasons.empty() ? "" : "; ") + opened.reason();
    }
    return Result<CuptiLibrary>(Unavailable{fmt::format(
        "no libcupti ({}); set CUDA_HOME to the toolkit, or ATTNSCOPE_CUPTI_LIBRARY to the file", reasons)});
  }();
  return library;
}

Result<Profiler> find_profiler() {
  const Result<CuptiLibrary>& cupti = CuptiLibrary::get();
  if (!cupti) return cupti.unavailable();
  const std::uint32_t version = cupti->version;
  return Profiler{cupti->path, fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100)};
}

}  // namespace attnscope::harness::gpu
