#include "harness/numpy/zip.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <span>
#include <zlib.h>

#include "harness/errors.h"

namespace attnscope::harness::numpy {

namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::uint32_t local_signature = 0x04034b50, directory_signature = 0x02014b50, end_signature = 0x06054b50,
                        end64_signature = 0x06064b50, locator64_signature = 0x07064b50;
constexpr std::uint16_t method_stored = 0, method_deflated = 8;
constexpr std::uint32_t in_extra_field = 0xffffffff;  // the 64-bit value stands in the ZIP64 extra field
constexpr std::size_t end_size = 22, directory_entry_size = 46, local_header_size = 30, locator64_size = 20;

class Archive {
 public:
  explicit Archive(const std::filesystem::path& path) : path_(path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail("cannot open the file");
    bytes_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (file.bad()) fail("cannot read the file");
  }

  std::vector<ZipMember> members() const {
    std::uint64_t count = 0, at = 0;
    find_directory(count, at);
    std::vector<ZipMember> result;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (number(at, 4) != directory_signature) fail("the archive's directory is corrupt");
      result.push_back(member(at));
      at += directory_entry_size + number(at + 28, 2) + number(at + 30, 2) + number(at + 32, 2);
    }
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw UsageError(fmt::format("{}: {}; expected a NumPy .npz file (numpy.savez)", path_.string(), what));
  }

  Bytes at(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) fail("the archive is truncated");
    return Bytes(bytes_).subspan(offset, size);
  }

  std::uint64_t number(std::uint64_t offset, int size) const {
    std::uint64_t value = 0;
    const Bytes field = at(offset, static_cast<std::uint64_t>(size));
    for (int i = size - 1; i >= 0; --i) value = (value << 8) | field[static_cast<std::size_t>(i)];
    return value;
  }

  void find_directory(std::uint64_t& count, std::uint64_t& offset) const {
    if (bytes_.size() < 4 || number(0, 4) != local_signature) {
      if (bytes_.size() < end_size || number(0, 4) != end_signature) fail("not a ZIP archive");
    }
    const std::size_t last = bytes_.size() < end_size ? 0 : bytes_.size() - end_size;
    for (std::size_t back = 0; back <= std::min<std::size_t>(last, 0xffff); ++back) {
      const std::size_t end = last - back;
      if (number(end, 4) != end_signature) continue;
      count = number(end + 10, 2);
      offset = number(end + 16, 4);
      if (end >= locator64_size && number(end - locator64_size, 4) == locator64_signature) {
        const std::uint64_t end64 = number(end - locator64_size + 8, 8);
        if (number(end64, 4) != end64_signature) fail("the archive's ZIP64 directory is corrupt");
        count = number(end64 + 32, 8);
        offset = number(end64 + 48, 8);
      }
      return;
    }
    fail("the archive is truncated (its directory is missing)");
  }

  ZipMember member(std::uint64_t entry) const {
    const std::uint64_t name_size = number(entry + 28, 2), extra_size = number(entry + 30, 2);
    const Bytes name = at(entry + directory_entry_size, name_size);
    ZipMember result{std::string(name.begin(), name.end()), {}};
    std::uint64_t size = number(entry + 24, 4), packed = number(entry + 20, 4), offset = number(entry + 42, 4);
    read_extra(entry + directory_entry_size + name_size, extra_size, {&size, &packed, &offset});
    if ((number(entry + 8, 2) & 1) != 0) fail(fmt::format("member '{}' is encrypted", result.name));

    if (number(offset, 4) != local_signature) fail(fmt::format("member '{}' is corrupt", result.name));
    const Bytes data = at(offset + local_header_size + number(offset + 26, 2) + number(offset + 28, 2), packed);
    const auto method = number(entry + 10, 2);
    if (method == method_stored) {
      result.bytes.assign(data.begin(), data.end());
    } else if (method == method_deflated) {
      result.bytes = inflated(data, size, result.name);
    } else {
      fail(fmt::format("member '{}' is compressed by method {}; stored and deflated are read", result.name, method));
    }
    const auto checksum = crc32_z(0, result.bytes.data(), result.bytes.size());
    if (result.bytes.size() != size || checksum != number(entry + 16, 4)) {
      fail(fmt::format("member '{}' is corrupt (wrong checksum)", result.name));
    }
    return result;
  }

  // ZIP64: 64-bit values of those fields that hold 0xffffffff, in this order.
  void read_extra(std::uint64_t from, std::uint64_t size, std::initializer_list<std::uint64_t*> fields) const {
    for (std::uint64_t at_field = from; at_field + 4 <= from + size;) {
      const std::uint64_t length = number(at_field + 2, 2);
      if (number(at_field, 2) == 1) {
        std::uint64_t value_at = at_field + 4;
        for (std::uint64_t* field : fields) {
          if (*field != in_extra_field) continue;
          *field = number(value_at, 8);
          value_at += 8;
        }
      }
      at_field += 4 + length;
    }
  }

  std::vector<unsigned char> inflated(Bytes data, std::uint64_t size, const std::string& name) const {
    constexpr std::uint64_t best_ratio = 1032;  // of deflate: a larger claim is a corrupt or hostile file
    if (size > (data.size() + 1) * best_ratio) fail(fmt::format("member '{}' claims an impossible size", name));
    std::vector<unsigned char> result(size);
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) fail("zlib cannot be initialised");
    std::size_t read = 0, written = 0;
    int status = Z_OK;
    constexpr std::size_t piece = std::numeric_limits<uInt>::max();
    while (status == Z_OK) {
      stream.next_in = const_cast<unsigned char*>(data.data() + read);
      stream.avail_in = static_cast<uInt>(std::min(piece, data.size() - read));
      stream.next_out = result.data() + written;
      stream.avail_out = static_cast<uInt>(std::min(piece, result.size() - written));
      const uInt in = stream.avail_in, out = stream.avail_out;
      status = inflate(&stream, Z_NO_FLUSH);
      read += in - stream.avail_in;
      written += out - stream.avail_out;
      if (status == Z_OK && in == stream.avail_in && out == stream.avail_out) break;  // no progress: truncated
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END || written != size)
      fail(fmt::format("member '{}' is corrupt (cannot be inflated)", name));
    return result;
  }

  std::filesystem::path path_;
  std::vector<unsigned char> bytes_;
};

void append(std::string& bytes, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
}

std::string deflated(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<unsigned char*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

}  // namespace

std::vector<ZipMember> read_zip(const std::filesystem::path& path) { return Archive(path).members(); }

ZipWriter::ZipWriter(const std::filesystem::path& path) : path_(path), file_(path, std::ios::binary | std::ios::trunc) {
  if (!file_) throw UsageError(fmt::format("{}: cannot write the file", path_.string()));
}

void ZipWriter::add(const std::string& name, const std::string& bytes, bool deflate) {
  const std::string packed = deflate ? deflated(bytes) : bytes;
  if (bytes.size() >= in_extra_field || offset_ + packed.size() >= in_extra_field) {
    throw UsageError(
        fmt::format("{}: '{}' would make the file larger than 4 GiB; use smaller shapes", path_.string(), name));
  }
  constexpr std::uint64_t version_needed = 20, date_1980 = 0x21;
  std::string header;  // the fields that the local header and the directory share
  append(header, version_needed, 2);
  append(header, 0, 2);
  append(header, deflate ? method_deflated : method_stored, 2);
  append(header, date_1980 << 16, 4);
  append(header, crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()), 4);
  append(header, packed.size(), 4);
  append(header, bytes.size(), 4);
  append(header, name.size(), 2);
  append(header, 0, 2);

  append(directory_, directory_signature, 4);
  append(directory_, version_needed, 2);
  directory_ += header;
  directory_.append(2 + 2 + 2 + 4, '\0');  // comment, disk, attributes
  append(directory_, offset_, 4);
  directory_ += name;

  std::string local;
  append(local, local_signature, 4);
  local += header + name + packed;
  file_ << local;
  offset_ += local.size();
  ++members_;
}

void ZipWriter::finish() {
  std::string end;
  append(end, end_signature, 4);
  append(end, 0, 4);
  append(end, members_, 2);
  append(end, members_, 2);
  append(end, directory_.size(), 4);
  append(end, offset_, 4);
  append(end, 0, 2);
  file_ << directory_ << end;
  file_.close();
  if (!file_) throw UsageError(fmt::format("{}: cannot be written completely (is the disk full?)", path_.string()));
}

}  // namespace attnscope::harness::numpy
