// Cases of the variant tests: a variant, its options, a problem and its padding; the arrays to run it on, and the
// result of the oracle.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "suite/attention/problem.h"
#include "tests/oracle/array.h"

namespace attnscope::variant_testing {

using attention::Mode;
using attention::Problem;
using attention::Scope;

enum class Padding {
  none,     // no key_mask
  tail,     // the last positions are padding, a different number in each example
  holes,    // about a third of the positions, anywhere
  example,  // all of the last example
};

using Options = std::map<std::string, std::string>;

struct VariantCase {
  std::string variant;
  Options options;
  Problem problem;
  Padding padding = Padding::none;
  std::vector<double> global_positions{};  // Longformer's [B,G], −1: absent; empty: the option `global` decides
  std::uint64_t seed = 1;
};

std::string name_of(const VariantCase& c);
std::ostream& operator<<(std::ostream& out, const VariantCase& c);

// Batch, heads, length and head width in the order of the shapes; training mode.
Problem problem_of(Scope scope, bool causal, std::int64_t batch, std::int64_t heads, std::int64_t seq_len,
                   std::int64_t head_dim);

std::string option_or(const VariantCase& c, const std::string& option, const std::string& otherwise);
// Real positions of an example when padding is `tail`.
std::int64_t tail_length(const VariantCase& c, std::int64_t b);

oracle::Array gaussian(std::vector<std::int64_t> shape, std::uint64_t seed, double deviation = 1.0);
oracle::Array constant(std::vector<std::int64_t> shape, double value);

// Every input, mask, parameter and buffer of the case and d_out, with random values.
oracle::Arrays make_arrays(const VariantCase& c);
// The oracle's output and gradients.
oracle::Result expected(const VariantCase& c, const oracle::Arrays& arrays);

// The sizes of models.md section 8 for both scopes, with and without biases and padding; causal too where asked.
std::vector<VariantCase> covering_cases(const std::string& variant, const Options& options, bool with_causal);
std::vector<VariantCase> operator+(std::vector<VariantCase> a, const std::vector<VariantCase>& b);

// One or more small settings of every variant, bidirectional, core and layer; and of those that can be causal.
std::vector<VariantCase> representative_cases(std::int64_t seq_len = 11);
std::vector<VariantCase> representative_causal_cases(std::int64_t seq_len = 11);

}  // namespace attnscope::variant_testing
