// Inputs and parameters by name. A variant asks for them as it runs; the first asking declares, allocates and
// initialises them, so that names, shapes and initialisers are written once, where they are used.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "suite/ops/backend.h"
#include "suite/tensor/host_array.h"
#include "suite/tensor/tensor.h"

namespace attnscope::ops {

// Fills row-major values from a seed: the same on every backend.
struct Initializer {
  std::string name;  // "gaussian(0, 1)", "xavier_uniform", "zeros", …: shown by describe
  std::function<void(std::uint64_t seed, const tensor::Shape& shape, std::span<double> values)> fill;
  std::string seed_name;  // whose seed it takes; "": its own name's
};

enum class Role {
  input,      // differentiable data: q, k, v, x
  mask,       // data without a gradient: key_mask, global_positions
  parameter,  // trainable
  buffer,     // part of the model but not trained: Performer's random projection
  state,      // left by earlier segments or steps, without a gradient: Transformer-XL's memory
};
std::string_view to_string(Role role);

struct ArgumentSpec {
  std::string name;
  tensor::Shape shape;
  Role role;
  std::string initializer;
};

class ArgumentStore {
 public:
  // Refers to pool and backend; arguments are of the backend's type and lie in its memory.
  ArgumentStore(tensor::MemoryPool& pool, Backend& backend, std::uint64_t seed,
                std::map<std::string, tensor::HostArray> given);

  // The argument of that name; made on first use. Throws std::invalid_argument when a given array has another shape.
  // Masks have the type of statistics and everything else the backend's, unless another is asked for.
  tensor::Tensor get(const std::string& name, const tensor::Shape& shape, Role role, const Initializer& init,
                     std::optional<tensor::DType> dtype = std::nullopt);
  // Makes the argument of that name in another store, the same way.
  void declare_in(ArgumentStore& other, const std::string& name) const;
  // What an argument of that name is, or would be, generated from.
  std::uint64_t seed_of(const std::string& name) const;
  bool has_given(const std::string& name) const { return given_.contains(name); }
  // Whole numbers given under that name (already known under `meta`, where tensors hold no data), or nullptr.
  const tensor::HostArray* given(const std::string& name) const;

  const std::vector<ArgumentSpec>& specs() const { return specs_; }
  const tensor::Tensor& tensor(const std::string& name) const;  // throws std::out_of_range
  // Throws std::invalid_argument naming given arrays that nobody asked for, and the names that exist.
  void require_all_given_used() const;

 private:
  tensor::MemoryPool& pool_;
  Backend& backend_;
  std::uint64_t seed_;
  std::map<std::string, tensor::HostArray> given_;
  std::map<std::string, tensor::Tensor> tensors_;
  std::vector<ArgumentSpec> specs_;
  std::map<std::string, Initializer> initializers_;
};

}  // namespace attnscope::ops
