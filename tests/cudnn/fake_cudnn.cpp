// A cuDNN that knows one operation and computes it on the host, in the numbers of the real header: what a plan is given
// comes out as attention of it, or as an error.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <cudnn_graph.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Descriptor {
  cudnnBackendDescriptorType_t type;
  std::map<int, std::vector<char>> attributes;
  bool finalized = false;

  template <class T>
  const T* get(cudnnBackendAttributeName_t name) const {
    return reinterpret_cast<const T*>(attributes.at(name).data());
  }
  const Descriptor& part(cudnnBackendAttributeName_t name) const { return **get<const Descriptor*>(name); }
};

std::string last_error;
cudnnStatus_t fail(const char* what) {
  last_error = what;
  return CUDNN_STATUS_BAD_PARAM;
}

std::size_t size_of(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_CHAR:
    case CUDNN_TYPE_BOOLEAN:
      return 1;
    case CUDNN_TYPE_DATA_TYPE:
    case CUDNN_TYPE_HEUR_MODE:
      return 4;
    default:
      return 8;
  }
}

float widened(const std::uint16_t* values, std::int64_t i) {  // bfloat16
  const std::uint32_t bits = std::uint32_t{values[i]} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
std::uint16_t narrowed(float value) {  // towards zero: the test allows for it
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}

struct View {
  const std::int64_t *extents, *strides;
  std::int64_t at(std::int64_t b, std::int64_t h, std::int64_t row, std::int64_t column) const {
    return b * strides[0] + h * strides[1] + row * strides[2] + column * strides[3];
  }
};

View view(const Descriptor& tensor) {
  return {tensor.get<std::int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS), tensor.get<std::int64_t>(CUDNN_ATTR_TENSOR_STRIDES)};
}

int handle;
void* queue;

}  // namespace

extern "C" {

std::size_t cudnnGetVersion() {
  const char* version = std::getenv("FAKE_CUDNN_VERSION");
  return version != nullptr ? std::strtoul(version, nullptr, 10) : 91900;
}
const char* cudnnGetErrorString(cudnnStatus_t) { return "CUDNN_STATUS_FAKE"; }
void cudnnGetLastErrorString(char* message, std::size_t size) { std::strncpy(message, last_error.c_str(), size - 1); }
cudnnStatus_t cudnnCreate(cudnnHandle_t* made) {
  *made = reinterpret_cast<cudnnHandle_t>(&handle);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t) { return CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t stream) {
  queue = stream;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* made) {
  *made = new Descriptor{type, {}};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  // What a descriptor was set from may be destroyed before it, as in cuDNN; here it is kept for good.
  return descriptor != nullptr ? CUDNN_STATUS_SUCCESS : fail("no descriptor");
}
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, std::int64_t count, const void* elements) {
  auto& target = *static_cast<Descriptor*>(descriptor);
  if (target.finalized) return fail("set after it was finished");
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR && !(*static_cast<Descriptor* const*>(elements))->finalized) {
    return fail("a part that is not finished");
  }
  const char* bytes = static_cast<const char*>(elements);
  target.attributes[name] = {bytes, bytes + static_cast<std::size_t>(count) * size_of(type)};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  auto& target = *static_cast<Descriptor*>(descriptor);
  if (target.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR && target.attributes.size() != 2) {
    return fail("a plan without a device and an engine");
  }
  target.finalized = true;
  return CUDNN_STATUS_SUCCESS;
}

// One engine, which is the attention of the graph itself; a workspace of 64 bytes.
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t, std::int64_t, std::int64_t* count, void* elements) {
  const auto& source = *static_cast<const Descriptor*>(descriptor);
  if (!source.finalized) return fail("asked before it was finished");
  *count = 1;
  if (name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE) {
    *static_cast<std::int64_t*>(elements) = 64;
    return CUDNN_STATUS_SUCCESS;
  }
  Descriptor& config = **static_cast<Descriptor**>(elements);
  config.attributes[CUDNN_ATTR_ENGINECFG_ENGINE] = source.attributes.at(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
  config.finalized = true;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t given, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack) {
  if (given != reinterpret_cast<cudnnHandle_t>(&handle)) return fail("another handle");
  const auto& pointers = *static_cast<Descriptor*>(pack);
  if (*pointers.get<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE) == nullptr) return fail("no workspace");
  const Descriptor& attention = static_cast<Descriptor*>(plan)
                                    ->part(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)
                                    .part(CUDNN_ATTR_ENGINECFG_ENGINE)
                                    .part(CUDNN_ATTR_OPERATIONGRAPH_OPS);
  const auto data = [&](const Descriptor& tensor) {
    const std::int64_t id = *tensor.get<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
    const auto* ids = pointers.get<std::int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
    std::size_t place = 0;
    while (ids[place] != id) ++place;
    return pointers.get<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS)[place];
  };
  const Descriptor &q = attention.part(CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC),
                   &k = attention.part(CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC),
                   &v = attention.part(CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC),
                   &o = attention.part(CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC),
                   &s = attention.part(CUDNN_ATTR_OPERATION_SDPA_FWD_SCALEDESC);
  for (const Descriptor* tensor : {&q, &k, &v, &o}) {
    if (*tensor->get<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE) != CUDNN_DATA_BFLOAT16) return fail("not bfloat16");
  }
  if (!*s.get<bool>(CUDNN_ATTR_TENSOR_IS_BY_VALUE)) return fail("the scale lies in the device's memory");
  const float scale = *static_cast<const float*>(data(s));
  const auto* queries = static_cast<const std::uint16_t*>(data(q));
  const auto* keys = static_cast<const std::uint16_t*>(data(k));
  const auto* values = static_cast<const std::uint16_t*>(data(v));
  auto* out = static_cast<std::uint16_t*>(data(o));
  const View qs = view(q), ks = view(k), vs = view(v), os = view(o);
  for (std::int64_t b = 0; b < os.extents[0]; ++b) {
    for (std::int64_t h = 0; h < os.extents[1]; ++h) {
      for (std::int64_t i = 0; i < os.extents[2]; ++i) {
        std::vector<float> sums(static_cast<std::size_t>(os.extents[3]));
        float total = 0;
        for (std::int64_t j = 0; j < ks.extents[2]; ++j) {
          float score = 0;
          for (std::int64_t c = 0; c < qs.extents[3]; ++c) {
            score += widened(queries, qs.at(b, h, i, c)) * widened(keys, ks.at(b, h, j, c));
          }
          const float weight = std::exp(scale * score);
          total += weight;
          for (std::size_t c = 0; c < sums.size(); ++c) {
            sums[c] += weight * widened(values, vs.at(b, h, j, static_cast<std::int64_t>(c)));
          }
        }
        for (std::size_t c = 0; c < sums.size(); ++c) {
          out[os.at(b, h, i, static_cast<std::int64_t>(c))] = narrowed(sums[c] / total);
        }
      }
    }
  }
  return CUDNN_STATUS_SUCCESS;
}

}  // extern "C"
