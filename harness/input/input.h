// What a case computes on: `gaussian` (independent normal values), `listops` (generated expressions) or `text:FILE`
// (the bytes of a file). Token sources are embedded by an N(0, 1) table to x [B,N,E]; core scope projects x by
// Xavier-uniform matrices to q, k and v [B,H,N,D]. All of it happens before anything is timed and depends on the seed
// alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "suite/attention/problem.h"
#include "suite/tensor/host_array.h"

namespace attnscope::harness::input {

// `gaussian` for core, `listops` for layer scope.
std::string default_source(attention::Scope scope);
// Throws UsageError: neither gaussian, listops nor text:FILE, or a file that is missing, unreadable or empty.
void require_source(const std::string& source);

struct Tokens {
  int vocabulary;
  std::vector<int> values;  // [B,N]
};
// Tokens of `listops` or `text:FILE`; a short text is repeated.
Tokens make_tokens(const std::string& source, std::int64_t batch, std::int64_t n, std::uint64_t seed);

// Arrays for SessionOptions.given: none for gaussian, which the session generates itself.
std::map<std::string, tensor::HostArray> make_arrays(const std::string& source, const attention::Problem& problem,
                                                     std::uint64_t seed);

}  // namespace attnscope::harness::input
