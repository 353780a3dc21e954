// NumPy's .npz files: arrays by name.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "harness/numpy/npy.h"
#include "suite/tensor/host_array.h"

namespace attnscope::harness::numpy {

using Arrays = std::map<std::string, tensor::HostArray>;

Arrays read_npz(const std::filesystem::path& path);  // throws UsageError naming the file and the array
void write_npz(const std::filesystem::path& path, const Arrays& arrays, Element element);

}  // namespace attnscope::harness::numpy
