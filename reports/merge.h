// Joining shards and partial runs of one sweep into one run.
#pragma once

#include <span>
#include <stdexcept>
#include <vector>

#include "reports/record.h"

namespace attnscope::reports {

// One case with two different results; the text names keys and files.
struct MergeConflict : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// Results of different machines, builds or schemas; the text names files and differences.
struct MixedRuns : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct MergeOptions {
  enum class Prefer {
    none,    // two results of one case are a conflict
    first,   // the one of the earlier file
    newest,  // the one that started last
  };
  Prefer prefer = Prefer::none;
  bool allow_mixed = false;
};

struct Merged {
  Run run;                   // every environment and reference once, every case once, in order of appearance
  std::size_t repeated = 0;  // records that another one of the same case made superfluous
};
// A case that was interrupted, or excluded by --where, gives way to a result of that case. Records that differ in
// nothing but when and by whom they were written are one result. Throws MergeConflict and MixedRuns.
Merged merge(std::span<const Run> runs, const MergeOptions& options);

}  // namespace attnscope::reports
