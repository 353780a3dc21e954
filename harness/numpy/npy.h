// NumPy's .npy format, versions 1 to 3: one array. Little- and big-endian f2 is not read; f4, f8, i1 … i8, u1 … u8 and
// b1 are, in C or Fortran order, as float64 in C order.
#pragma once

#include <span>
#include <string>

#include "suite/tensor/host_array.h"

namespace attnscope::harness::numpy {

enum class Element { f4, f8 };

// Throws UsageError that starts with `where` ("in.npz: array 'q'") and says what was expected.
tensor::HostArray decode_npy(std::span<const unsigned char> bytes, const std::string& where);
std::string encode_npy(const tensor::HostArray& array, Element element);

}  // namespace attnscope::harness::numpy
