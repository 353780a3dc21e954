#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "reports/jsonl.h"

namespace attnscope::reports {

namespace {

template <typename Call>
auto retry_interrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what, int reason, std::string_view advice) {
  throw FileError(fmt::format("{}: {} ({}); {}", path.string(), what, std::strerror(reason), advice));
}

std::string_view write_advice(int reason) {
  switch (reason) {
    case ENOSPC:
    case EDQUOT:
      return "earlier lines are intact: free some space, or copy the file to a larger disk, and go on with `attnscope "
             "run --resume`";
    case EFBIG:
      return "earlier lines are intact: raise the file size limit (`ulimit -f`) and go on with `attnscope run "
             "--resume`";
    default:
      return "earlier lines are intact: check the disk and go on with `run --resume`";
  }
}

// Pipes and devices cannot be synchronised; that is not a failure to write.
void synchronise(int descriptor, const std::filesystem::path& path) {
  if (retry_interrupted([&] { return ::fsync(descriptor); }) == 0) return;
  const int reason = errno;
  if (reason == EINVAL || reason == EROFS) return;
  fail(path, "cannot be written to the disk", reason, write_advice(reason));
}

// A new file survives a crash of the machine only once its directory entry is on the disk too.
void synchronise_directory(const std::filesystem::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

std::filesystem::path create_parent(const std::filesystem::path& path) {
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (error) {
    fail(path, fmt::format("its directory {} cannot be created", parent.string()), error.value(),
         "choose another place with -o");
  }
  return parent;
}

int open_locked(const std::filesystem::path& path) {
  const int descriptor =
      retry_interrupted([&] { return ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666); });
  if (descriptor < 0) fail(path, "cannot be opened for writing", errno, "choose another file with -o");
  if (retry_interrupted([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) == 0) return descriptor;
  const int reason = errno;
  ::close(descriptor);
  if (reason == EWOULDBLOCK) {
    throw FileError(fmt::format(
        "{}: is being written by another attnscope; expected to be its only writer; wait for the other one to end, or "
        "choose another file with -o",
        path.string()));
  }
  fail(path, "cannot be locked", reason, "choose a file on a file system with locks, such as a local disk");
}

// The bytes after the last line break, and where they start.
std::pair<std::string, off_t> read_tail(int descriptor, off_t size, const std::filesystem::path& path) {
  constexpr off_t block = 1 << 16;
  std::string tail;
  off_t start = size;
  while (start > 0) {
    const off_t from = std::max<off_t>(0, start - block);
    std::string piece(static_cast<std::size_t>(start - from), '\0');
    const auto got = retry_interrupted([&] { return ::pread(descriptor, piece.data(), piece.size(), from); });
    if (got != static_cast<ssize_t>(piece.size())) {
      fail(path, "its last line cannot be read", got < 0 ? errno : EIO, "check the disk");
    }
    const auto line_break = piece.rfind('\n');
    if (line_break != std::string::npos) {
      return {piece.substr(line_break + 1) + tail, from + static_cast<off_t>(line_break) + 1};
    }
    tail.insert(0, piece);
    start = from;
  }
  return {tail, 0};
}

void write_fully(int descriptor, std::string_view bytes, const std::filesystem::path& path) {
  struct stat before {};
  ::fstat(descriptor, &before);
  while (!bytes.empty()) {
    const auto written = retry_interrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
    if (written < 0) {
      const int reason = errno;
      // Half a line would hide the next one: take it back.
      if (S_ISREG(before.st_mode)) {
        [[maybe_unused]] const int result = ::ftruncate(descriptor, before.st_size);
      }
      fail(path, "a line cannot be written", reason, write_advice(reason));
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Appending to some other file of the user's would spoil it, and repairing it would cut its last line.
void refuse_foreign(int descriptor, const std::filesystem::path& path) {
  char first = '\0';
  const auto got = retry_interrupted([&] { return ::pread(descriptor, &first, 1, 0); });
  if (got == 1 && first == '{') return;
  throw FileError(fmt::format(
      "{}: holds something other than JSON lines of a run; expected a file written by `attnscope run -o FILE`; choose "
      "another file with -o",
      path.string()));
}

// Leaves the file with whole lines only. A last line that lacks nothing but its line break is kept.
void repair_last_line(int descriptor, off_t size, const std::filesystem::path& path) {
  const auto [tail, start] = read_tail(descriptor, size, path);
  if (tail.empty()) return;
  if (nlohmann::json::accept(tail)) {
    write_fully(descriptor, "\n", path);
  } else if (::ftruncate(descriptor, start) != 0) {
    fail(path, "its cut last line cannot be dropped", errno, "drop it with an editor, or choose another file with -o");
  }
}

}  // namespace

JsonlWriter::JsonlWriter(const std::filesystem::path& path, Open how) : path_(path) {
  const auto parent = create_parent(path);
  descriptor_ = open_locked(path);
  try {
    struct stat found {};
    if (::fstat(descriptor_, &found) != 0) fail(path, "cannot be examined", errno, "choose another file with -o");
    if (found.st_size == 0) {
      synchronise_directory(parent);
    } else if (how == Open::create) {
      throw FileError(fmt::format(
          "{}: exists and holds {} bytes; expected a new or empty file; continue it with --resume, or choose another "
          "file with -o",
          path.string(), found.st_size));
    } else if (S_ISREG(found.st_mode)) {
      refuse_foreign(descriptor_, path);
      repair_last_line(descriptor_, found.st_size, path);
    }
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

JsonlWriter::~JsonlWriter() { ::close(descriptor_); }

void JsonlWriter::append(const Environment& environment) { append_line(to_json_line(environment)); }
void JsonlWriter::append(const Record& record) { append_line(to_json_line(record)); }
void JsonlWriter::append(const Reference& reference) { append_line(to_json_line(reference)); }

void JsonlWriter::append_line(const std::string& line) {
  write_fully(descriptor_, line + '\n', path_);
  synchronise(descriptor_, path_);
}

}  // namespace attnscope::reports
