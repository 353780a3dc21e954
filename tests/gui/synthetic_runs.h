// Invented results for the viewer's tests: round numbers on exact power laws, so that a test can say what must be
// drawn. They measure nothing.
#pragma once

#include <QString>
#include <string>
#include <vector>

#include "reports/record.h"

namespace attnscope::gui::testing {

struct SyntheticVariant {
  std::string name;
  double factor_ns;  // time = factor · n^exponent
  double exponent;
  double memory_exponent;
};

// Six variants whose curves cross.
std::vector<SyntheticVariant> six_variants();

reports::Record synthetic_record(const SyntheticVariant& variant, std::int64_t n, const std::string& mode = "forward");

// Turns the record into one that ran out of memory.
void fail_for_memory(reports::Record& record);

// Variants × lengths 256 … 16k (7) × modes. The quadratic variants run out of memory at 16k when training.
std::vector<reports::Record> synthetic_records(const std::vector<SyntheticVariant>& variants,
                                               const std::vector<std::string>& modes);

// Writes a run with reports::JsonlWriter.
void write_run(const QString& path, const std::vector<reports::Record>& records);

}  // namespace attnscope::gui::testing
