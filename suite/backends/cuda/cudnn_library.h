// cuDNN 9's backend interface, opened at run time: the part of it that one attention needs. Names and values are those
// of cudnn_graph.h, which the build need not have; where it has, the values are compared.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace attnscope::backends::gpu::cudnn {

// What cuDNN or the loader said, and what was asked.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class DescriptorType : int {
  engine_config = 3,
  engine_heuristics = 4,
  execution_plan = 5,
  operation_graph = 15,
  variant_pack = 16,
  tensor = 17,
  device_properties = 38,
  attention_forward = 41,
};

enum class Attribute : int {
  heuristics_mode = 200,
  heuristics_graph = 201,
  heuristics_results = 202,
  heuristics_device = 204,
  plan_handle = 400,
  plan_engine_config = 401,
  plan_workspace_bytes = 402,
  plan_device = 407,
  graph_handle = 800,
  graph_operations = 801,
  tensor_alignment = 900,
  tensor_data_type = 901,
  tensor_dimensions = 902,
  tensor_strides = 903,
  tensor_id = 906,
  tensor_is_by_value = 908,
  pack_ids = 1000,
  pack_pointers = 1001,
  pack_workspace = 1003,
  device_json = 2702,
  attention_q = 2800,
  attention_k = 2801,
  attention_v = 2802,
  attention_o = 2803,
  attention_scale = 2805,
};

enum class AttributeType : int {
  handle = 0,
  data_type = 1,
  boolean = 2,
  int64 = 3,
  pointer = 6,
  heuristics_mode = 8,
  descriptor = 15,
  character = 24,
};

enum class DataType : int { float32 = 0, float16 = 2, bfloat16 = 9 };
enum class HeuristicsMode : int { fallback = 2, best = 3 };

using Handle = void*;
using RawDescriptor = void*;

class Library {
 public:
  // Throws Error when there is none, or one before 9.13, the first
  // with attention as one operation. It stays open.
  Library();

  std::string version() const;  // "9.19.0"
  // Throws Error with cuDNN's words.
  void require(int status, const std::string& what) const;

  int (*create)(Handle*);
  int (*destroy)(Handle);
  int (*set_stream)(Handle, void* stream);
  int (*create_descriptor)(DescriptorType, RawDescriptor*);
  int (*destroy_descriptor)(RawDescriptor);
  int (*finalize)(RawDescriptor);
  int (*set_attribute)(RawDescriptor, Attribute, AttributeType, std::int64_t count, const void* elements);
  int (*get_attribute)(RawDescriptor, Attribute, AttributeType, std::int64_t wanted, std::int64_t* found,
                       void* elements);
  int (*execute)(Handle, RawDescriptor plan, RawDescriptor variant_pack);

 private:
  std::size_t (*get_version)();
  const char* (*error_string)(int);
  void (*last_error)(char*, std::size_t);
};

}  // namespace attnscope::backends::gpu::cudnn
