// The CPU backend: oneDNN for plain products, our own Highway kernels for everything else, OpenMP threads for both.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <omp.h>

#include "suite/backends/backends.h"
#include "suite/backends/cpu/bfloat16_support.h"
#include "suite/backends/cpu/elements.h"
#include "suite/backends/cpu/instruction_set.h"
#include "suite/backends/cpu/kernels.h"
#include "suite/backends/cpu/onednn_matmul.h"
#include "suite/backends/cpu/parallel.h"
#include "suite/backends/reference/layout.h"
#include "suite/backends/reference/random_projection.h"

namespace attnscope::backends {
namespace {

using ops::PositionList;
using tensor::Tensor;

class CpuBackend final : public ops::Backend {
 public:
  CpuBackend(int threads, tensor::DType dtype)
      : threads_(threads > 0 ? threads : omp_get_max_threads()), dtype_(dtype) {
    omp_set_num_threads(threads_);  // oneDNN takes its number of threads from here
  }

  std::string name() const override { return "cpu"; }
  std::string implementation() const override {
    const char* products = !is_bfloat16()                  ? ""
                           : cpu::uses_bfloat16_products() ? " with bf16 products"
                                                           : " with bf16 widened";
    return fmt::format("{} + Highway {}{}, {} thread{}", cpu::OneDnnMatmul::version(), cpu::instruction_set(), products,
                       threads_, threads_ == 1 ? "" : "s");
  }
  tensor::DType dtype() const override { return dtype_; }
  std::int64_t matmul_workspace(const ops::MatmulArgs& args) const override { return matmul_.workspace_bytes(args); }
  // Tiles of bfloat16 are scaled in softmax, where only a positive scale keeps the order of scores.
  tensor::DType attention_type(const ops::AttentionArgs& args) const override {
    return args.scale > 0 ? dtype_ : tensor::DType::f32;
  }
  std::int64_t attention_workspace(const ops::AttentionArgs& args) const override {
    return floats(holds_bfloat16(args.q) ? cpu::bfloat16_attention_workspace(args, threads_)
                                         : cpu::attention_workspace(args, threads_));
  }
  std::int64_t attention_backward_workspace(const ops::AttentionBackwardArgs& args) const override {
    return floats(holds_bfloat16(args.forward.q) ? cpu::bfloat16_attention_backward_workspace(args, threads_)
                                                 : cpu::attention_backward_workspace(args, threads_));
  }
  std::int64_t linear_attention_workspace(const ops::LinearAttentionArgs& args) const override {
    return floats(cpu::linear_attention_workspace(args, threads_));
  }
  std::int64_t linear_attention_backward_workspace(const ops::LinearAttentionBackwardArgs& args) const override {
    return floats(cpu::linear_attention_backward_workspace(args, threads_));
  }

  void matmul(const ops::MatmulArgs& args, const Tensor& workspace) override {
    matmul_.run(args, workspace.defined() ? workspace.data<char>() : nullptr, threads_);
  }
  void softmax(const ops::SoftmaxArgs& args) override { cpu::softmax(args, threads_); }
  void softmax_backward(const ops::SoftmaxBackwardArgs& args) override { cpu::softmax_backward(args, threads_); }
  void attention(const ops::AttentionArgs& args, const Tensor& workspace) override {
    (holds_bfloat16(args.q) ? cpu::bfloat16_attention : cpu::attention)(args, data(workspace), threads_);
  }
  void attention_backward(const ops::AttentionBackwardArgs& args, const Tensor& workspace) override {
    (holds_bfloat16(args.forward.q) ? cpu::bfloat16_attention_backward : cpu::attention_backward)(args, data(workspace),
                                                                                                  threads_);
  }
  void merge(const ops::MergeArgs& args) override { cpu::merge(args, threads_); }
  void merge_backward(const ops::MergeBackwardArgs& args) override { cpu::merge_backward(args, threads_); }
  void linear_attention(const ops::LinearAttentionArgs& args, const Tensor& workspace) override {
    cpu::linear_attention(args, data(workspace), threads_);
  }
  void linear_attention_backward(const ops::LinearAttentionBackwardArgs& args, const Tensor& workspace) override {
    cpu::linear_attention_backward(args, data(workspace), threads_);
  }
  void positive_features(const ops::PositiveFeaturesArgs& args) override { cpu::positive_features(args, threads_); }
  void positive_features_backward(const ops::PositiveFeaturesBackwardArgs& args) override {
    cpu::positive_features_backward(args, threads_);
  }
  // Numbers come one after the other, blocks of rows are turned side by side.
  void draw_projection(const ops::DrawProjectionArgs& args) override {
    ops::Generator<> generator(args.seed);
    double* w = args.drawn.data<double>();
    args.rows.draw(generator, w);
    const std::int64_t work_per_block = args.rows.block() * args.rows.block() * args.rows.dim;
    cpu::parallel_ranges(args.rows.blocks(), work_per_block, threads_, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t block = first; block < last; ++block) args.rows.point(w, block);
    });
    args.rows.stretch(generator, w);
    cpu::with_element_of(args.w, [&]<class E>(E) { reference::round_drawn<E>(args); });
  }
  void elu_plus_one(const Tensor& x, const Tensor& y) override { cpu::elu_plus_one(x, y, threads_); }
  void elu_plus_one_backward(const Tensor& y, const Tensor& gradient) override {
    cpu::elu_plus_one_backward(y, gradient, threads_);
  }
  void add_in_place(const Tensor& y, const Tensor& x) override { cpu::add_in_place(y, x, threads_); }
  void add_bias(const Tensor& y, const Tensor& bias) override { cpu::add_bias(y, bias, threads_); }
  void sum_rows(const Tensor& y, const Tensor& bias, const Tensor&) override { cpu::sum_rows(y, bias); }

  void swap_middle_axes(const Tensor& x, const Tensor& y) override {
    const auto& s = x.shape();
    cpu::parallel_ranges(s[0] * s[1], s[2] * s[3], threads_, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        const std::int64_t a = row / s[1], m = row % s[1];
        for (std::int64_t n = 0; n < s[2]; ++n) {
          const auto width = s[3] * static_cast<std::int64_t>(tensor::size_of(x.dtype()));
          std::copy_n(x.data<char>() + (row * s[2] + n) * width, width,
                      y.data<char>() + ((a * s[2] + n) * s[1] + m) * width);
        }
      }
    });
  }
  void copy(const Tensor& from, const Tensor& to) override { cpu::convert(from, to, threads_); }

  // Plain copies of few rows: the reference version is already as fast as memory.
  void mask_rows(const Tensor& x, const Tensor& mask) override {
    cpu::with_element_of(x, [&]<class E>(E) { reference::mask_rows<E, float>(x, mask); });
  }
  void copy_columns(const Tensor& x, const Tensor& y) override {
    cpu::with_element_of(x, [&]<class E>(E) { reference::copy_columns<E>(x, y); });
  }
  void gather_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    cpu::with_element_of(x, [&]<class E>(E) { reference::gather_rows<E>(x, y, positions); });
  }
  void scatter_add_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    cpu::with_element_of(x, [&]<class E>(E) { reference::scatter_add_rows<E>(x, y, positions); });
  }
  void overwrite_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    cpu::with_element_of(x, [&]<class E>(E) { reference::overwrite_rows<E>(x, y, positions); });
  }
  void fill(const Tensor& x, double value) override {
    cpu::with_element_of(x, [&]<class E>(E) { reference::fill<E>(x, value); });
  }

  void copy_part(const ops::CopyPartArgs& args) override { cpu::copy_part(args, threads_); }
  void broadcast(const ops::BroadcastArgs& args) override { cpu::broadcast(args, threads_); }
  void broadcast_adjoint(const ops::BroadcastAdjointArgs& args, const Tensor&) override {
    cpu::broadcast_adjoint(args, threads_);
  }
  void affine(const Tensor& x, const Tensor& y, double factor, double offset) override {
    cpu::affine(x, y, factor, offset, threads_);
  }
  void activate(ops::Activation kind, const Tensor& x, const Tensor& y) override {
    cpu::activate(kind, x, y, threads_);
  }
  void activate_backward(ops::Activation kind, const Tensor& kept, const Tensor& gradient) override {
    cpu::activate_backward(kind, kept, gradient, threads_);
  }
  void reduce(const ops::ReduceArgs& args, const Tensor&) override { cpu::reduce(args, threads_); }
  void spread(const Tensor& y, const Tensor& index, const Tensor& x) override { cpu::spread(y, index, x, threads_); }
  void cumulative_sum(const Tensor& x, const Tensor& y, bool backwards) override {
    cpu::cumulative_sum(x, y, backwards, threads_);
  }
  void mean_square(const Tensor& x, const Tensor& y, const Tensor&) override { cpu::mean_square(x, y); }
  void layer_norm(const ops::LayerNormArgs& args) override { cpu::layer_norm(args, threads_); }
  void layer_norm_backward(const ops::LayerNormBackwardArgs& args, const Tensor&) override {
    cpu::layer_norm_backward(args, threads_);
  }
  void rms_norm(const ops::RmsNormArgs& args) override { cpu::rms_norm(args, threads_); }
  void rms_norm_backward(const ops::RmsNormBackwardArgs& args) override { cpu::rms_norm_backward(args, threads_); }
  void log_normalize(ops::LogNormalize along, const Tensor& x, const Tensor& y) override {
    cpu::log_normalize(along, x, y, threads_);
  }
  void log_normalize_backward(ops::LogNormalize along, const Tensor& y, const Tensor& gradient) override {
    cpu::log_normalize_backward(along, y, gradient, threads_);
  }
  void gather_by_index(const Tensor& x, const Tensor& index, const Tensor& y) override {
    cpu::gather_by_index(x, index, y, threads_);
  }
  void scatter_add_by_index(const Tensor& y, const Tensor& index, const Tensor& x) override {
    cpu::scatter_add_by_index(y, index, x, threads_);
  }
  void reciprocal_counts(const Tensor& index, double epsilon, const Tensor& r) override {
    cpu::reciprocal_counts(index, epsilon, r);
  }
  void top_positions(const Tensor& scores, const Tensor& key_mask, const Tensor& positions) override {
    cpu::top_positions(scores, key_mask, positions, threads_);
  }
  void sort_by_group(const Tensor& group, const Tensor& order, const Tensor& place, const Tensor& rank) override {
    cpu::sort_by_group(group, order, place, rank, threads_);
  }
  void rank_among(const ops::RankAmongArgs& args) override { cpu::rank_among(args, threads_); }
  void floor_divide(const Tensor& x, std::int64_t divisor, const Tensor& y) override {
    cpu::floor_divide(x, divisor, y, threads_);
  }
  void tabulate(const Tensor& x, const std::function<double(std::int64_t)>& value) override {
    reference::tabulate<float>(x, value);
  }

 private:
  static std::int64_t floats(std::int64_t count) { return count * static_cast<std::int64_t>(sizeof(float)); }
  static bool holds_bfloat16(const Tensor& x) { return x.dtype() == tensor::DType::bf16; }
  bool is_bfloat16() const { return dtype_ == tensor::DType::bf16; }
  static float* data(const Tensor& workspace) { return workspace.defined() ? workspace.data<float>() : nullptr; }

  int threads_;
  tensor::DType dtype_;
  cpu::OneDnnMatmul matmul_;
};

}  // namespace

std::unique_ptr<ops::Backend> make_cpu(int threads, tensor::DType dtype) {
  if (dtype != tensor::DType::f32 && dtype != tensor::DType::bf16) {
    throw std::invalid_argument(fmt::format("dtype {}: the cpu backend computes in f32 and bf16", to_string(dtype)));
  }
  cpu::use_instruction_set_of_environment();
  return std::make_unique<CpuBackend>(threads, dtype);
}

}  // namespace attnscope::backends
