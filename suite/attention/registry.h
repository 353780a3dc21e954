// The list of variants. A new variant is one file and one line in registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "suite/attention/variant.h"

namespace attnscope::attention {

using VariantFactory = std::unique_ptr<Variant> (*)();

// Names in the order of `list variants`: the exact baselines first, then the survey's models.
std::vector<std::string> variant_names();
// Other people's implementations, which variant_names() leaves out.
std::vector<std::string> peer_names();
// Both: everything that make_variant() knows.
std::vector<std::string> all_names();

struct UnknownVariant : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A variant with default hyper-parameters. Throws UnknownVariant with the known names.
std::unique_ptr<Variant> make_variant(std::string_view name);

// Adds a variant to the list; tests use it to plant faulty ones.
void register_variant(std::string name, VariantFactory factory);

}  // namespace attnscope::attention
