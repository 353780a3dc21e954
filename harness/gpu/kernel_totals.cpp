// The part of activity_trace.h that needs no CUPTI.
#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <functional>
#include <map>
#include <memory>

#include "harness/gpu/activity_trace.h"

namespace attnscope::harness::gpu {

std::vector<KernelTotal> total_by_kernel(const KernelTrace& trace) {
  std::map<std::string, KernelTotal> by_name;
  for (const KernelRecord& kernel : trace.kernels) {
    KernelTotal& total = by_name[kernel.name];
    total.name = kernel.name;
    ++total.launches;
    total.duration_ns += kernel.duration_ns;
  }
  std::vector<KernelTotal> totals;
  totals.reserve(by_name.size());
  for (auto& [name, total] : by_name) totals.push_back(std::move(total));
  std::ranges::stable_sort(totals, std::ranges::greater{}, &KernelTotal::duration_ns);
  return totals;
}

std::string demangle(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status),
                                                         &std::free);
  return status == 0 && text != nullptr ? text.get() : symbol;
}

}  // namespace attnscope::harness::gpu
