// One shape of exact attention as an execution plan of cuDNN: out = softmax(scale·q·kᵀ)·v, bidirectional.
#pragma once

#include <compare>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "suite/backends/cuda/cudnn_library.h"
#include "suite/tensor/dtype.h"

namespace attnscope::backends::gpu::cudnn {

// q [B,H,N,D], k [B,H,M,D], v [B,H,M,Dv], out [B,H,N,Dv], row-major.
struct AttentionShape {
  std::int64_t batch = 1, heads = 1, queries = 1, keys = 1, head_dim = 1, value_dim = 1;
  tensor::DType dtype = tensor::DType::bf16;
  auto operator<=>(const AttentionShape&) const = default;
};
std::string to_string(const AttentionShape& shape);

class Descriptor {
 public:
  Descriptor(const Library& library, DescriptorType type);

  // Throw Error naming `what` is set.
  void set(Attribute attribute, AttributeType type, std::int64_t count, const void* elements, const char* what);
  void set(Attribute attribute, const Descriptor& part, const char* what);
  void finalize(const char* what);
  RawDescriptor raw() const { return raw_.get(); }

 private:
  const Library& library_;
  std::unique_ptr<void, std::function<void(RawDescriptor)>> raw_;
};

// What to plan for: the device of a handle, or one of these properties (JSON, as cuDNN writes them), without a device.
struct Target {
  Handle handle = nullptr;
  std::string device_json{};
};

// Engine configurations for this shape, best first; none where cuDNN has no kernel.
std::vector<Descriptor> engine_configs(const Library& library, const AttentionShape& shape, const Target& target);

class AttentionPlan {
 public:
  // Of the first configuration that can be made. Throws Error when there is none.
  AttentionPlan(const Library& library, const AttentionShape& shape, const Target& target);

  std::int64_t workspace_bytes() const { return workspace_bytes_; }
  // Pointers to the device's memory, aligned to 16 bytes.
  void run(Handle handle, const void* q, const void* k, const void* v, void* out, float scale, void* workspace) const;

 private:
  const Library& library_;
  Descriptor plan_;
  std::int64_t workspace_bytes_ = 0;
};

}  // namespace attnscope::backends::gpu::cudnn
