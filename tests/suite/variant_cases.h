// Cases of the variant tests: a variant, its options, a problem and its padding; the arrays to run it on, and the
// result of the oracle.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <set>
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

// What holds for a setting beside its mathematics, and need not for every other.
struct Traits {
  // With padding at the end, real positions compute what the shorter sequence computes. Not so where the length decides
  // on the pattern (blocks of √N).
  bool shortens = true;
  bool heads_are_alike = true;  // a head alone computes what it computes beside others
  bool sees_itself = true;      // causal: every position sees its own value
  // Causal: later positions leave earlier rows bit-identical. Not so where they move earlier keys to other places, and
  // so to other tiles, in which sums are formed.
  bool keeps_rounding = true;
};

struct VariantCase {
  std::string variant;
  Options options;
  Problem problem;
  Padding padding = Padding::none;
  std::vector<double> global_positions{};  // Longformer's [B,G], −1: absent; empty: the option `global` decides
  std::uint64_t seed = 1;
  Traits traits{};
};

std::string name_of(const VariantCase& c);
std::ostream& operator<<(std::ostream& out, const VariantCase& c);

// Batch, heads, length and head width in the order of the shapes; training mode.
Problem problem_of(Scope scope, bool causal, std::int64_t batch, std::int64_t heads, std::int64_t seq_len,
                   std::int64_t head_dim);

// The option of the case, or what it is by default.
std::string option_or(const VariantCase& c, const std::string& option, const std::string& otherwise);
std::int64_t integer_or(const VariantCase& c, const std::string& option, std::int64_t otherwise);
double number_or(const VariantCase& c, const std::string& option, double otherwise);
bool flag_or(const VariantCase& c, const std::string& option, bool otherwise);
// Real positions of an example when padding is `tail`.
std::int64_t tail_length(const VariantCase& c, std::int64_t b);

oracle::Array gaussian(std::vector<std::int64_t> shape, std::uint64_t seed, double deviation = 1.0);
oracle::Array constant(std::vector<std::int64_t> shape, double value);

// 1 for real positions of [B,N], as the padding of the case says.
oracle::Array key_mask(const VariantCase& c);
// Every input, mask, parameter, buffer and state of the case and d_out, with random values.
oracle::Arrays make_arrays(const VariantCase& c);
// The oracle's output, gradients and other results.
oracle::Result expected(const VariantCase& c, const oracle::Arrays& arrays);

// --- which variants are tested, and against what: every variant's test file adds its own

// A small setting at which every general property is tested.
struct Setting {
  Options options;
  bool causal = false;
  std::vector<Scope> scopes{Scope::core, Scope::layer};
  Traits traits{};
};

struct VariantUnderTest {
  std::string name;
  std::function<oracle::Result(const VariantCase&, const oracle::Arrays&)> oracle;
  std::function<std::vector<Setting>(std::int64_t seq_len)> settings;
  // Arrays that a caller may give and the suite does not ask for (global_positions, random_blocks).
  std::function<oracle::Arrays(const VariantCase&)> optional_arrays{};
  // Options under which the gradient is the derivative of the whole objective.
  Options smooth{};
  // Parameters that learn from what stands at padded positions, because memories keep that too.
  std::set<std::string> trained_on_padding{};
  // As in Traits, for all settings.
  bool shortens = true;
  bool heads_are_alike = true;
};

bool add_variant_under_test(VariantUnderTest variant);  // true, to initialise a constant with
const VariantUnderTest& variant_under_test(const std::string& name);

// The sizes of models.md section 8 for both scopes, with and without biases and padding; causal too where asked.
std::vector<VariantCase> covering_cases(const std::string& variant, const Options& options, bool with_causal);
// Every length of models.md section 8 at every setting; width, batch, heads, bias and padding change from case to case.
std::vector<VariantCase> every_length(const std::string& variant, const std::vector<Setting>& settings);
// Settings of one direction.
std::vector<Setting> settings_of(bool causal, const std::vector<Options>& options,
                                 const std::vector<Scope>& scopes = {Scope::core, Scope::layer});

template <class T>
std::vector<T> operator+(std::vector<T> a, const std::vector<T>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// The settings of every variant under test, bidirectional; and the causal ones.
std::vector<VariantCase> representative_cases(std::int64_t seq_len = 11);
std::vector<VariantCase> representative_causal_cases(std::int64_t seq_len = 11);

}  // namespace attnscope::variant_testing
