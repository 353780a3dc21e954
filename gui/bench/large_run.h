// A large run for benchmarks: invented numbers, all columns of a real record.
#pragma once

#include <QString>

namespace attnscope::gui::bench {

// Cases of `variants` variants over many lengths, each with that many samples, as `attnscope run` writes them. Throws
// std::runtime_error when the file cannot be written.
void write_large_run(const QString& path, int cases, int samples, int variants = 20);

}  // namespace attnscope::gui::bench
