// How the arrays of a case follow its sizes, found by asking the suite for those of another case.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/suite/variant_cases.h"

namespace attnscope::variant_testing {

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

// Of every argument that the suite asks for, d_out included in training mode.
Shapes shapes_of(const VariantCase& c);

std::set<std::string> per_example(const VariantCase& c);   // arrays whose first axis is the batch
std::set<std::string> per_position(const VariantCase& c);  // those of them with a row per position: q, x, d_out, …
// In core scope, the axis of heads by array; arrays without one are absent.
std::map<std::string, std::size_t> head_axes(const VariantCase& c);

// The first entries along every axis.
oracle::Array cut(const oracle::Array& array, const std::vector<std::int64_t>& shape);

}  // namespace attnscope::variant_testing
