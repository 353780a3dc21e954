#include "suite/backends/cpu/onednn_matmul.h"

#include <array>
#include <dnnl.hpp>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <optional>

#include "suite/backends/cpu/kernels.h"

namespace attnscope::backends::cpu {
namespace {

using dnnl::memory;
using tensor::Tensor;

using tensor::DType;

memory::data_type type_of(DType dtype) {
  return dtype == DType::bf16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc descriptor(const std::array<std::int64_t, 3>& extents, bool transposed, DType dtype) {
  const memory::dims dims(extents.begin(), extents.end());
  const memory::dims strides = transposed ? memory::dims{extents[1] * extents[2], 1, extents[1]}
                                          : memory::dims{extents[1] * extents[2], extents[2], 1};
  return {dims, type_of(dtype), strides};
}

// The one difference between oneDNN 2.x and 3.x that matters here: how a primitive is described.
dnnl::matmul::primitive_desc describe(const dnnl::engine& engine, const memory::desc& a, const memory::desc& b,
                                      const memory::desc& c, const dnnl::primitive_attr& attributes) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine, a, b, c, attributes};
#else
  return {dnnl::matmul::desc(a, b, c), attributes, engine};
#endif
}

// How the batch [B0 × B1] of a product is executed: a loop over [outer × inner] primitives, each over a batch of its
// own whose extents of 1 broadcast. What a primitive cannot do (broadcast along one of two axes, sum over a batch) the
// loop does, sums as chains of accumulating runs.
struct Schedule {
  std::int64_t outer = 1, inner = 1;
  std::int64_t batch_a = 1, batch_b = 1, batch_c = 1;
};

Schedule schedule_for(const ops::MatmulArgs& args) {
  const auto& a = args.a.shape();
  const auto& b = args.b.shape();
  const auto& c = args.c.shape();
  const std::int64_t outer = std::max(a[0], b[0]);
  const std::int64_t inner = std::max(a[1], b[1]);
  const auto whole = [&](const tensor::Shape& s) { return s[0] == outer && s[1] == inner; };
  const auto whole_or_single = [&](const tensor::Shape& s) { return whole(s) || s[0] * s[1] == 1; };
  if (whole(c) && whole_or_single(a) && whole_or_single(b)) return {1, 1, a[0] * a[1], b[0] * b[1], outer * inner};
  if (c[1] == inner) return {outer, 1, a[1], b[1], c[1]};
  return {outer, inner, 1, 1, 1};
}

// Whether several runs of the schedule add to the same matrix of c.
bool sums(const Schedule& schedule, const tensor::Shape& c) {
  return (schedule.outer > 1 && c[0] == 1) || (schedule.inner > 1 && c[1] == 1);
}

// A primitive: batches, extents, which operands are transposed, whether it adds to c, element types.
using Key = std::array<std::int64_t, 11>;

Key key_of(const ops::MatmulArgs& args, const Schedule& schedule, bool accumulate, DType operands, DType result) {
  const auto& c = args.c.shape();
  const std::int64_t inner = args.a.shape()[args.transpose_a ? 2 : 3];
  return {schedule.batch_a,
          schedule.batch_b,
          schedule.batch_c,
          c[2],
          c[3],
          inner,
          args.transpose_a,
          args.transpose_b,
          accumulate,
          static_cast<std::int64_t>(operands),
          static_cast<std::int64_t>(result)};
}

constexpr std::int64_t round_up(std::int64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

struct OneDnnMatmul::Cache {
  struct Entry {
    memory::desc a, b, c, scratchpad;
    dnnl::matmul primitive;
  };
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<Key, std::optional<Entry>> entries;
  std::mutex mutex;

  // nullptr when the library has no such product for this processor.
  const Entry* entry(const Key& key) {
    const std::lock_guard lock(mutex);
    auto found = entries.find(key);
    if (found == entries.end()) found = entries.emplace(key, make(key)).first;
    return found->second ? &*found->second : nullptr;
  }

 private:
  std::optional<Entry> make(const Key& key) const {
    const auto [batch_a, batch_b, batch_c, rows, columns, inner, transpose_a, transpose_b, accumulate, operands,
                result] = key;
    const auto operand_type = static_cast<DType>(operands);
    const memory::desc a = descriptor({batch_a, rows, inner}, transpose_a != 0, operand_type);
    const memory::desc b = descriptor({batch_b, inner, columns}, transpose_b != 0, operand_type);
    const memory::desc c = descriptor({batch_c, rows, columns}, false, static_cast<DType>(result));
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (accumulate != 0) {
      dnnl::post_ops post_ops;
      post_ops.append_sum(1.0f);
      attributes.set_post_ops(post_ops);
    }
    try {
      const auto description = describe(engine, a, b, c, attributes);
      return Entry{a, b, c, description.scratchpad_desc(), dnnl::matmul(description)};
    } catch (const dnnl::error& error) {
      if (error.status != dnnl_unimplemented || operand_type == DType::f32) throw;
      return std::nullopt;
    }
  }
};

// How a product is executed: its primitives, and which operands are copies in float32. Sums over several runs are kept
// in float32; without bfloat16 in the library, which asks for AVX-512 on x86-64, everything is.
struct OneDnnMatmul::Plan {
  const ops::MatmulArgs& args;
  Schedule schedule;
  bool wide_operands = false, wide_result = false;
  const Cache::Entry* entry = nullptr;
  const Cache::Entry* adding = nullptr;  // where runs add to c
  std::int64_t scratchpad = 0;           // bytes

  Plan(Cache& cache, const ops::MatmulArgs& args) : args(args), schedule(schedule_for(args)) {
    const bool adds = sums(schedule, args.c.shape());
    wide_result = adds && args.c.dtype() == DType::bf16;
    if (!find(cache, adds)) {
      wide_operands = true;
      wide_result = args.c.dtype() == DType::bf16;
      find(cache, adds);
    }
    scratchpad = bytes_of(entry);
    if (adds) scratchpad = std::max(scratchpad, bytes_of(adding));
    scratchpad = round_up(scratchpad);
  }

  static std::int64_t bytes_of(const Cache::Entry* entry) {
    return static_cast<std::int64_t>(entry->scratchpad.get_size());
  }
  static std::int64_t widened_bytes(bool wide, const Tensor& x) {
    return wide ? round_up(x.elements() * static_cast<std::int64_t>(sizeof(float))) : 0;
  }
  std::int64_t workspace_bytes() const {
    return scratchpad + widened_bytes(wide_operands, args.a) + widened_bytes(wide_operands, args.b) +
           widened_bytes(wide_result, args.c);
  }

 private:
  bool find(Cache& cache, bool adds) {
    const DType operands = wide_operands ? DType::f32 : args.a.dtype(),
                result = wide_result ? DType::f32 : args.c.dtype();
    entry = cache.entry(key_of(args, schedule, false, operands, result));
    adding = adds ? cache.entry(key_of(args, schedule, true, operands, result)) : entry;
    return entry != nullptr && adding != nullptr;
  }
};

OneDnnMatmul::OneDnnMatmul() : cache_(std::make_unique<Cache>()) {}
OneDnnMatmul::~OneDnnMatmul() = default;

std::int64_t OneDnnMatmul::workspace_bytes(const ops::MatmulArgs& args) const {
  return Plan(*cache_, args).workspace_bytes();
}

void OneDnnMatmul::run(const ops::MatmulArgs& args, char* workspace, int threads) {
  const Plan plan(*cache_, args);
  const auto& schedule = plan.schedule;
  char* scratch = workspace + plan.scratchpad;
  // The elements of an operand, or room for them in float32.
  const auto elements = [&](bool wide, const Tensor& x) {
    if (!wide) return x.data<char>();
    char* copy = scratch;
    scratch += Plan::widened_bytes(true, x);
    return copy;
  };
  const auto operand = [&](const Tensor& x) {
    char* data = elements(plan.wide_operands, x);
    if (plan.wide_operands) widen(x, reinterpret_cast<float*>(data), threads);
    return data;
  };
  char* const a = operand(args.a);
  char* const b = operand(args.b);
  char* const c = elements(plan.wide_result, args.c);
  // First matrix of an operand in run (i, j); an axis of extent 1 does not move.
  const auto at = [](char* data, const Tensor& x, bool wide, std::int64_t i, std::int64_t j) {
    const auto& s = x.shape();
    const std::int64_t matrix = (s[0] == 1 ? 0 : i) * s[1] + (s[1] == 1 ? 0 : j);
    const auto size = static_cast<std::int64_t>(wide ? sizeof(float) : tensor::size_of(x.dtype()));
    return data + matrix * s[2] * s[3] * size;
  };
  const auto& engine = cache_->engine;
  for (std::int64_t i = 0; i < schedule.outer; ++i) {
    for (std::int64_t j = 0; j < schedule.inner; ++j) {
      const bool adds = (i > 0 && args.c.shape()[0] == 1) || (j > 0 && args.c.shape()[1] == 1);
      const auto& entry = adds ? *plan.adding : *plan.entry;
      entry.primitive.execute(cache_->stream,
                              {{DNNL_ARG_SRC, memory(entry.a, engine, at(a, args.a, plan.wide_operands, i, j))},
                               {DNNL_ARG_WEIGHTS, memory(entry.b, engine, at(b, args.b, plan.wide_operands, i, j))},
                               {DNNL_ARG_DST, memory(entry.c, engine, at(c, args.c, plan.wide_result, i, j))},
                               {DNNL_ARG_SCRATCHPAD, memory(entry.scratchpad, engine, workspace)}});
    }
  }
  cache_->stream.wait();
  if (plan.wide_result) round(reinterpret_cast<const float*>(c), args.c, threads);
}

std::string OneDnnMatmul::version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch);
}

}  // namespace attnscope::backends::cpu
