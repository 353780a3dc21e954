// A control group that bounds the memory of one child process, where this process may create one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>

namespace attnscope::harness::worker {

// Below this process's own group, of version 1 or 2 of the memory controller. Where that is not possible (no rights, or
// version 2 without delegation) the group is not active and why_not() says why: other limits then stand alone.
class MemoryCgroup {
 public:
  explicit MemoryCgroup(std::int64_t limit_bytes);
  ~MemoryCgroup();  // removes the group
  MemoryCgroup(const MemoryCgroup&) = delete;
  MemoryCgroup& operator=(const MemoryCgroup&) = delete;

  bool active() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }

  // Moves a process into the group.
  void add(pid_t process);
  // How often the kernel has killed a process of the group for want of memory.
  std::int64_t kills() const;

 private:
  std::filesystem::path directory_;
  bool version_1_ = false;
  std::string why_not_;
};

}  // namespace attnscope::harness::worker
