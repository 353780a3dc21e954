#include "suite/backends/cpu/onednn_matmul.h"

#include <array>
#include <dnnl.hpp>
#include <fmt/format.h>
#include <map>
#include <mutex>

namespace attnscope::backends::cpu {
namespace {

using dnnl::memory;
using tensor::Tensor;

memory::desc descriptor(const std::array<std::int64_t, 3>& extents, bool transposed) {
  const memory::dims dims(extents.begin(), extents.end());
  const memory::dims strides = transposed ? memory::dims{extents[1] * extents[2], 1, extents[1]}
                                          : memory::dims{extents[1] * extents[2], extents[2], 1};
  return {dims, memory::data_type::f32, strides};
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

using Key = std::array<std::int64_t, 9>;

Key key_of(const ops::MatmulArgs& args, const Schedule& schedule, bool accumulate) {
  const auto& c = args.c.shape();
  const std::int64_t inner = args.a.shape()[args.transpose_a ? 2 : 3];
  return {schedule.batch_a, schedule.batch_b, schedule.batch_c, c[2], c[3], inner,
          args.transpose_a, args.transpose_b, accumulate};
}

}  // namespace

struct OneDnnMatmul::Cache {
  struct Entry {
    memory::desc a, b, c, scratchpad;
    dnnl::matmul primitive;
  };
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::map<Key, Entry> entries;
  std::mutex mutex;

  const Entry& entry(const Key& key) {
    const std::lock_guard lock(mutex);
    const auto found = entries.find(key);
    if (found != entries.end()) return found->second;
    const auto [batch_a, batch_b, batch_c, rows, columns, inner, transpose_a, transpose_b, accumulate] = key;
    const memory::desc a = descriptor({batch_a, rows, inner}, transpose_a != 0);
    const memory::desc b = descriptor({batch_b, inner, columns}, transpose_b != 0);
    const memory::desc c = descriptor({batch_c, rows, columns}, false);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (accumulate != 0) {
      dnnl::post_ops post_ops;
      post_ops.append_sum(1.0f);
      attributes.set_post_ops(post_ops);
    }
    const auto description = describe(engine, a, b, c, attributes);
    return entries.emplace(key, Entry{a, b, c, description.scratchpad_desc(), dnnl::matmul(description)}).first->second;
  }
};

OneDnnMatmul::OneDnnMatmul() : cache_(std::make_unique<Cache>()) {}
OneDnnMatmul::~OneDnnMatmul() = default;

std::int64_t OneDnnMatmul::workspace_bytes(const ops::MatmulArgs& args) const {
  const Schedule schedule = schedule_for(args);
  auto bytes = cache_->entry(key_of(args, schedule, false)).scratchpad.get_size();
  if (schedule.outer * schedule.inner > 1) {
    bytes = std::max(bytes, cache_->entry(key_of(args, schedule, true)).scratchpad.get_size());
  }
  return static_cast<std::int64_t>(bytes);
}

void OneDnnMatmul::run(const ops::MatmulArgs& args, float* workspace) {
  const Schedule schedule = schedule_for(args);
  const auto& c_shape = args.c.shape();
  // First matrix of an operand in run (i, j); an axis of extent 1 does not move.
  const auto at = [](const Tensor& operand, std::int64_t i, std::int64_t j) {
    const auto& s = operand.shape();
    return operand.data<float>() + ((s[0] == 1 ? 0 : i) * s[1] + (s[1] == 1 ? 0 : j)) * s[2] * s[3];
  };
  for (std::int64_t i = 0; i < schedule.outer; ++i) {
    for (std::int64_t j = 0; j < schedule.inner; ++j) {
      const bool accumulate = (i > 0 && c_shape[0] == 1) || (j > 0 && c_shape[1] == 1);
      const auto& entry = cache_->entry(key_of(args, schedule, accumulate));
      const auto& engine = cache_->engine;
      entry.primitive.execute(cache_->stream, {{DNNL_ARG_SRC, memory(entry.a, engine, at(args.a, i, j))},
                                               {DNNL_ARG_WEIGHTS, memory(entry.b, engine, at(args.b, i, j))},
                                               {DNNL_ARG_DST, memory(entry.c, engine, at(args.c, i, j))},
                                               {DNNL_ARG_SCRATCHPAD, memory(entry.scratchpad, engine, workspace)}});
    }
  }
  cache_->stream.wait();
}

std::string OneDnnMatmul::version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch);
}

}  // namespace attnscope::backends::cpu
