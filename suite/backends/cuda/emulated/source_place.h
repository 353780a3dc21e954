// Where a call stands: std::source_location, which Clang before 15 does not have.
#pragma once

namespace attnscope::backends::emulated_gpu {

class SourcePlace {
 public:
  // As a default argument of a function: where that function is called.
  static constexpr SourcePlace current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    SourcePlace place;
    place.file_ = file;
    place.line_ = line;
    return place;
  }
  constexpr const char* file_name() const { return file_; }
  constexpr unsigned line() const { return line_; }

 private:
  const char* file_ = "";
  unsigned line_ = 0;
};

}  // namespace attnscope::backends::emulated_gpu
