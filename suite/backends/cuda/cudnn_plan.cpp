#include "suite/backends/cuda/cudnn_plan.h"

#include <array>
#include <fmt/format.h>
#include <optional>

namespace attnscope::backends::gpu::cudnn {

namespace {

enum class Operand : std::int64_t { q = 1, k, v, out, scale };

using Extents = std::array<std::int64_t, 4>;
constexpr std::int64_t alignment = 16;

DataType data_type(tensor::DType dtype) {
  return dtype == tensor::DType::fp16 ? DataType::float16 : DataType::bfloat16;
}

Descriptor tensor_of(const Library& library, Operand id, DataType type, const Extents& extents) {
  const Extents strides{extents[1] * extents[2] * extents[3], extents[2] * extents[3], extents[3], 1};
  const bool by_value = id == Operand::scale;
  Descriptor tensor(library, DescriptorType::tensor);
  tensor.set(Attribute::tensor_data_type, AttributeType::data_type, 1, &type, "a tensor's type");
  tensor.set(Attribute::tensor_dimensions, AttributeType::int64, 4, extents.data(), "a tensor's extents");
  tensor.set(Attribute::tensor_strides, AttributeType::int64, 4, strides.data(), "a tensor's strides");
  tensor.set(Attribute::tensor_id, AttributeType::int64, 1, &id, "a tensor's name");
  tensor.set(Attribute::tensor_alignment, AttributeType::int64, 1, &alignment, "a tensor's alignment");
  if (by_value) tensor.set(Attribute::tensor_is_by_value, AttributeType::boolean, 1, &by_value, "a scalar");
  tensor.finalize("a tensor");
  return tensor;
}

Descriptor attention_of(const Library& library, const AttentionShape& shape) {
  const auto& [batch, heads, queries, keys, head_dim, value_dim, dtype] = shape;
  const DataType type = data_type(dtype);
  Descriptor attention(library, DescriptorType::attention_forward);
  const auto set = [&](Attribute attribute, Operand id, DataType type, const Extents& extents) {
    attention.set(attribute, tensor_of(library, id, type, extents), "an operand of attention");
  };
  set(Attribute::attention_q, Operand::q, type, {batch, heads, queries, head_dim});
  set(Attribute::attention_k, Operand::k, type, {batch, heads, keys, head_dim});
  set(Attribute::attention_v, Operand::v, type, {batch, heads, keys, value_dim});
  set(Attribute::attention_o, Operand::out, type, {batch, heads, queries, value_dim});
  set(Attribute::attention_scale, Operand::scale, DataType::float32, {1, 1, 1, 1});
  attention.finalize("attention");
  return attention;
}

std::optional<Descriptor> device_of(const Library& library, const Target& target) {
  if (target.handle != nullptr) return std::nullopt;
  Descriptor device(library, DescriptorType::device_properties);
  device.set(Attribute::device_json, AttributeType::character, static_cast<std::int64_t>(target.device_json.size()) + 1,
             target.device_json.c_str(), "a device");
  device.finalize("a device");
  return device;
}

void set_target(Descriptor& descriptor, Attribute by_handle, Attribute by_properties, const Library& library,
                const Target& target) {
  if (const auto device = device_of(library, target)) {
    descriptor.set(by_properties, *device, "the device");
  } else {
    descriptor.set(by_handle, AttributeType::handle, 1, &target.handle, "the device");
  }
}

Descriptor plan_of(const Library& library, const AttentionShape& shape, const Target& target) {
  std::string reason = "it has no engine for it";
  for (const Descriptor& config : engine_configs(library, shape, target)) {
    try {
      Descriptor plan(library, DescriptorType::execution_plan);
      set_target(plan, Attribute::plan_handle, Attribute::plan_device, library, target);
      plan.set(Attribute::plan_engine_config, config, "an engine");
      plan.finalize("a plan");
      return plan;
    } catch (const Error& error) {
      reason = error.what();
    }
  }
  throw Error(fmt::format("cuDNN {} cannot compute attention of {}: {}", library.version(), to_string(shape), reason));
}

}  // namespace

std::string to_string(const AttentionShape& s) {
  return fmt::format("q [{},{},{},{}], k [{},{},{},{}] and v [..,{}] in {}", s.batch, s.heads, s.queries, s.head_dim,
                     s.batch, s.heads, s.keys, s.head_dim, s.value_dim, tensor::to_string(s.dtype));
}

Descriptor::Descriptor(const Library& library, DescriptorType type) : library_(library) {
  RawDescriptor raw = nullptr;
  library.require(library.create_descriptor(type, &raw), "making a descriptor");
  raw_ = {raw, [destroy = library.destroy_descriptor](RawDescriptor descriptor) { destroy(descriptor); }};
}

void Descriptor::set(Attribute attribute, AttributeType type, std::int64_t count, const void* elements,
                     const char* what) {
  library_.require(library_.set_attribute(raw(), attribute, type, count, elements), fmt::format("setting {}", what));
}

void Descriptor::set(Attribute attribute, const Descriptor& part, const char* what) {
  const RawDescriptor raw_part = part.raw();
  set(attribute, AttributeType::descriptor, 1, &raw_part, what);
}

void Descriptor::finalize(const char* what) {
  library_.require(library_.finalize(raw()), fmt::format("finishing {}", what));
}

std::vector<Descriptor> engine_configs(const Library& library, const AttentionShape& shape, const Target& target) {
  Descriptor graph(library, DescriptorType::operation_graph);
  if (target.handle != nullptr) {
    graph.set(Attribute::graph_handle, AttributeType::handle, 1, &target.handle, "the graph's device");
  }
  graph.set(Attribute::graph_operations, attention_of(library, shape), "the graph's operation");
  graph.finalize("the graph");

  std::vector<Descriptor> configs;
  for (const HeuristicsMode mode : {HeuristicsMode::best, HeuristicsMode::fallback}) {
    Descriptor heuristics(library, DescriptorType::engine_heuristics);
    heuristics.set(Attribute::heuristics_graph, graph, "the graph of heuristics");
    heuristics.set(Attribute::heuristics_mode, AttributeType::heuristics_mode, 1, &mode, "the mode of heuristics");
    if (const auto device = device_of(library, target)) {
      heuristics.set(Attribute::heuristics_device, *device, "the device of heuristics");
    }
    heuristics.finalize("heuristics");

    constexpr std::int64_t most = 16;
    std::vector<Descriptor> found;
    std::vector<RawDescriptor> raw;
    for (std::int64_t i = 0; i < most; ++i)
      raw.push_back(found.emplace_back(library, DescriptorType::engine_config).raw());
    std::int64_t count = 0;
    library.require(library.get_attribute(heuristics.raw(), Attribute::heuristics_results, AttributeType::descriptor,
                                          most, &count, raw.data()),
                    "asking for engines");
    for (std::int64_t i = 0; i < std::min(count, most); ++i)
      configs.push_back(std::move(found[static_cast<std::size_t>(i)]));
  }
  return configs;
}

AttentionPlan::AttentionPlan(const Library& library, const AttentionShape& shape, const Target& target)
    : library_(library), plan_(plan_of(library, shape, target)) {
  std::int64_t count = 0;
  library.require(library.get_attribute(plan_.raw(), Attribute::plan_workspace_bytes, AttributeType::int64, 1, &count,
                                        &workspace_bytes_),
                  "asking for the size of the workspace");
}

void AttentionPlan::run(Handle handle, const void* q, const void* k, const void* v, void* out, float scale,
                        void* workspace) const {
  constexpr std::array ids{Operand::q, Operand::k, Operand::v, Operand::out, Operand::scale};
  const std::array<const void*, 5> pointers{q, k, v, out, &scale};
  Descriptor pack(library_, DescriptorType::variant_pack);
  pack.set(Attribute::pack_ids, AttributeType::int64, ids.size(), ids.data(), "the operands' names");
  pack.set(Attribute::pack_pointers, AttributeType::pointer, pointers.size(), pointers.data(), "the operands");
  pack.set(Attribute::pack_workspace, AttributeType::pointer, 1, &workspace, "the workspace");
  pack.finalize("the operands");
  library_.require(library_.execute(handle, plan_.raw(), pack.raw()), "attention");
}

}  // namespace attnscope::backends::gpu::cudnn
