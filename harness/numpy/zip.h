// The part of the ZIP format that .npz files use: stored and deflated members, with ZIP64 sizes when reading.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace attnscope::harness::numpy {

struct ZipMember {
  std::string name;
  std::vector<unsigned char> bytes;
};

// All members. Throws UsageError naming the file (and the member): missing, no ZIP archive, truncated, corrupt,
// encrypted, or compressed in another way.
std::vector<ZipMember> read_zip(const std::filesystem::path& path);

// Writes members one by one, stored or deflated. The file is complete after finish().
class ZipWriter {
 public:
  explicit ZipWriter(const std::filesystem::path& path);  // throws UsageError when it cannot be written
  void add(const std::string& name, const std::string& bytes, bool deflate = false);
  void finish();  // throws UsageError when something could not be written

 private:
  std::filesystem::path path_;
  std::ofstream file_;
  std::string directory_;
  std::uint64_t offset_ = 0;
  unsigned members_ = 0;
};

}  // namespace attnscope::harness::numpy
