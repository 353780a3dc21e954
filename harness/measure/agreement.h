// Whether the results of a backend are right, and by which rule.
//
// In float32 each result must equal that of the float64 reference within a fixed share of its scale. Element types of
// less precision are held to the same at first. Where that fails, the kernels may still be right: a result may hang on
// its operands so much (a hidden unit near zero, a denominator near a threshold, terms that cancel) that storing the
// tensors in that type moves it further. What storing does is therefore measured, with the reference itself:
//
//   exact    within the tolerance of the float64 reference
//   stored   within the tolerance of the reference that computes in float64 and stores every result in the case's
//   types;
//            for tf32, whose types are float32, of the one that rounds the factors of products
//   spread   per row, within the tolerance and twice what such references, rounding up or down by chance, are away from
//            the float64 one; and so is the root mean square of the whole array
//
// In float16, whose range is small, values that are not finite are no fault where that reference's are not either: then
// nothing can be said.
//
// By the last two rules an array can only be right as long as what they allow is less than half of its size. Beyond
// that storing leaves noise, and nothing can be said of the kernels.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/measure/compare.h"
#include "suite/ops/backend.h"

namespace attnscope::harness::measure {

enum class ErrorRule { exact, stored, spread };  // from strict to lenient
std::string_view to_string(ErrorRule rule);

struct Agreement {
  Difference largest{};               // from the float64 reference, of all arrays
  double allowed = 0;                 // for it
  ErrorRule rule{};                   // the most lenient one that an array needed
  std::vector<std::string> arrays{};  // those not right by `exact`
  // Why it is not right; why nothing can be said.
  std::optional<std::string> fault{}, undecidable{};
};

// The results of the case on another backend, with the same inputs, parameters and choices.
using Rerun = std::function<std::vector<NamedArray>(ops::Backend&)>;

// Compares results as compare_sessions() does. `expected` is the float64 reference's, `actual` that of `measured`.
// Runs the reference again only where an element type below float32 fails by the first rule: once, and at most
// `most_repetitions` times by chance. More of them see rarer jumps (a hidden unit that changes sides), so fewer right
// results are taken for wrong ones.
Agreement agreement(const std::vector<NamedArray>& actual, const std::vector<NamedArray>& expected,
                    const ops::Backend& measured, const Rerun& rerun, int most_repetitions = 16);

}  // namespace attnscope::harness::measure
