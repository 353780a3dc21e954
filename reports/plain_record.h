// The common form of a record's line, read without building a JSON document first.
#pragma once

#include <string_view>

#include "reports/record.h"

namespace attnscope::reports {

// Reads a line as to_json_line(const Record&) writes it: "type" first, then known columns with plain values. Returns
// false for everything else (a field of a newer schema, escapes, null, a profile, damage): `record` is then of no use,
// and record_from_json() has to read the line, or to say what is wrong with it. Where it returns true, both agree.
bool read_plain_record(std::string_view line, Record& record);

}  // namespace attnscope::reports
