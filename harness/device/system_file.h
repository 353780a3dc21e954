// Small text files of /proc and /sys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace attnscope::harness::device {

// The whole file without its last line break; "" when it cannot be read.
std::string read_system_file(const std::filesystem::path& path);
// Its first number.
std::optional<std::int64_t> read_system_number(const std::filesystem::path& path);
// The text behind "key:" of a "key: value" file such as /proc/meminfo; "" when absent.
std::string system_file_value(const std::filesystem::path& path, const std::string& key);

}  // namespace attnscope::harness::device
