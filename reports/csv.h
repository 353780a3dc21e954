// CSV projection of records (RFC 4180): the same columns in the same order always, a header always, empty = not
// available.
#pragma once

#include <filesystem>
#include <ostream>
#include <span>
#include <string_view>

#include "reports/jsonl.h"
#include "reports/record.h"

namespace attnscope::reports {

void write_csv(std::ostream& out, std::span<const Record> records);
// Reads what write_csv wrote (samples are not in a CSV). Throws FileError naming the line and column.
std::vector<Record> read_csv(const std::filesystem::path& path);

// One field, quoted when it holds a separator, a quote or a line break.
void write_csv_field(std::ostream& out, std::string_view text);

}  // namespace attnscope::reports
