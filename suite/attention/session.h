// A variant at one problem on one backend, with its inputs and parameters in place, ready to run again and again.
//
// The same class serves every use: `reference` in float64 checks, `cpu` measures, `meta` predicts cost and memory
// without data.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "suite/attention/variant.h"
#include "suite/ops/argument_store.h"
#include "suite/ops/backend.h"
#include "suite/ops/cost.h"
#include "suite/ops/profiler.h"
#include "suite/tensor/host_array.h"

namespace attnscope::attention {

struct MemoryReport {
  std::int64_t arguments_bytes = 0;  // inputs and parameters (and d_out when training), live before the run
  std::int64_t peak_bytes = 0;       // highest live bytes during the run, minus arguments_bytes
  std::int64_t peak_activations_bytes = 0, peak_workspace_bytes = 0;  // peak_bytes by category
  std::int64_t reserved_bytes = 0;  // held from the system at most, arguments included
  std::int64_t allocations = 0;     // pool requests per run
};

struct SessionOptions {
  std::uint64_t seed = 1;
  // Arrays by name: inputs, parameters, "d_out". What is not given is generated from the seed (gaussian inputs,
  // initialised parameters), with the same values on every backend.
  std::map<std::string, tensor::HostArray> given{};
  std::int64_t memory_limit_bytes = 0;  // the pool refuses to grow beyond it; 0: no limit
};

class Session {
 public:
  // Throws std::invalid_argument when the problem is unsupported (variant.unsupported says why) or a given array has
  // the wrong shape or name; tensor::OutOfMemory when arguments do not fit.
  Session(const Variant& variant, const Problem& problem, ops::Backend& backend, SessionOptions options = {});
  ~Session();

  // One forward pass, or forward and backward in training mode. Results stay readable until the next run.
  void run();

  // --- of the last run
  tensor::HostArray output() const;                           // O [B,H,N,D] or Y [B,N,E]
  tensor::HostArray gradient(const std::string& name) const;  // of an input or trainable parameter, training only
  // States, decisions and auxiliary losses by name, in the order the variant yields them.
  std::vector<std::string> results() const;
  std::vector<std::string> decisions() const;  // those of the results that are choices
  tensor::HostArray result(const std::string& name) const;
  double auxiliary_objective() const;   // Σ weight · auxiliary loss: what training adds to Σ d_out ⊙ output
  const ops::CostLedger& cost() const;  // per op and in total
  const MemoryReport& memory() const;

  // Inputs and parameters: name, shape, role, initialiser; in the order the variant asks for them.
  const std::vector<ops::ArgumentSpec>& arguments() const;
  tensor::HostArray argument(const std::string& name) const;
  void set_profiler(ops::Profiler* profiler);  // nullptr: none. Called after every op of later runs.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Exact FLOPs, bytes and peak memory of a problem on `target`, computed without data (the `meta` backend).
struct Prediction {
  ops::Cost cost;
  MemoryReport memory;
  std::vector<ops::ArgumentSpec> arguments;
};
Prediction predict(const Variant& variant, const Problem& problem, const ops::Backend& target);

// FLOPs of exact softmax attention on the same problem, by the convention of the FlashAttention papers: 2 per
// multiply-add, causal counts the triangle, decode one row, backward = 2.5 × forward of the core (and 2 × for
// projections).
std::int64_t dense_flops(const Problem& problem);

}  // namespace attnscope::attention
