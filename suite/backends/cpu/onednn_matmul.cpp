#include "suite/backends/cpu/onednn_matmul.h"

#include <fmt/format.h>

#include <array>
#include <dnnl.hpp>
#include <map>
#include <mutex>

namespace attnscope::backends::cpu {
namespace {

using dnnl::memory;

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

// How the batch [B0 × B1] of a product is executed: `runs` primitives over `batch` matrices each. Operands step by
// `step` matrices from run to run; the sum over a batch axis (extent 1 in c) is a chain of accumulating runs.
struct Schedule {
  std::int64_t runs = 1;
  std::int64_t batch_a = 1, batch_b = 1, batch_c = 1;  // extents inside a primitive (1 broadcasts)
  bool accumulates = false;
};

// An axis is either inside the primitive or a loop around it. Both axes go inside when they can be read as one.
Schedule schedule_for(const ops::MatmulArgs& args) {
  const auto& a = args.a.shape();
  const auto& b = args.b.shape();
  const auto& c = args.c.shape();
  const std::int64_t outer = std::max(a[0], b[0]);
  const std::int64_t inner = std::max(a[1], b[1]);
  Schedule schedule;
  if (c[0] * c[1] == 1 && outer * inner > 1) {
    schedule.runs = outer * inner;
    schedule.accumulates = true;
    return schedule;
  }
  const auto whole = [&](const tensor::Shape& s) { return s[0] == outer && s[1] == inner; };
  const auto single = [](const tensor::Shape& s) { return s[0] * s[1] == 1; };
  if (whole(c) && (whole(a) || single(a)) && (whole(b) || single(b))) {
    schedule.batch_a = a[0] * a[1];
    schedule.batch_b = b[0] * b[1];
    schedule.batch_c = outer * inner;
    return schedule;
  }
  schedule.runs = outer;
  schedule.batch_a = a[1];
  schedule.batch_b = b[1];
  schedule.batch_c = c[1];
  schedule.accumulates = c[0] == 1 && outer > 1;
  return schedule;
}

using Key = std::array<std::int64_t, 9>;

Key key_of(const ops::MatmulArgs& args, const Schedule& schedule, bool accumulate) {
  const auto& c = args.c.shape();
  const std::int64_t inner = args.a.shape()[args.transpose_a ? 2 : 3];
  return {schedule.batch_a, schedule.batch_b, schedule.batch_c, c[2],      c[3], inner, args.transpose_a,
          args.transpose_b, accumulate};
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
    return entries.emplace(key, Entry{a, b, c, description.scratchpad_desc(), dnnl::matmul(description)})
        .first->second;
  }
};

OneDnnMatmul::OneDnnMatmul() : cache_(std::make_unique<Cache>()) {}
OneDnnMatmul::~OneDnnMatmul() = default;

std::int64_t OneDnnMatmul::workspace_bytes(const ops::MatmulArgs& args) const {
  const Schedule schedule = schedule_for(args);
  auto bytes = cache_->entry(key_of(args, schedule, false)).scratchpad.get_size();
  if (schedule.accumulates) bytes = std::max(bytes, cache_->entry(key_of(args, schedule, true)).scratchpad.get_size());
  return static_cast<std::int64_t>(bytes);
}

void OneDnnMatmul::run(const ops::MatmulArgs& args, float* workspace) {
  const Schedule schedule = schedule_for(args);
  const auto matrix = [](const tensor::Shape& s) { return s[2] * s[3]; };
  // Whether an operand moves on from run to run: it does unless it is broadcast (or the sum) over the looped axis.
  const auto step = [&](const tensor::Shape& s, std::int64_t batch) {
    return s[0] * s[1] > batch ? batch * matrix(s) : std::int64_t{0};
  };
  float* a = args.a.data<float>();
  float* b = args.b.data<float>();
  float* c = args.c.data<float>();
  for (std::int64_t run = 0; run < schedule.runs; ++run) {
    const auto& entry = cache_->entry(key_of(args, schedule, schedule.accumulates && run > 0));
    const auto& engine = cache_->engine;
    entry.primitive.execute(cache_->stream, {{DNNL_ARG_SRC, memory(entry.a, engine, a)},
                                             {DNNL_ARG_WEIGHTS, memory(entry.b, engine, b)},
                                             {DNNL_ARG_DST, memory(entry.c, engine, c)},
                                             {DNNL_ARG_SCRATCHPAD, memory(entry.scratchpad, engine, workspace)}});
    a += step(args.a.shape(), schedule.batch_a);
    b += step(args.b.shape(), schedule.batch_b);
    c += step(args.c.shape(), schedule.batch_c);
  }
  cache_->stream.wait();
}

std::string OneDnnMatmul::version() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch);
}

}  // namespace attnscope::backends::cpu
