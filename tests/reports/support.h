// Records and files that several tests of reports/ need.
#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <limits>
#include <stdlib.h>
#include <string>

#include "reports/record.h"

namespace attnscope::reports::testing {

// A directory of its own for each test, gone afterwards.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "attnscope-reports-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::filesystem::path file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Every column set, each to a value of its own; the doubles need all 17 digits.
inline Record full_record() {
  Record record;
  int index = 0;
  for (const Column& column : columns()) {
    ++index;
    std::visit(
        [&](auto member) {
          auto& value = record.*member;
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, std::string>) {
            value = "text of " + std::string(column.name);
          } else if constexpr (std::is_same_v<Value, Status>) {
            value = Status::unstable;
          } else if constexpr (std::is_same_v<Value, std::optional<double>>) {
            value = index * 1e5 / 3;
          } else {
            value = std::numeric_limits<std::int64_t>::max() - index;
          }
        },
        column.member);
  }
  record.schema_version = std::string(reports::schema_version);
  return record;
}

inline Record small_record(std::string variant, std::int64_t n) {
  Record record;
  record.variant = std::move(variant);
  record.seq_q = n;
  return record;
}

// Columns whose values differ, bit for bit; empty for equal records.
inline std::vector<std::string> differing_columns(const Record& a, const Record& b) {
  std::vector<std::string> names;
  for (const Column& column : columns()) {
    if (!std::visit([&](auto member) { return a.*member == b.*member; }, column.member)) {
      names.emplace_back(column.name);
    }
  }
  return names;
}

// The message of the exception of type Error that the call throws; a test failure when it throws none.
template <typename Error, typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no exception was thrown";
  return "";
}

}  // namespace attnscope::reports::testing
