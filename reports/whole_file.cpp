#include "reports/whole_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "reports/jsonl.h"

namespace attnscope::reports {

namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

// A file that is removed again unless it was moved to its place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : path_(fmt::format("{}.new-{}", target.string(), ::getpid())) {}
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  // False with errno set.
  bool write(std::string_view text) const {
    const Descriptor file(path_, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return false;
    while (!text.empty()) {
      const ssize_t written = ::write(file.number(), text.data(), text.size());
      if (written < 0 && errno != EINTR) return false;
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(file.number()) == 0 || errno == EINVAL;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// A run that is being written would go on into a file without a name.
void refuse_busy(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (file.is_open() && ::flock(file.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw FileError(fmt::format(
        "{}: is being written by another attnscope; wait for it, or choose another file with -o", path.string()));
}

// 0, or -1 with errno set. A link, unlike a rename, never replaces; file systems without links get the two steps.
int move_without_replacing(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return 0;
  if (errno != EPERM && errno != EOPNOTSUPP) return -1;
  if (::access(to.c_str(), F_OK) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::rename(from.c_str(), to.c_str());
}

void synchronise_directory(const fs::path& path) {
  const Descriptor directory(path.has_parent_path() ? path.parent_path() : fs::path("."), O_RDONLY | O_DIRECTORY);
  if (directory.is_open()) ::fsync(directory.number());
}

}  // namespace

void write_whole_file(const fs::path& path, std::string_view text, Existing existing) {
  const auto fail = [&](int reason) {
    throw FileError(
        fmt::format("{}: cannot be written ({}); nothing was changed", path.string(), std::strerror(reason)));
  };
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  const TemporaryFile temporary(path);
  if (!temporary.write(text)) fail(errno);
  if (existing == Existing::replace) {
    refuse_busy(path);
    if (::rename(temporary.path().c_str(), path.c_str()) != 0) fail(errno);
  } else if (move_without_replacing(temporary.path(), path) != 0) {
    if (errno != EEXIST) fail(errno);
    throw FileError(fmt::format("{}: exists; --force replaces it, -o names another file", path.string()));
  }
  synchronise_directory(path);
}

}  // namespace attnscope::reports
