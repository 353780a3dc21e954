// The CUDA backend's ops, each handed to its kernels with the device they run on.
#include <fmt/format.h>
#include <vector>

#include "suite/backends/cuda/attention_warpgroup.h"
#include "suite/backends/cuda/cublas.h"
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/library_attention.h"
#include "suite/backends/cuda/measured_device.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

class CudaBackend final : public GpuBackend {
 public:
  explicit CudaBackend(const CudaOptions& options)
      : ordinal_(options.device),
        device_(options.device),
        dtype_(options.dtype),
        products_(options.products),
        warpgroups_(options.warpgroups && device_.has_warpgroups()),
        cublas_(device_, products_) {}

  std::string name() const override { return "cuda"; }
  std::string implementation() const override {
    return fmt::format("{}; products in {}, of plain matrices by {}{}", device_.description(),
                       multiplies_in_tf32() ? "tf32" : to_string(dtype_), cublas_.description(),
                       warpgroups_ ? ", attention by warpgroups" : "");
  }
  tensor::DType dtype() const override { return dtype_; }
  bool multiplies_in_tf32() const override {
    return dtype_ == tensor::DType::f32 && products_ == Float32Products::tf32;
  }
  tensor::MemorySource& memory() override { return device_.memory(); }
  void synchronize() override { device_.synchronize(); }

  int ordinal() const override { return ordinal_; }
  std::unique_ptr<Stopwatch> make_stopwatch() override { return ATTNSCOPE_GPU::make_stopwatch(device_); }
  std::unique_ptr<Recording> record(const std::function<void()>& work) override { return record_queue(device_, work); }
  void copy_bytes(void* to, const void* from, std::size_t bytes) override {
    ATTNSCOPE_GPU::copy_bytes(device_, to, from, bytes);
  }
  int multiprocessors() const override { return device_.multiprocessors(); }
  void arithmetic(const ArithmeticWork& work, float* results) override {
    ATTNSCOPE_GPU::arithmetic(device_, work, results);
  }
  void stream(void* to, const void* from, std::int64_t bytes) override {
    ATTNSCOPE_GPU::stream(device_, to, from, bytes);
  }
  DeviceMemory device_memory() const override { return free_memory(device_); }
  void reset_memory_marks() override { ATTNSCOPE_GPU::reset_memory_marks(device_); }
  MemoryMarks memory_marks() const override { return ATTNSCOPE_GPU::memory_marks(device_); }

  void write(const Tensor& x, std::span<const double> values) override {
    tensor::visit_type(x.dtype(), [&]<class Element>(Element) {
      using Number = std::conditional_t<sizeof(Element) == 2, float, Element>;
      std::vector<Element> rounded(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) rounded[i] = Element(static_cast<Number>(values[i]));
      device_.upload(x.data<Element>(), rounded.data(), rounded.size() * sizeof(Element));
    });
  }
  void read(const Tensor& x, std::span<double> values) const override {
    tensor::visit_type(x.dtype(), [&]<class Element>(Element) {
      std::vector<Element> elements(values.size());
      device_.download(elements.data(), x.data<Element>(), elements.size() * sizeof(Element));
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(elements[i]);
    });
  }

  std::int64_t matmul_workspace(const ops::MatmulArgs& args) const override {
    if (cublas_.multiplies(args)) return cublas_.workspace_bytes();
    return ATTNSCOPE_GPU::matmul_workspace(device_, args, products_);
  }
  std::int64_t attention_workspace(const ops::AttentionArgs& args) const override {
    return ATTNSCOPE_GPU::attention_workspace(device_, args);
  }
  std::int64_t attention_backward_workspace(const ops::AttentionBackwardArgs& args) const override {
    return ATTNSCOPE_GPU::attention_backward_workspace(args);
  }
  std::int64_t linear_attention_workspace(const ops::LinearAttentionArgs& args) const override {
    return ATTNSCOPE_GPU::linear_attention_workspace(device_, args);
  }
  std::int64_t linear_attention_backward_workspace(const ops::LinearAttentionBackwardArgs& args) const override {
    return ATTNSCOPE_GPU::linear_attention_backward_workspace(device_, args);
  }
  std::int64_t layer_norm_backward_workspace(const ops::LayerNormBackwardArgs& args) const override {
    return ATTNSCOPE_GPU::layer_norm_backward_workspace(args);
  }

  std::int64_t sum_workspace(std::int64_t elements, std::int64_t sums) const override {
    return ATTNSCOPE_GPU::sum_workspace(elements, sums);
  }

  std::optional<std::string> library_attention_refusal(const ops::LibraryAttentionArgs& args) const override {
    return library_attention_.refusal(args);
  }
  std::int64_t library_attention_workspace(const ops::LibraryAttentionArgs& args) const override {
    return library_attention_.workspace(args);
  }

  void add_in_place(const Tensor& y, const Tensor& x) override { ATTNSCOPE_GPU::add_in_place(device_, y, x); }
  void affine(const Tensor& x, const Tensor& y, double factor, double offset) override {
    ATTNSCOPE_GPU::affine(device_, x, y, factor, offset);
  }
  void fill(const Tensor& x, double value) override { ATTNSCOPE_GPU::fill(device_, x, value); }
  void copy(const Tensor& from, const Tensor& to) override { ATTNSCOPE_GPU::copy(device_, from, to); }
  void elu_plus_one(const Tensor& x, const Tensor& y) override { ATTNSCOPE_GPU::elu_plus_one(device_, x, y); }
  void elu_plus_one_backward(const Tensor& y, const Tensor& gradient) override {
    ATTNSCOPE_GPU::elu_plus_one_backward(device_, y, gradient);
  }
  void activate(ops::Activation kind, const Tensor& x, const Tensor& y) override {
    ATTNSCOPE_GPU::activate(device_, kind, x, y);
  }
  void activate_backward(ops::Activation kind, const Tensor& kept, const Tensor& gradient) override {
    ATTNSCOPE_GPU::activate_backward(device_, kind, kept, gradient);
  }
  void add_bias(const Tensor& y, const Tensor& bias) override { ATTNSCOPE_GPU::add_bias(device_, y, bias); }
  void sum_rows(const Tensor& y, const Tensor& bias, const Tensor& workspace) override {
    ATTNSCOPE_GPU::sum_rows(device_, y, bias, workspace);
  }
  void broadcast(const ops::BroadcastArgs& args) override { ATTNSCOPE_GPU::broadcast(device_, args); }
  void broadcast_adjoint(const ops::BroadcastAdjointArgs& args, const Tensor& workspace) override {
    ATTNSCOPE_GPU::broadcast_adjoint(device_, args, workspace);
  }
  void swap_middle_axes(const Tensor& x, const Tensor& y) override { ATTNSCOPE_GPU::swap_middle_axes(device_, x, y); }
  void mask_rows(const Tensor& x, const Tensor& mask) override { ATTNSCOPE_GPU::mask_rows(device_, x, mask); }
  void copy_columns(const Tensor& x, const Tensor& y) override { ATTNSCOPE_GPU::copy_columns(device_, x, y); }
  void copy_part(const ops::CopyPartArgs& args) override { ATTNSCOPE_GPU::copy_part(device_, args); }
  void gather_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    ATTNSCOPE_GPU::gather_rows(device_, x, y, positions);
  }
  void scatter_add_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    ATTNSCOPE_GPU::scatter_add_rows(device_, x, y, positions);
  }
  void overwrite_rows(const Tensor& x, const Tensor& y, const PositionList& positions) override {
    ATTNSCOPE_GPU::overwrite_rows(device_, x, y, positions);
  }
  void gather_by_index(const Tensor& x, const Tensor& index, const Tensor& y) override {
    ATTNSCOPE_GPU::gather_by_index(device_, x, index, y);
  }
  void scatter_add_by_index(const Tensor& y, const Tensor& index, const Tensor& x) override {
    ATTNSCOPE_GPU::scatter_add_by_index(device_, y, index, x);
  }
  void reciprocal_counts(const Tensor& index, double epsilon, const Tensor& r) override {
    ATTNSCOPE_GPU::reciprocal_counts(device_, index, epsilon, r);
  }
  void reduce(const ops::ReduceArgs& args, const Tensor& workspace) override {
    ATTNSCOPE_GPU::reduce(device_, args, workspace);
  }
  void spread(const Tensor& y, const Tensor& index, const Tensor& x) override {
    ATTNSCOPE_GPU::spread(device_, y, index, x);
  }
  void cumulative_sum(const Tensor& x, const Tensor& y, bool backwards) override {
    ATTNSCOPE_GPU::cumulative_sum(device_, x, y, backwards);
  }
  void mean_square(const Tensor& x, const Tensor& y, const Tensor& workspace) override {
    ATTNSCOPE_GPU::mean_square(device_, x, y, workspace);
  }
  void layer_norm(const ops::LayerNormArgs& args) override { ATTNSCOPE_GPU::layer_norm(device_, args); }
  void layer_norm_backward(const ops::LayerNormBackwardArgs& args, const Tensor& workspace) override {
    ATTNSCOPE_GPU::layer_norm_backward(device_, args, workspace);
  }
  void rms_norm(const ops::RmsNormArgs& args) override { ATTNSCOPE_GPU::rms_norm(device_, args); }
  void rms_norm_backward(const ops::RmsNormBackwardArgs& args) override {
    ATTNSCOPE_GPU::rms_norm_backward(device_, args);
  }
  void log_normalize(ops::LogNormalize along, const Tensor& x, const Tensor& y) override {
    ATTNSCOPE_GPU::log_normalize(device_, along, x, y);
  }
  void log_normalize_backward(ops::LogNormalize along, const Tensor& y, const Tensor& gradient) override {
    ATTNSCOPE_GPU::log_normalize_backward(device_, along, y, gradient);
  }
  void softmax(const ops::SoftmaxArgs& args) override { ATTNSCOPE_GPU::softmax(device_, args); }
  void softmax_backward(const ops::SoftmaxBackwardArgs& args) override {
    ATTNSCOPE_GPU::softmax_backward(device_, args);
  }
  void matmul(const ops::MatmulArgs& args, const Tensor& workspace) override {
    if (cublas_.multiplies(args)) return cublas_.matmul(args, workspace);
    ATTNSCOPE_GPU::matmul(device_, args, workspace, products_);
  }
  void attention(const ops::AttentionArgs& args, const Tensor& workspace) override {
    if (warpgroups_ && warpgroup_attention_serves(args) && attention_splits(device_, args) == 1) {
      return warpgroup_attention(device_, args, workspace);
    }
    ATTNSCOPE_GPU::attention(device_, args, workspace, products_);
  }
  void attention_backward(const ops::AttentionBackwardArgs& args, const Tensor& workspace) override {
    if (warpgroups_ && warpgroup_attention_backward_serves(args)) {
      return warpgroup_attention_backward(device_, args, workspace);
    }
    ATTNSCOPE_GPU::attention_backward(device_, args, workspace, products_);
  }
  void library_attention(const ops::LibraryAttentionArgs& args, const Tensor& workspace) override {
    library_attention_.run(args, workspace);
  }
  void merge(const ops::MergeArgs& args) override { ATTNSCOPE_GPU::merge(device_, args); }
  void merge_backward(const ops::MergeBackwardArgs& args) override { ATTNSCOPE_GPU::merge_backward(device_, args); }
  void linear_attention(const ops::LinearAttentionArgs& args, const Tensor& workspace) override {
    ATTNSCOPE_GPU::linear_attention(device_, args, workspace, products_);
  }
  void linear_attention_backward(const ops::LinearAttentionBackwardArgs& args, const Tensor& workspace) override {
    ATTNSCOPE_GPU::linear_attention_backward(device_, args, workspace, products_);
  }
  void positive_features(const ops::PositiveFeaturesArgs& args) override {
    ATTNSCOPE_GPU::positive_features(device_, args);
  }
  void positive_features_backward(const ops::PositiveFeaturesBackwardArgs& args) override {
    ATTNSCOPE_GPU::positive_features_backward(device_, args);
  }
  void top_positions(const Tensor& scores, const Tensor& key_mask, const Tensor& positions) override {
    ATTNSCOPE_GPU::top_positions(device_, scores, key_mask, positions);
  }
  void sort_by_group(const Tensor& group, const Tensor& order, const Tensor& place, const Tensor& rank) override {
    ATTNSCOPE_GPU::sort_by_group(device_, group, order, place, rank);
  }
  void rank_among(const ops::RankAmongArgs& args) override { ATTNSCOPE_GPU::rank_among(device_, args); }
  void floor_divide(const Tensor& x, std::int64_t divisor, const Tensor& y) override {
    ATTNSCOPE_GPU::floor_divide(device_, x, divisor, y);
  }

  // Drawn one number after the other: on the host, then copied.
  void draw_projection(const ops::DrawProjectionArgs& args) override {
    std::vector<double> drawn(static_cast<std::size_t>(args.rows.rows * args.rows.dim));
    args.rows.fill(args.seed, drawn.data());
    write(args.w, drawn);
  }
  void tabulate(const Tensor& x, const std::function<double(std::int64_t)>& value) override {
    std::vector<double> values(static_cast<std::size_t>(x.elements()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = value(static_cast<std::int64_t>(i));
    write(x, values);
  }

 private:
  int ordinal_;
  mutable Device device_;  // reading waits for what is queued
  tensor::DType dtype_;
  Float32Products products_;
  bool warpgroups_;
  mutable LibraryAttention library_attention_{device_};  // keeps what it has planned
  Cublas cublas_;
};

}  // namespace

std::unique_ptr<ops::Backend> make_cuda(const CudaOptions& options) {
  if (options.dtype == tensor::DType::f64) {
    throw std::invalid_argument("dtype f64: the cuda backend computes in f32, tf32, bf16 and fp16");
  }
  return std::make_unique<CudaBackend>(options);
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
