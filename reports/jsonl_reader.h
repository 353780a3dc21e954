// Reading a run that may still be written: everything at first, then what has been appended.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "reports/jsonl.h"

namespace attnscope::reports {

// Told after every megabyte how many bytes of how many are read; returning false stops the reader.
using ReadProgress = std::function<bool(std::uint64_t read, std::uint64_t all)>;

// The ReadProgress returned false.
struct ReadStopped : std::runtime_error {
  ReadStopped() : std::runtime_error("reading was stopped") {}
};

class JsonlReader {
 public:
  explicit JsonlReader(std::filesystem::path path);
  ~JsonlReader();
  JsonlReader(JsonlReader&&) noexcept;
  JsonlReader& operator=(JsonlReader&&) noexcept;

  // From the start, as load_jsonl(). Throws FileError and ReadStopped.
  LoadedRun read_all(const ReadProgress& progress = {});

  enum class Change {
    none,
    appended,
    replaced,  // another file, or this one with other content: read_all() again
    gone,
  };
  // Compares the file with what was read of it. For a file whose start was never readable: replaced once it changes.
  Change look() const;

  // The whole lines that follow what was read; a line that is cut waits for its end. `issues` are those of the new
  // lines. Throws FileError and ReadStopped.
  LoadedRun read_appended(const ReadProgress& progress = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace attnscope::reports
