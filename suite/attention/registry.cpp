#include "suite/attention/registry.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "suite/attention/variants.h"

namespace attnscope::attention {
namespace {

struct Entry {
  std::string name;
  VariantFactory factory;
};

std::vector<Entry>& entries() {
  static std::vector<Entry> list{
      {"softmax", make_softmax},
      {"flash", make_flash},
      {"memory_compressed", make_memory_compressed},
      {"image_transformer", make_image_transformer},
      {"set_transformer", make_set_transformer},
      {"transformer_xl", make_transformer_xl},
      {"sparse_transformer", make_sparse_transformer},
      {"reformer", make_reformer},
      {"routing", make_routing},
      {"axial", make_axial},
      {"compressive", make_compressive},
      {"sinkhorn", make_sinkhorn},
      {"longformer", make_longformer},
      {"etc", make_etc},
      {"synthesizer", make_synthesizer},
      {"performer", make_performer},
      {"linformer", make_linformer},
      {"linear_transformer", make_linear_transformer},
      {"bigbird", make_bigbird},
      {"cudnn_sdpa", make_cudnn_sdpa},
  };
  return list;
}

std::vector<std::string> names_of(bool peers) {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) {
    if (entry.factory()->info().peer == peers) names.push_back(entry.name);
  }
  return names;
}

}  // namespace

std::vector<std::string> variant_names() { return names_of(false); }
std::vector<std::string> peer_names() { return names_of(true); }

std::vector<std::string> all_names() {
  std::vector<std::string> names = variant_names();
  std::ranges::move(peer_names(), std::back_inserter(names));
  return names;
}

std::unique_ptr<Variant> make_variant(std::string_view name) {
  const auto found = std::ranges::find(entries(), name, &Entry::name);
  if (found == entries().end()) {
    throw UnknownVariant(fmt::format("no variant '{}'; there are {}", name, fmt::join(all_names(), ", ")));
  }
  return found->factory();
}

void register_variant(std::string name, VariantFactory factory) { entries().push_back({std::move(name), factory}); }

}  // namespace attnscope::attention
