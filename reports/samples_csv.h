// Every timing sample as a row of its own: the long form that statistics programs read.
#pragma once

#include <ostream>
#include <span>

#include "reports/record.h"

namespace attnscope::reports {

// RFC 4180 with the header case_key,process,index,ns. process counts from 0 within the case; index counts on over its
// processes, in the order of measurement.
void write_samples_csv(std::ostream& out, std::span<const Record> records);

}  // namespace attnscope::reports
