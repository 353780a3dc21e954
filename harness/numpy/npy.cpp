#include "harness/numpy/npy.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/errors.h"

namespace attnscope::harness::numpy {

namespace {

using tensor::HostArray;
using tensor::Shape;

static_assert(std::endian::native == std::endian::little, "the readers copy little-endian values as they are");

constexpr std::string_view magic{"\x93NUMPY", 6};

struct Header {
  std::string descr;  // "<f4"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  // {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
  Header parse() const {
    Header header;
    std::string_view descr = value("descr");
    if (descr.size() < 2 || (descr[0] != '\'' && descr[0] != '"')) {
      fail("a plain element type such as '<f4' (structured arrays are not supported)");
    }
    header.descr = descr.substr(1, descr.find(descr[0], 1) - 1);
    const std::string_view order = value("fortran_order");
    if (!order.starts_with("True") && !order.starts_with("False")) fail("'fortran_order' to be True or False");
    header.fortran_order = order.starts_with("True");
    header.shape = shape(value("shape"));
    return header;
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    throw UsageError(fmt::format("{}: the .npy header is \"{}\"; expected {}", where_, text_, expected));
  }

  std::string_view value(std::string_view key) const {
    const auto at = text_.find(fmt::format("'{}':", key));
    if (at == std::string_view::npos) fail(fmt::format("an entry '{}'", key));
    const auto start = text_.find_first_not_of(' ', at + key.size() + 3);
    if (start == std::string_view::npos) fail(fmt::format("a value of '{}'", key));
    return text_.substr(start);
  }

  std::vector<std::int64_t> shape(std::string_view text) const {
    const auto end = text.find(')');
    if (!text.starts_with('(') || end == std::string_view::npos) fail("'shape' to be a tuple");
    std::vector<std::int64_t> extents;
    std::int64_t number = 0, elements = 1;
    bool digits = false;
    for (const char c : text.substr(1, end)) {
      if (c >= '0' && c <= '9') {
        if (number > std::numeric_limits<std::int64_t>::max() / 10 - 10) fail("extents of a possible size");
        number = 10 * number + (c - '0');
        digits = true;
      } else if (c == ',' || c == ')') {
        if (!digits) continue;  // "()" and the comma of "(3,)"
        if (number != 0 && elements > (std::int64_t{1} << 48) / number) fail("extents of a possible size");
        elements *= number;
        extents.push_back(number);
        number = 0;
        digits = false;
      } else if (c != ' ' && c != 'L') {
        fail("'shape' to hold whole numbers");
      }
    }
    return extents;
  }

  std::string_view text_;
  const std::string& where_;
};

template <class T>
std::vector<double> convert(std::span<const unsigned char> data, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, data.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<double>(value);
  }
  return values;
}

struct Type {
  std::string_view descr;
  std::size_t size;
  std::vector<double> (*convert)(std::span<const unsigned char>, std::size_t);
};
constexpr Type types[] = {
    {"<f4", 4, convert<float>},         {"<f8", 8, convert<double>},        {"<i4", 4, convert<std::int32_t>},
    {"<i8", 8, convert<std::int64_t>},  {"|u1", 1, convert<std::uint8_t>},  {"|b1", 1, convert<std::uint8_t>},
    {"|i1", 1, convert<std::int8_t>},   {"<i2", 2, convert<std::int16_t>},  {"<u2", 2, convert<std::uint16_t>},
    {"<u4", 4, convert<std::uint32_t>}, {"<u8", 8, convert<std::uint64_t>},
};

// Fortran order (first index fastest) to C order.
std::vector<double> transposed(const std::vector<double>& fortran, const Shape& shape) {
  std::vector<double> values(fortran.size());
  std::vector<std::int64_t> index(shape.extents().size(), 0);
  for (double& value : values) {
    std::int64_t offset = 0;
    for (int axis = shape.rank() - 1; axis >= 0; --axis)
      offset = offset * shape[axis] + index[static_cast<std::size_t>(axis)];
    value = fortran[static_cast<std::size_t>(offset)];
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      auto& i = index[static_cast<std::size_t>(axis)];
      if (++i < shape[axis]) break;
      i = 0;
    }
  }
  return values;
}

template <class T>
void append_values(std::string& bytes, const std::vector<double>& values) {
  const std::size_t start = bytes.size();
  bytes.resize(start + values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T value = static_cast<T>(values[i]);
    std::memcpy(bytes.data() + start + i * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

HostArray decode_npy(std::span<const unsigned char> bytes, const std::string& where) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(magic) || bytes.size() < 10) {
    throw UsageError(fmt::format("{}: not a .npy array (it must start with \\x93NUMPY)", where));
  }
  const int version = bytes[6];
  const bool wide = version >= 2;
  if (version < 1 || version > 3 || (wide && bytes.size() < 12)) {
    throw UsageError(fmt::format("{}: .npy version {}; expected 1, 2 or 3", where, version));
  }
  std::size_t length = bytes[8] | (std::size_t{bytes[9]} << 8);
  if (wide) length |= (std::size_t{bytes[10]} << 16) | (std::size_t{bytes[11]} << 24);
  const std::size_t start = wide ? 12 : 10;
  if (bytes.size() - start < length) throw UsageError(fmt::format("{}: truncated in its .npy header", where));
  const Header header = HeaderParser(text.substr(start, length), where).parse();

  const auto type = std::ranges::find(types, std::string_view(header.descr), &Type::descr);
  if (type == std::end(types)) {
    throw UsageError(
        fmt::format("{}: element type '{}'; expected little-endian f4, f8, i4, i8, u1 or b1", where, header.descr));
  }
  HostArray array{Shape(header.shape), {}};
  const auto count = static_cast<std::size_t>(array.shape.elements());
  const std::span<const unsigned char> data = bytes.subspan(start + length);
  if (data.size() != count * type->size) {
    throw UsageError(fmt::format("{}: {} bytes of values; shape {} of {} needs {}", where, data.size(),
                                 to_string(array.shape), header.descr, count * type->size));
  }
  array.values = type->convert(data, count);
  if (header.fortran_order && array.shape.rank() > 1) array.values = transposed(array.values, array.shape);
  return array;
}

std::string encode_npy(const HostArray& array, Element element) {
  std::string shape;
  for (const std::int64_t extent : array.shape.extents()) shape += fmt::format("{},", extent);
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   element == Element::f4 ? "<f4" : "<f8", shape);
  header.append(63 - (10 + header.size()) % 64, ' ');  // values start at a multiple of 64
  header += '\n';
  std::string bytes(magic);
  bytes += {'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  bytes += header;
  element == Element::f4 ? append_values<float>(bytes, array.values) : append_values<double>(bytes, array.values);
  return bytes;
}

}  // namespace attnscope::harness::numpy
