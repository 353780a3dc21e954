// The reference backend: plain loops, one thread, any scalar.
#include "suite/backends/reference/activation.h"
#include "suite/backends/reference/attention.h"
#include "suite/backends/reference/broadcast.h"
#include "suite/backends/reference/features.h"
#include "suite/backends/reference/index_rows.h"
#include "suite/backends/reference/layout.h"
#include "suite/backends/reference/library_attention.h"
#include "suite/backends/reference/linear_attention.h"
#include "suite/backends/reference/log_normalize.h"
#include "suite/backends/reference/matmul.h"
#include "suite/backends/reference/merge.h"
#include "suite/backends/reference/normalize.h"
#include "suite/backends/reference/random_projection.h"
#include "suite/backends/reference/reduce.h"
#include "suite/backends/reference/selection.h"
#include "suite/backends/reference/slice.h"
#include "suite/backends/reference/softmax.h"

namespace attnscope::backends {
namespace {

using ops::PositionList;
using tensor::Tensor;

template <class T>
class ReferenceBackend final : public ops::Backend {
 public:
  std::string name() const override { return "reference"; }
  std::string implementation() const override { return "plain loops, one thread"; }
  tensor::DType dtype() const override { return sizeof(T) == 4 ? tensor::DType::f32 : tensor::DType::f64; }

  void matmul(const ops::MatmulArgs& args, const Tensor&) override { reference::matmul<T>(args); }
  void softmax(const ops::SoftmaxArgs& args) override { reference::softmax<T>(args); }
  void softmax_backward(const ops::SoftmaxBackwardArgs& args) override { reference::softmax_backward<T>(args); }
  void attention(const ops::AttentionArgs& args, const Tensor&) override { reference::attention<T>(args); }
  void attention_backward(const ops::AttentionBackwardArgs& args, const Tensor&) override {
    reference::attention_backward<T>(args);
  }
  void merge(const ops::MergeArgs& args) override { reference::merge<T>(args); }
  void merge_backward(const ops::MergeBackwardArgs& args) override { reference::merge_backward<T>(args); }
  std::optional<std::string> library_attention_refusal(const ops::LibraryAttentionArgs&) const override { return {}; }
  void library_attention(const ops::LibraryAttentionArgs& args, const Tensor&) override {
    reference::library_attention<T>(args);
  }
  void linear_attention(const ops::LinearAttentionArgs& args, const Tensor&) override {
    reference::linear_attention<T>(args);
  }
  void linear_attention_backward(const ops::LinearAttentionBackwardArgs& args, const Tensor&) override {
    reference::linear_attention_backward<T>(args);
  }
  void positive_features(const ops::PositiveFeaturesArgs& args) override { reference::positive_features<T>(args); }
  void positive_features_backward(const ops::PositiveFeaturesBackwardArgs& args) override {
    reference::positive_features_backward<T>(args);
  }
  void draw_projection(const ops::DrawProjectionArgs& args) override { reference::draw_projection<T>(args); }
  void elu_plus_one(const Tensor& x, const Tensor& y) override { reference::elu_plus_one<T>(x, y); }
  void elu_plus_one_backward(const Tensor& y, const Tensor& gradient) override {
    reference::elu_plus_one_backward<T>(y, gradient);
  }
  void add_in_place(const Tensor& y, const Tensor& x) override { reference::add_in_place<T>(y, x); }
  void add_bias(const Tensor& y, const Tensor& bias) override { reference::add_bias<T>(y, bias); }
  void sum_rows(const Tensor& y, const Tensor& bias, const Tensor&) override { reference::sum_rows<T>(y, bias); }
  void swap_middle_axes(const Tensor& x, const Tensor& y) override { reference::swap_middle_axes<T>(x, y); }
  void mask_rows(const Tensor& x, const Tensor& mask) override { reference::mask_rows<T>(x, mask); }
  void copy_columns(const Tensor& x, const Tensor& y) override { reference::copy_columns<T>(x, y); }
  void gather_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    reference::gather_rows<T>(x, y, positions);
  }
  void scatter_add_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    reference::scatter_add_rows<T>(x, y, positions);
  }
  void overwrite_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    reference::overwrite_rows<T>(x, y, positions);
  }
  void fill(const Tensor& x, double value) override { reference::fill<T>(x, value); }
  void copy(const Tensor& from, const Tensor& to) override { reference::copy<T>(from, to); }
  void copy_part(const ops::CopyPartArgs& args) override { reference::copy_part<T>(args); }

  void broadcast(const ops::BroadcastArgs& args) override { reference::broadcast<T>(args); }
  void broadcast_adjoint(const ops::BroadcastAdjointArgs& args, const Tensor&) override {
    reference::broadcast_adjoint<T>(args);
  }
  void affine(const Tensor& x, const Tensor& y, double factor, double offset) override {
    reference::affine<T>(x, y, factor, offset);
  }
  void activate(ops::Activation kind, const Tensor& x, const Tensor& y) override { reference::activate<T>(kind, x, y); }
  void activate_backward(ops::Activation kind, const Tensor& kept, const Tensor& gradient) override {
    reference::activate_backward<T>(kind, kept, gradient);
  }

  void reduce(const ops::ReduceArgs& args, const Tensor&) override { reference::reduce<T>(args); }
  void spread(const Tensor& y, const Tensor& index, const Tensor& x) override { reference::spread<T>(y, index, x); }
  void cumulative_sum(const Tensor& x, const Tensor& y, bool backwards) override {
    reference::cumulative_sum<T>(x, y, backwards);
  }
  void mean_square(const Tensor& x, const Tensor& y, const Tensor&) override { reference::mean_square<T>(x, y); }

  void layer_norm(const ops::LayerNormArgs& args) override { reference::layer_norm<T>(args); }
  void layer_norm_backward(const ops::LayerNormBackwardArgs& args, const Tensor&) override {
    reference::layer_norm_backward<T>(args);
  }
  void rms_norm(const ops::RmsNormArgs& args) override { reference::rms_norm<T>(args); }
  void rms_norm_backward(const ops::RmsNormBackwardArgs& args) override { reference::rms_norm_backward<T>(args); }
  void log_normalize(ops::LogNormalize along, const Tensor& x, const Tensor& y) override {
    reference::log_normalize<T>(along, x, y);
  }
  void log_normalize_backward(ops::LogNormalize along, const Tensor& y, const Tensor& gradient) override {
    reference::log_normalize_backward<T>(along, y, gradient);
  }

  void gather_by_index(const Tensor& x, const Tensor& index, const Tensor& y) override {
    reference::gather_by_index<T>(x, index, y, 0, heads(x));
  }
  void scatter_add_by_index(const Tensor& y, const Tensor& index, const Tensor& x) override {
    reference::scatter_add_by_index<T>(y, index, x, 0, heads(x));
  }
  void reciprocal_counts(const Tensor& index, double epsilon, const Tensor& r) override {
    reference::reciprocal_counts<T>(index, epsilon, r);
  }
  void top_positions(const Tensor& scores, const Tensor& key_mask, const Tensor& positions) override {
    reference::top_positions<T>(scores, key_mask, positions, 0, heads(scores) * scores.shape()[3]);
  }
  void sort_by_group(const Tensor& group, const Tensor& order, const Tensor& place, const Tensor& rank) override {
    reference::sort_by_group<T>(group, order, place, rank, 0, heads(group));
  }
  void rank_among(const ops::RankAmongArgs& args) override { reference::rank_among<T>(args, 0, heads(args.rank)); }
  void floor_divide(const Tensor& x, std::int64_t divisor, const Tensor& y) override {
    reference::floor_divide<T>(x, divisor, y, 0, x.elements());
  }
  void tabulate(const Tensor& x, const std::function<double(std::int64_t)>& value) override {
    reference::tabulate<T>(x, value);
  }

 private:
  static std::int64_t heads(const Tensor& x) { return x.shape()[0] * x.shape()[1]; }
};

}  // namespace

std::unique_ptr<ops::Backend> make_reference(tensor::DType dtype) {
  if (dtype == tensor::DType::f32) return std::make_unique<ReferenceBackend<float>>();
  return std::make_unique<ReferenceBackend<double>>();
}

std::unique_ptr<ops::Backend> make_counting() { return std::make_unique<ReferenceBackend<reference::Counted>>(); }

CountedOperations counted_operations() { return reference::counted; }

void reset_counted_operations() { reference::counted = {}; }

}  // namespace attnscope::backends
