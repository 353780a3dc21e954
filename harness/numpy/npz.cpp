#include "harness/numpy/npz.h"

#include <fmt/format.h>

#include "harness/errors.h"
#include "harness/numpy/zip.h"

namespace attnscope::harness::numpy {

namespace {
constexpr std::string_view extension = ".npy";
}

Arrays read_npz(const std::filesystem::path& path) {
  Arrays arrays;
  for (const ZipMember& member : read_zip(path)) {
    std::string name = member.name;
    if (name.ends_with(extension)) name.resize(name.size() - extension.size());
    arrays[name] = decode_npy(member.bytes, fmt::format("{}: array '{}'", path.string(), name));
  }
  if (arrays.empty()) throw UsageError(fmt::format("{}: holds no arrays", path.string()));
  return arrays;
}

void write_npz(const std::filesystem::path& path, const Arrays& arrays, Element element) {
  ZipWriter writer(path);
  for (const auto& [name, array] : arrays) writer.add(name + std::string(extension), encode_npy(array, element));
  writer.finish();
}

}  // namespace attnscope::harness::numpy
