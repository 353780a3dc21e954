// The program with variants that fail in every way a case can fail, and one, `steady`, that grows worse on demand: the
// environment variable ATTNSCOPE_PLANT=slow=0.05 adds that share to its time, ATTNSCOPE_PLANT=bytes=1 that to its peak.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "harness/cli/program.h"
#include "suite/attention/registry.h"
#include "suite/attention/variants.h"
#include "suite/ops/matmul.h"
#include "suite/ops/softmax.h"

namespace attnscope {
namespace {

using attention::Problem;
using attention::QueryKeyValue;
using attention::Variant;
using attention::VariantInfo;
using ops::Context;
using tensor::Tensor;

// True in the process and backend that measures, false under the oracle and `meta`.
bool is_measured(Context& ctx) { return ctx.backend().name() == "cpu" && ctx.backend().executes(); }

class Faulty : public Variant {
 public:
  explicit Faulty(std::string name) : Variant(false), name_(std::move(name)) {}
  VariantInfo info() const override { return {.name = name_, .family = "faulty", .decode = true, .exact = true}; }
  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    Tensor scores = ops::matmul(ctx, in.q, in.k, {.transpose_b = true});
    const Tensor probabilities = ops::softmax(ctx, std::move(scores), {.scale = 0.125, .causal = causal(problem)});
    Tensor out = ops::matmul(ctx, probabilities, in.v);
    if (is_measured(ctx)) break_down(ctx, out);
    return out;
  }

 protected:
  virtual bool causal(const Problem& problem) const { return problem.causal; }
  virtual void break_down(Context&, Tensor&) const {}

 private:
  std::string name_;
};

// One element is off on the measured backend: the fast kernel is wrong.
class WrongResult final : public Faulty {
 public:
  WrongResult() : Faulty("wrong_result") {}
  void break_down(Context&, Tensor& out) const override { out.data<float>()[3] += 0.01f; }
};

// Wrong on every backend alike, so that only exact attention computed elsewhere can tell.
class WrongScale final : public Faulty {
 public:
  WrongScale() : Faulty("wrong_scale") {}
  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    return ops::matmul(
        ctx,
        ops::softmax(ctx, ops::matmul(ctx, in.q, in.k, {.transpose_b = true}), {.scale = 1, .causal = problem.causal}),
        in.v);
  }
};

// Sees the future although asked not to.
class LeakingMask final : public Faulty {
 public:
  LeakingMask() : Faulty("leaking_mask") {}
  bool causal(const Problem&) const override { return false; }
};

class NotFinite final : public Faulty {
 public:
  NotFinite() : Faulty("not_finite") {}
  void break_down(Context&, Tensor& out) const override {
    out.data<float>()[0] = std::numeric_limits<float>::quiet_NaN();
  }
};

class Crashes final : public Faulty {
 public:
  Crashes() : Faulty("crashes") {}
  void break_down(Context&, Tensor&) const override { std::raise(SIGSEGV); }
};

class Hangs final : public Faulty {
 public:
  Hangs() : Faulty("hangs") {}
  void break_down(Context&, Tensor&) const override { std::this_thread::sleep_for(std::chrono::hours(1)); }
};

class Throws final : public Faulty {
 public:
  Throws() : Faulty("throws") {}
  void break_down(Context&, Tensor&) const override { throw std::runtime_error("planted exception"); }
};

// Ten terabytes that no prediction knew of.
class Hoards final : public Faulty {
 public:
  Hoards() : Faulty("hoards") {}
  void break_down(Context& ctx, Tensor&) const override { ctx.workspace(std::int64_t{10} << 40); }
};

// Takes memory behind the pool's back, page by page, as fast as it can.
class Devours final : public Faulty {
 public:
  Devours() : Faulty("devours") {}
  void break_down(Context&, Tensor&) const override {
    constexpr std::size_t piece = std::size_t{16} << 20;
    for (std::vector<std::vector<char>> pieces;;) pieces.emplace_back(piece, 'x');
  }
};

// The amount that ATTNSCOPE_PLANT gives for `kind`, 0 when it names something else.
double planted(std::string_view kind) {
  const char* text = std::getenv("ATTNSCOPE_PLANT");
  const std::string_view given = text != nullptr ? text : "";
  const bool is_it = given.size() > kind.size() && given.starts_with(kind) && given[kind.size()] == '=';
  return is_it ? std::strtod(given.data() + kind.size() + 1, nullptr) : 0;
}

class Steady final : public Faulty {
 public:
  Steady() : Faulty("steady") {}
  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const auto bytes = static_cast<std::int64_t>(planted("bytes"));
    const Tensor kept = is_measured(ctx) && bytes > 0 ? ctx.workspace(bytes) : Tensor();
    Tensor out = Faulty::core(ctx, problem, in);
    const auto end = Clock::now() + (Clock::now() - start) * (is_measured(ctx) ? planted("slow") : 0);
    while (Clock::now() < end) {
    }
    return out;
  }
};

// A variant of the suite whose kernels forget the last row: of the result, and when training of the gradient that
// arrives at it.
template <std::unique_ptr<Variant> (*make)()>
class ForgetsLastRow final : public Variant {
 public:
  ForgetsLastRow() : Variant(true), whole_(make()) {}
  VariantInfo info() const override {
    VariantInfo info = whole_->info();
    info.name = "forgetful_" + info.name;
    return info;
  }
  std::optional<std::string> unsupported(const Problem& problem) const override { return whole_->unsupported(problem); }
  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    return forget(ctx, whole_->core(ctx, problem, in));
  }
  Tensor layer(Context& ctx, const Problem& problem, const Tensor& x, const Tensor& key_mask) const override {
    return forget(ctx, whole_->layer(ctx, problem, x, key_mask));
  }

 private:
  static void clear_last_row(const Tensor& x) {
    tensor::visit_data(x, [&](auto* data) {
      using Element = std::remove_pointer_t<decltype(data)>;
      std::fill(data + x.elements() - x.shape()[-1], data + x.elements(), Element(0.0f));
    });
  }
  static Tensor forget(Context& ctx, const Tensor& out) {
    if (!is_measured(ctx)) return out;
    clear_last_row(out);
    if (ctx.tape() == nullptr) return out;
    const Tensor same = out.as_new_value();
    ctx.tape()->record(same, [id = out.id()](Context& ctx, Tensor upstream, ops::Gradients& gradients) {
      clear_last_row(upstream);
      gradients.add(ctx, id, std::move(upstream));
    });
    return same;
  }

  std::unique_ptr<Variant> whole_;
};

template <class T>
void add(const std::string& name) {
  attention::register_variant(name, []() -> std::unique_ptr<Variant> { return std::make_unique<T>(); });
}

}  // namespace
}  // namespace attnscope

int main(int argc, char** argv) {
  using namespace attnscope;
  add<WrongResult>("wrong_result");
  add<WrongScale>("wrong_scale");
  add<LeakingMask>("leaking_mask");
  add<NotFinite>("not_finite");
  add<Crashes>("crashes");
  add<Hangs>("hangs");
  add<Throws>("throws");
  add<Hoards>("hoards");
  add<Devours>("devours");
  add<Steady>("steady");
  add<ForgetsLastRow<attention::make_sinkhorn>>("forgetful_sinkhorn");
  add<ForgetsLastRow<attention::make_routing>>("forgetful_routing");
  add<ForgetsLastRow<attention::make_performer>>("forgetful_performer");
  add<ForgetsLastRow<attention::make_set_transformer>>("forgetful_set_transformer");
  add<ForgetsLastRow<attention::make_sparse_transformer>>("forgetful_sparse_transformer");
  return harness::run_program(argc, argv);
}
