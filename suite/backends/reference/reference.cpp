// The reference backend: plain loops, one thread, any scalar.
#include "suite/backends/reference/attention.h"
#include "suite/backends/reference/features.h"
#include "suite/backends/reference/layout.h"
#include "suite/backends/reference/linear_attention.h"
#include "suite/backends/reference/matmul.h"
#include "suite/backends/reference/merge.h"
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
  void elu_plus_one(const Tensor& x, const Tensor& y) override { reference::elu_plus_one<T>(x, y); }
  void elu_plus_one_backward(const Tensor& y, const Tensor& gradient) override {
    reference::elu_plus_one_backward<T>(y, gradient);
  }
  void add_in_place(const Tensor& y, const Tensor& x) override { reference::add_in_place<T>(y, x); }
  void add_bias(const Tensor& y, const Tensor& bias) override { reference::add_bias<T>(y, bias); }
  void sum_rows(const Tensor& y, const Tensor& bias) override { reference::sum_rows<T>(y, bias); }
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
