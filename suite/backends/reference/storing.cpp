// The reference that rounds as another backend does. Each kernel is the float64 one on widened copies of its operands;
// what it leaves in them is then rounded to the types of the operands. Where the other backend multiplies in tf32, the
// copies of factors are rounded to that.
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <vector>

#include "suite/backends/backends.h"
#include "suite/ops/random_rows.h"

namespace attnscope::backends {
namespace {

using ops::PositionList;
using tensor::DType;
using tensor::Tensor;

// Rounds to the nearest, or up or down by chance, the nearer the likelier.
class Rounding {
 public:
  Rounding(StoredRounding how, std::uint64_t seed) : by_chance_(how == StoredRounding::by_chance), generator_(seed) {}

  // To the 11 bits of tf32's significand.
  double round_factor(double value) {
    if (value == 0 || !std::isfinite(value)) return value;
    constexpr int bits = 11;
    const double step = std::ldexp(1.0, std::ilogb(value) + 1 - bits);
    const double steps = value / step;
    if (!by_chance_) return step * std::nearbyint(steps);
    const double below = std::floor(steps);
    return step * (generator_.uniform() < steps - below ? below + 1 : below);
  }

  // To a type of 16 bits.
  template <class Half>
  Half round(double value) {
    const auto nearest = Half(static_cast<float>(value));
    const double rest = value - static_cast<double>(static_cast<float>(nearest));
    if (!by_chance_ || rest == 0 || !std::isfinite(rest)) return nearest;
    // The neighbour on the other side of the value: magnitudes are ordered as their bits.
    Half other = nearest;
    const bool outwards = (rest > 0) == (static_cast<float>(nearest) >= 0);
    if (!outwards && (nearest.bits & 0x7fffu) == 0) return nearest;
    other.bits = static_cast<std::uint16_t>(other.bits + (outwards ? 1 : -1));
    const double step =
        static_cast<double>(static_cast<float>(other)) - static_cast<double>(static_cast<float>(nearest));
    return generator_.uniform() < rest / step ? other : nearest;
  }

 private:
  bool by_chance_;
  ops::Generator<> generator_;
};

// The operands of one kernel call in float64. They are stored back, rounded, when the call is over: operands that it
// only reads hold what they held.
class Widened {
 public:
  Widened(tensor::MemoryPool& pool, Rounding& rounding, bool rounds_factors = false)
      : pool_(pool), rounding_(rounding), rounds_factors_(rounds_factors) {}
  Widened(const Widened&) = delete;
  Widened& operator=(const Widened&) = delete;
  ~Widened() {
    for (const Operand& operand : operands_) {
      const double* from = operand.wide.data<double>();
      tensor::visit_data(operand.stored, [&](auto* to) {
        using Element = std::remove_pointer_t<decltype(to)>;
        for (std::int64_t i = 0; i < operand.stored.elements(); ++i) {
          if constexpr (sizeof(Element) == 2) {
            to[i] = rounding_.round<Element>(from[i]);
          } else {
            to[i] = static_cast<Element>(from[i]);
          }
        }
      });
    }
  }

  // Operands that share their memory share their copy.
  Tensor operator()(const Tensor& x) {
    if (!x.defined()) return {};
    for (const Operand& operand : operands_) {
      if (operand.stored.data<void>() == x.data<void>()) return operand.wide.reshaped(x.shape());
    }
    operands_.push_back({x, copy_of(x)});
    return operands_.back().wide;
  }

  void widen(std::initializer_list<Tensor*> tensors) {
    for (Tensor* x : tensors) *x = (*this)(*x);
  }
  void widen(std::vector<Tensor>& tensors) {
    for (Tensor& x : tensors) x = (*this)(x);
  }
  // Factors of products, which are only read.
  void widen_factors(std::initializer_list<Tensor*> factors) {
    if (!rounds_factors_) return widen(factors);
    for (Tensor* x : factors) {
      if (!x->defined()) continue;
      const Tensor wide = copy_of(*x);
      double* values = wide.data<double>();
      for (std::int64_t i = 0; i < wide.elements(); ++i) values[i] = rounding_.round_factor(values[i]);
      *x = wide;
    }
  }
  void widen(ops::AttentionArgs& args) {
    widen_factors({&args.q});
    widen({&args.out, &args.lse, &args.rows.queries, &args.rows.keys});
    for (ops::KeySetArgs& set : args.sets) {
      widen_factors({&set.k, &set.v, &set.relative.query, &set.relative.keys});
      widen({&set.key_mask, &set.labels.scores});
      ops::PositionRule& rule = set.positions;
      widen({&rule.query, &rule.key, &rule.query_page, &rule.key_page, &rule.query_round_pages, &rule.key_round_pages});
    }
  }
  void widen(ops::MergeArgs& args) {
    widen(args.outs);
    widen(args.lses);
    widen({&args.out, &args.lse});
  }
  void widen(ops::LinearAttentionArgs& args) {
    widen_factors({&args.a, &args.b, &args.v});
    widen({&args.key_log_scale, &args.out, &args.den, &args.state});
  }

 private:
  Tensor copy_of(const Tensor& x) {
    Tensor wide(pool_, x.shape(), DType::f64, tensor::Category::workspace);
    tensor::visit_data(x, [&](auto* from) {
      for (std::int64_t i = 0; i < x.elements(); ++i) wide.data<double>()[i] = static_cast<double>(from[i]);
    });
    return wide;
  }

  struct Operand {
    Tensor stored, wide;
  };

  tensor::MemoryPool& pool_;
  Rounding& rounding_;
  bool rounds_factors_;
  std::vector<Operand> operands_;
};

class StoringReference final : public ops::Backend {
 public:
  StoringReference(const ops::Backend& like, StoredRounding how, std::uint64_t seed)
      : like_(like), rounding_(how, seed) {}

  std::string name() const override { return "reference"; }
  std::string implementation() const override { return "plain loops, one thread, stored as by " + like_.name(); }
  DType dtype() const override { return like_.dtype(); }
  bool multiplies_in_tf32() const override { return like_.multiplies_in_tf32(); }
  DType attention_type(const ops::AttentionArgs& args) const override { return like_.attention_type(args); }

  void matmul(const ops::MatmulArgs& given, const Tensor&) override {
    auto [w, args] = widened(given);
    w.widen_factors({&args.a, &args.b});
    w.widen({&args.c});
    exact_->matmul(args, {});
  }
  void softmax(const ops::SoftmaxArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.scores, &args.key_mask});
    exact_->softmax(args);
  }
  void softmax_backward(const ops::SoftmaxBackwardArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.probabilities, &args.gradient});
    exact_->softmax_backward(args);
  }
  void attention(const ops::AttentionArgs& given, const Tensor&) override {
    auto [w, args] = widened(given);
    w.widen(args);
    exact_->attention(args, {});
  }
  void attention_backward(const ops::AttentionBackwardArgs& given, const Tensor&) override {
    auto [w, args] = widened(given);
    w.widen(args.forward);
    w.widen_factors({&args.d_out});
    w.widen({&args.d_lse, &args.d_q});
    for (ops::KeySetGradients& set : args.sets) {
      w.widen({&set.d_k, &set.d_v, &set.d_labels, &set.d_relative_query, &set.d_relative_keys});
    }
    exact_->attention_backward(args, {});
  }
  void merge(const ops::MergeArgs& given) override {
    auto [w, args] = widened(given);
    w.widen(args);
    exact_->merge(args);
  }
  void merge_backward(const ops::MergeBackwardArgs& given) override {
    auto [w, args] = widened(given);
    w.widen(args.forward);
    w.widen({&args.d_out, &args.d_lse});
    w.widen(args.d_outs);
    w.widen(args.d_lses);
    exact_->merge_backward(args);
  }
  void linear_attention(const ops::LinearAttentionArgs& given, const Tensor&) override {
    auto [w, args] = widened(given);
    w.widen(args);
    exact_->linear_attention(args, {});
  }
  void linear_attention_backward(const ops::LinearAttentionBackwardArgs& given, const Tensor&) override {
    auto [w, args] = widened(given);
    w.widen(args.forward);
    w.widen_factors({&args.d_out});
    w.widen({&args.d_a, &args.d_b, &args.d_v});
    exact_->linear_attention_backward(args, {});
  }
  void positive_features(const ops::PositiveFeaturesArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.x, &args.projected, &args.key_mask, &args.features, &args.log_scale});
    exact_->positive_features(args);
  }
  void positive_features_backward(const ops::PositiveFeaturesBackwardArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.x, &args.features, &args.gradient, &args.d_projected, &args.d_x, &args.key_mask});
    exact_->positive_features_backward(args);
  }
  void draw_projection(const ops::DrawProjectionArgs& given) override {
    auto [w, args] = widened(given);
    args.w = args.drawn = w(args.w);  // in float64 one memory serves both
    exact_->draw_projection(args);
  }

  void elu_plus_one(const Tensor& x, const Tensor& y) override { on(x, y, &Backend::elu_plus_one); }
  void elu_plus_one_backward(const Tensor& y, const Tensor& gradient) override {
    on(y, gradient, &Backend::elu_plus_one_backward);
  }
  void add_in_place(const Tensor& y, const Tensor& x) override { on(y, x, &Backend::add_in_place); }
  void add_bias(const Tensor& y, const Tensor& bias) override { on(y, bias, &Backend::add_bias); }
  void sum_rows(const Tensor& y, const Tensor& bias) override { on(y, bias, &Backend::sum_rows); }
  void swap_middle_axes(const Tensor& x, const Tensor& y) override { on(x, y, &Backend::swap_middle_axes); }
  void mask_rows(const Tensor& x, const Tensor& mask) override { on(x, mask, &Backend::mask_rows); }
  void copy_columns(const Tensor& x, const Tensor& y) override { on(x, y, &Backend::copy_columns); }
  void gather_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    Widened w(pool_, rounding_);
    exact_->gather_rows(w(x), w(y), positions);
  }
  void scatter_add_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    Widened w(pool_, rounding_);
    exact_->scatter_add_rows(w(x), w(y), positions);
  }
  void overwrite_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    Widened w(pool_, rounding_);
    exact_->overwrite_rows(w(x), w(y), positions);
  }
  void fill(const Tensor& x, double value) override { exact_->fill(Widened(pool_, rounding_)(x), value); }
  void copy(const Tensor& from, const Tensor& to) override { on(from, to, &Backend::copy); }
  void copy_part(const ops::CopyPartArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.x, &args.y});
    exact_->copy_part(args);
  }

  void broadcast(const ops::BroadcastArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.a, &args.b, &args.y});
    exact_->broadcast(args);
  }
  void broadcast_adjoint(const ops::BroadcastAdjointArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.gradient, &args.factor, &args.d_b});
    exact_->broadcast_adjoint(args);
  }
  void affine(const Tensor& x, const Tensor& y, double factor, double offset) override {
    Widened w(pool_, rounding_);
    exact_->affine(w(x), w(y), factor, offset);
  }
  void activate(ops::Activation kind, const Tensor& x, const Tensor& y) override {
    Widened w(pool_, rounding_);
    exact_->activate(kind, w(x), w(y));
  }
  void activate_backward(ops::Activation kind, const Tensor& kept, const Tensor& gradient) override {
    Widened w(pool_, rounding_);
    exact_->activate_backward(kind, w(kept), w(gradient));
  }

  void reduce(const ops::ReduceArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.x, &args.y, &args.index});
    exact_->reduce(args);
  }
  void spread(const Tensor& y, const Tensor& index, const Tensor& x) override { on(y, index, x, &Backend::spread); }
  void cumulative_sum(const Tensor& x, const Tensor& y, bool backwards) override {
    Widened w(pool_, rounding_);
    exact_->cumulative_sum(w(x), w(y), backwards);
  }
  void mean_square(const Tensor& x, const Tensor& y) override { on(x, y, &Backend::mean_square); }

  void layer_norm(const ops::LayerNormArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.x, &args.gain, &args.shift, &args.y, &args.mean, &args.reciprocal});
    exact_->layer_norm(args);
  }
  void layer_norm_backward(const ops::LayerNormBackwardArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.x, &args.gain, &args.mean, &args.reciprocal, &args.gradient, &args.d_gain, &args.d_shift});
    exact_->layer_norm_backward(args);
  }
  void rms_norm(const ops::RmsNormArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.x, &args.y, &args.reciprocal});
    exact_->rms_norm(args);
  }
  void rms_norm_backward(const ops::RmsNormBackwardArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.x, &args.reciprocal, &args.gradient});
    exact_->rms_norm_backward(args);
  }
  void log_normalize(ops::LogNormalize along, const Tensor& x, const Tensor& y) override {
    Widened w(pool_, rounding_);
    exact_->log_normalize(along, w(x), w(y));
  }
  void log_normalize_backward(ops::LogNormalize along, const Tensor& y, const Tensor& gradient) override {
    Widened w(pool_, rounding_);
    exact_->log_normalize_backward(along, w(y), w(gradient));
  }

  void gather_by_index(const Tensor& x, const Tensor& index, const Tensor& y) override {
    on(x, index, y, &Backend::gather_by_index);
  }
  void scatter_add_by_index(const Tensor& y, const Tensor& index, const Tensor& x) override {
    on(y, index, x, &Backend::scatter_add_by_index);
  }
  void reciprocal_counts(const Tensor& index, double epsilon, const Tensor& r) override {
    Widened w(pool_, rounding_);
    exact_->reciprocal_counts(w(index), epsilon, w(r));
  }
  void top_positions(const Tensor& scores, const Tensor& key_mask, const Tensor& positions) override {
    on(scores, key_mask, positions, &Backend::top_positions);
  }
  void sort_by_group(const Tensor& group, const Tensor& order, const Tensor& place, const Tensor& rank) override {
    Widened w(pool_, rounding_);
    exact_->sort_by_group(w(group), w(order), w(place), w(rank));
  }
  void rank_among(const ops::RankAmongArgs& given) override {
    auto [w, args] = widened(given);
    w.widen({&args.query_group, &args.key_group, &args.rank, &args.order});
    exact_->rank_among(args);
  }
  void floor_divide(const Tensor& x, std::int64_t divisor, const Tensor& y) override {
    Widened w(pool_, rounding_);
    exact_->floor_divide(w(x), divisor, w(y));
  }
  void tabulate(const Tensor& x, const std::function<double(std::int64_t)>& value) override {
    exact_->tabulate(Widened(pool_, rounding_)(x), value);
  }

 private:
  // A copy of a kernel's operands, to be widened.
  template <class Args>
  struct Call {
    Widened w;
    Args args;
  };
  template <class Args>
  Call<Args> widened(const Args& given) {
    return {{pool_, rounding_, multiplies_in_tf32()}, given};
  }

  void on(const Tensor& x, const Tensor& y, void (Backend::*kernel)(const Tensor&, const Tensor&)) {
    Widened w(pool_, rounding_);
    ((*exact_).*kernel)(w(x), w(y));
  }
  void on(const Tensor& x, const Tensor& y, const Tensor& z,
          void (Backend::*kernel)(const Tensor&, const Tensor&, const Tensor&)) {
    Widened w(pool_, rounding_);
    ((*exact_).*kernel)(w(x), w(y), w(z));
  }

  const ops::Backend& like_;
  std::unique_ptr<ops::Backend> exact_ = make_reference();
  tensor::MemoryPool pool_;  // of the copies: what the session counts is its own
  Rounding rounding_;
};

}  // namespace

std::unique_ptr<ops::Backend> make_reference_storing_as(const ops::Backend& like, StoredRounding how,
                                                        std::uint64_t seed) {
  return std::make_unique<StoringReference>(like, how, seed);
}

}  // namespace attnscope::backends
