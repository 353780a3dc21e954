#include "harness/gpu/cupti_status.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace attnscope::harness::gpu {

namespace {

struct Explanation {
  CuptiStatus status;
  std::string_view name, text;
};

constexpr std::string_view administrators_only =
    "this user may not read the GPU's performance counters; run as root, with CAP_SYS_ADMIN or (driver 565 and later) "
    "with CAP_PERFMON, or load the nvidia module with NVreg_RestrictProfilingToAdminUsers=0 "
    "(https://developer.nvidia.com/ERR_NVGPUCTRPERM)";

constexpr std::array explanations{
    Explanation{CuptiStatus::success, "CUPTI_SUCCESS", "no error"},
    Explanation{CuptiStatus::invalid_parameter, "CUPTI_ERROR_INVALID_PARAMETER",
                "a parameter is invalid, or the chip has no such metric"},
    Explanation{CuptiStatus::invalid_context, "CUPTI_ERROR_INVALID_CONTEXT",
                "there is no current CUDA context; use the device before profiling it"},
    Explanation{CuptiStatus::invalid_operation, "CUPTI_ERROR_INVALID_OPERATION",
                "the call came out of order, or another profiling session is open in this process"},
    Explanation{CuptiStatus::out_of_memory, "CUPTI_ERROR_OUT_OF_MEMORY",
                "no memory left for the profiler; it needs some of the device's memory, too"},
    Explanation{
        CuptiStatus::not_initialized, "CUPTI_ERROR_NOT_INITIALIZED",
        "CUPTI cannot start: no driver, a driver older than libcupti, or no libnvperf_host.so beside libcupti or "
        "on the loader's path"},
    Explanation{CuptiStatus::invalid_metric_name, "CUPTI_ERROR_INVALID_METRIC_NAME", "the chip has no such metric"},
    Explanation{CuptiStatus::hardware_busy, "CUPTI_ERROR_HARDWARE_BUSY",
                "another program holds the GPU's counters; stop other profilers and monitors such as DCGM"},
    Explanation{CuptiStatus::not_supported, "CUPTI_ERROR_NOT_SUPPORTED",
                "this device, driver or chip is not supported"},
    Explanation{CuptiStatus::virtualized_device_not_supported, "CUPTI_ERROR_VIRTUALIZED_DEVICE_NOT_SUPPORTED",
                "the GPU is a virtual one that cannot be profiled; take a machine with the whole GPU"},
    Explanation{CuptiStatus::insufficient_privileges, "CUPTI_ERROR_INSUFFICIENT_PRIVILEGES", administrators_only},
    Explanation{CuptiStatus::legacy_profiler_not_supported, "CUPTI_ERROR_LEGACY_PROFILER_NOT_SUPPORTED",
                "this libcupti has no event and metric interface any more"},
    Explanation{CuptiStatus::multiple_subscribers, "CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED",
                "another profiler is attached to this process (Nsight Systems, Nsight Compute, cuda-gdb, "
                "compute-sanitizer or a framework's profiler); run without it"},
    Explanation{CuptiStatus::virtualized_device_insufficient_privileges,
                "CUPTI_ERROR_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES",
                "the hypervisor does not let this virtual GPU be profiled; its administrator can allow it"},
    Explanation{CuptiStatus::confidential_computing, "CUPTI_ERROR_CONFIDENTIAL_COMPUTING_NOT_SUPPORTED",
                "the GPU is in confidential computing mode, which allows no profiling"},
    Explanation{CuptiStatus::crypto_mining_device, "CUPTI_ERROR_CMP_DEVICE_NOT_SUPPORTED",
                "crypto mining processors cannot be profiled"},
    Explanation{CuptiStatus::multi_instance_device, "CUPTI_ERROR_MIG_DEVICE_NOT_SUPPORTED",
                "this is a MIG instance, which cannot be profiled; take the whole GPU"},
    Explanation{CuptiStatus::sli_device, "CUPTI_ERROR_SLI_DEVICE_NOT_SUPPORTED", "SLI devices cannot be profiled"},
    Explanation{CuptiStatus::wsl_device, "CUPTI_ERROR_WSL_DEVICE_NOT_SUPPORTED",
                "the GPU cannot be profiled from the Windows Subsystem for Linux"},
    Explanation{CuptiStatus::invalid_chip_name, "CUPTI_ERROR_INVALID_CHIP_NAME",
                "this libcupti does not know the chip; take a newer one (ATTNSCOPE_CUPTI_LIBRARY)"},
    Explanation{CuptiStatus::unknown, "CUPTI_ERROR_UNKNOWN",
                "an internal error, which is also the answer where there is no driver or no device"},
};

}  // namespace

std::string explain_cupti_status(int status) {
  const auto* found = std::ranges::find(explanations, static_cast<CuptiStatus>(status), &Explanation::status);
  if (found == explanations.end()) return fmt::format("CUPTI status {} (see cupti_result.h)", status);
  return fmt::format("{} ({}): {}", found->name, status, found->text);
}

std::optional<Unavailable> cupti_failure(std::string_view call, int status) {
  if (status == static_cast<int>(CuptiStatus::success)) return std::nullopt;
  return Unavailable{fmt::format("{}: {}", call, explain_cupti_status(status))};
}

}  // namespace attnscope::harness::gpu
