#include "suite/backends/cuda/cudnn_library.h"

#include <array>
#include <dlfcn.h>
#include <fmt/format.h>

#if __has_include(<cudnn_graph.h>)
#include <cudnn_graph.h>
#endif

namespace attnscope::backends::gpu::cudnn {

namespace {

constexpr std::size_t first_version = 91300;  // 10000·major + 100·minor + patch

#if defined(CUDNN_VERSION) && CUDNN_VERSION >= 91300
template <class Ours, class Theirs>
constexpr bool same(Ours ours, Theirs theirs) {
  return static_cast<int>(ours) == static_cast<int>(theirs);
}
static_assert(same(DescriptorType::engine_config, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
static_assert(same(DescriptorType::engine_heuristics, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR));
static_assert(same(DescriptorType::execution_plan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR));
static_assert(same(DescriptorType::operation_graph, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR));
static_assert(same(DescriptorType::variant_pack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR));
static_assert(same(DescriptorType::tensor, CUDNN_BACKEND_TENSOR_DESCRIPTOR));
static_assert(same(DescriptorType::device_properties, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR));
static_assert(same(DescriptorType::attention_forward, CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR));
static_assert(same(Attribute::heuristics_mode, CUDNN_ATTR_ENGINEHEUR_MODE));
static_assert(same(Attribute::heuristics_graph, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH));
static_assert(same(Attribute::heuristics_results, CUDNN_ATTR_ENGINEHEUR_RESULTS));
static_assert(same(Attribute::heuristics_device, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP));
static_assert(same(Attribute::plan_engine_config, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG));
static_assert(same(Attribute::plan_workspace_bytes, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
static_assert(same(Attribute::plan_device, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP));
static_assert(same(Attribute::graph_operations, CUDNN_ATTR_OPERATIONGRAPH_OPS));
static_assert(same(Attribute::tensor_alignment, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT));
static_assert(same(Attribute::tensor_data_type, CUDNN_ATTR_TENSOR_DATA_TYPE));
static_assert(same(Attribute::tensor_dimensions, CUDNN_ATTR_TENSOR_DIMENSIONS));
static_assert(same(Attribute::tensor_strides, CUDNN_ATTR_TENSOR_STRIDES));
static_assert(same(Attribute::tensor_id, CUDNN_ATTR_TENSOR_UNIQUE_ID));
static_assert(same(Attribute::tensor_is_by_value, CUDNN_ATTR_TENSOR_IS_BY_VALUE));
static_assert(same(Attribute::pack_ids, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS));
static_assert(same(Attribute::pack_pointers, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS));
static_assert(same(Attribute::pack_workspace, CUDNN_ATTR_VARIANT_PACK_WORKSPACE));
static_assert(same(Attribute::device_json, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION));
static_assert(same(Attribute::attention_q, CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC));
static_assert(same(Attribute::attention_k, CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC));
static_assert(same(Attribute::attention_v, CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC));
static_assert(same(Attribute::attention_o, CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC));
static_assert(same(Attribute::attention_scale, CUDNN_ATTR_OPERATION_SDPA_FWD_SCALEDESC));
static_assert(same(AttributeType::handle, CUDNN_TYPE_HANDLE));
static_assert(same(AttributeType::data_type, CUDNN_TYPE_DATA_TYPE));
static_assert(same(AttributeType::boolean, CUDNN_TYPE_BOOLEAN));
static_assert(same(AttributeType::int64, CUDNN_TYPE_INT64));
static_assert(same(AttributeType::pointer, CUDNN_TYPE_VOID_PTR));
static_assert(same(AttributeType::heuristics_mode, CUDNN_TYPE_HEUR_MODE));
static_assert(same(AttributeType::descriptor, CUDNN_TYPE_BACKEND_DESCRIPTOR));
static_assert(same(AttributeType::character, CUDNN_TYPE_CHAR));
static_assert(same(DataType::float32, CUDNN_DATA_FLOAT));
static_assert(same(DataType::float16, CUDNN_DATA_HALF));
static_assert(same(DataType::bfloat16, CUDNN_DATA_BFLOAT16));
static_assert(same(HeuristicsMode::fallback, CUDNN_HEUR_MODE_FALLBACK));
static_assert(same(HeuristicsMode::best, CUDNN_HEUR_MODE_A));
#endif

void* open() {
  // The second ends the process where its parts are missing, so the part that is needed goes first.
  std::string reasons;
  for (const char* name : {"libcudnn_graph.so.9", "libcudnn.so.9"}) {
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    reasons += fmt::format("; {}", dlerror());
  }
  throw Error("cuDNN 9 cannot be opened" + reasons);
}

template <class Function>
void load(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  if (function == nullptr) throw Error(fmt::format("cuDNN has no function {}", name));
}

}  // namespace

Library::Library() {
  void* library = open();
  load(library, "cudnnGetVersion", get_version);
  load(library, "cudnnGetErrorString", error_string);
  load(library, "cudnnGetLastErrorString", last_error);
  if (get_version() < first_version) {
    throw Error(fmt::format("cuDNN {} has no single operation of attention; the first that has is 9.13", version()));
  }
  load(library, "cudnnCreate", create);
  load(library, "cudnnDestroy", destroy);
  load(library, "cudnnSetStream", set_stream);
  load(library, "cudnnBackendCreateDescriptor", create_descriptor);
  load(library, "cudnnBackendDestroyDescriptor", destroy_descriptor);
  load(library, "cudnnBackendFinalize", finalize);
  load(library, "cudnnBackendSetAttribute", set_attribute);
  load(library, "cudnnBackendGetAttribute", get_attribute);
  load(library, "cudnnBackendExecute", execute);
}

std::string Library::version() const {
  const std::size_t number = get_version();
  return fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

void Library::require(int status, const std::string& what) const {
  if (status == 0) return;
  std::array<char, 1024> detail{};
  last_error(detail.data(), detail.size());
  throw Error(fmt::format("cuDNN {}: {}: {} {}", version(), what, error_string(status), detail.data()));
}

}  // namespace attnscope::backends::gpu::cudnn
