// What CUPTI's status codes mean for whoever asked for a profile, and what to do about them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/gpu/result.h"

namespace attnscope::harness::gpu {

// The codes of cupti_result.h that say something about the machine or the request; cupti_library.cpp holds them against
// the header.
enum class CuptiStatus : int {
  success = 0,
  invalid_parameter = 1,
  invalid_context = 3,
  invalid_operation = 7,
  out_of_memory = 8,
  not_initialized = 15,
  invalid_metric_name = 17,
  hardware_busy = 26,
  not_supported = 27,
  virtualized_device_not_supported = 33,
  insufficient_privileges = 35,
  legacy_profiler_not_supported = 38,
  multiple_subscribers = 39,
  virtualized_device_insufficient_privileges = 40,
  confidential_computing = 41,
  crypto_mining_device = 42,
  multi_instance_device = 43,
  sli_device = 44,
  wsl_device = 45,
  invalid_chip_name = 46,
  unknown = 999,
};

// "CUPTI_ERROR_INSUFFICIENT_PRIVILEGES (35): this user may not …". Sources: cupti_result.h of CUDA 13.0;
// https://developer.nvidia.com/ERR_NVGPUCTRPERM.
std::string explain_cupti_status(int status);

// The same behind the name of the call that returned it; nothing when it succeeded.
std::optional<Unavailable> cupti_failure(std::string_view call, int status);

}  // namespace attnscope::harness::gpu
