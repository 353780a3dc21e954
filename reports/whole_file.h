// Writing a file as a whole: readers see the old one or the new one, never a part.
#pragma once

#include <filesystem>
#include <string_view>

namespace attnscope::reports {

enum class Existing { keep, replace };
// Through a temporary file beside it, flushed to the disk and then renamed. Throws FileError: the file exists and is to
// be kept, a run is writing it, the disk is full, … ; the file is then as it was.
void write_whole_file(const std::filesystem::path& path, std::string_view text, Existing existing);

}  // namespace attnscope::reports
