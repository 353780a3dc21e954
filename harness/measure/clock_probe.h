// The clock that the core really runs at now, without privileges: a chain of dependent additions takes one cycle each
// on every x86-64 and AArch64 core, whatever the governor, the turbo or a hypervisor says.
#pragma once

#include <optional>

namespace attnscope::harness::measure {

// In Hz, of the calling core, to about 1 %; takes some 20 µs. Nothing on other architectures.
std::optional<double> probe_core_clock();

}  // namespace attnscope::harness::measure
