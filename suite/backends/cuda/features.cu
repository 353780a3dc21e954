// Positive random features of rows x [D] with projections p = x·Wᵀ [m]:
//   φ = m^(-1/2) [exp(c·p − c²‖x‖²/2 − s) + ε], c = D^(-1/4), and their gradients. One warp a row.
#include <cmath>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/pack.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

using ops::Stabiliser;

constexpr int warps_of_block = 8;
constexpr float minus_infinity = -INFINITY;
// The shift of padding in front of the first real key: finite, and nothing beside any real one.
constexpr float shift_of_nothing = -1e30f;

// Rows of all heads [B·H·N] and what their features are made of.
struct FeatureRows {
  std::int64_t rows, rows_of_example, n, d, m;
  float c, ratio, epsilon;
  const float* key_mask;  // [B,N] or nullptr

  __device__ bool is_real(std::int64_t row) const {
    return key_mask == nullptr || key_mask[row / rows_of_example * n + row % n] != 0;
  }
};

FeatureRows feature_rows_of(const Tensor& x, const Tensor& features, const Tensor& key_mask, double epsilon) {
  const auto& s = x.shape();
  const auto d = static_cast<double>(s[3]);
  const std::int64_t m = features.shape()[3];
  return {s[0] * s[1] * s[2],
          s[1] * s[2],
          s[2],
          s[3],
          m,
          static_cast<float>(std::pow(d, -0.25)),
          static_cast<float>(1 / std::sqrt(static_cast<double>(m))),
          static_cast<float>(epsilon),
          elements_or_null<float>(key_mask)};
}

LaunchSize one_warp_each(std::int64_t rows) {
  return {{ceiling_of_quotient(rows, warps_of_block)}, warps_of_block * lanes_per_warp, 0};
}
__device__ inline std::int64_t row_of_warp() {
  return static_cast<std::int64_t>(blockIdx.x) * warps_of_block + static_cast<int>(threadIdx.x) / lanes_per_warp;
}
__device__ inline std::int64_t first_of_lane(int width) {
  return static_cast<std::int64_t>(threadIdx.x) % lanes_per_warp * width;
}

// The largest c·p of a row; every lane gets it.
template <int width>
__device__ float largest_projection(const FeatureRows& s, const float* projected) {
  float most = minus_infinity;
  for (std::int64_t i = first_of_lane(width); i < s.m; i += lanes_per_warp * width) {
    float p[width];
    load_widened(p, projected + i);
    ATTNSCOPE_UNROLLED
    for (int k = 0; k < width; ++k) most = fmaxf(most, s.c * p[k]);
  }
  return warp_maximum(most);
}

// largest[row] = max of c·p where the row is a real key, else −inf.
template <int width>
__global__ void largest_of_rows_kernel(FeatureRows s, const float* projected, float* largest) {
  const std::int64_t row = row_of_warp();
  if (row >= s.rows) return;
  const float most = s.is_real(row) ? largest_projection<width>(s, projected + row * s.m) : minus_infinity;
  if (threadIdx.x % lanes_per_warp == 0) largest[row] = most;
}

// In place, one block a head: each row's largest becomes that of all rows of the head, or of those up to it.
__global__ void largest_of_heads_kernel(std::int64_t n, float* largest) {
  ATTNSCOPE_SHARED(float, scratch);
  largest += blockIdx.x * n;
  float most = minus_infinity;
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x) most = fmaxf(most, largest[i]);
  most = block_maximum(most, scratch);
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x) largest[i] = most;
}
__global__ void running_largest_kernel(std::int64_t n, float* largest) {
  ATTNSCOPE_SHARED(float, scratch);  // a warp's largest
  const int thread = static_cast<int>(threadIdx.x), warp = thread / lanes_per_warp;
  const unsigned lane = threadIdx.x % lanes_per_warp;
  float before = minus_infinity;
  for (std::int64_t first = 0; first < n; first += blockDim.x) {
    const std::int64_t i = first + thread, at = blockIdx.x * n + i;
    float most = i < n ? largest[at] : minus_infinity;
    for (unsigned distance = 1; distance < lanes_per_warp; distance *= 2) {
      const float earlier = __shfl_up_sync(whole_warp, most, distance);
      if (lane >= distance) most = fmaxf(most, earlier);
    }
    if (lane == lanes_per_warp - 1) scratch[warp] = most;
    __syncthreads();
    for (int other = 0; other < warp; ++other) most = fmaxf(most, scratch[other]);
    most = fmaxf(most, before);
    if (i < n) largest[at] = most == minus_infinity ? shift_of_nothing : most;
    for (int other = 0; other < static_cast<int>(blockDim.x) / lanes_per_warp; ++other) {
      before = fmaxf(before, scratch[other]);
    }
    __syncthreads();
  }
}

// features may be projected. shifts [B·H·N] of `sequence` and `running`.
template <int width, class Element>
__global__ void positive_features_kernel(FeatureRows s, Stabiliser stabiliser, const Element* x, const float* projected,
                                         const float* shifts, Element* features) {
  const std::int64_t row = row_of_warp();
  if (row >= s.rows) return;
  projected += row * s.m;
  features += row * s.m;
  const bool is_real = s.is_real(row);
  float shift = 0;
  if (is_real) {
    float square = 0;
    for (std::int64_t i = first_of_lane(1); i < s.d; i += lanes_per_warp) {
      const float value = widen(x[row * s.d + i]);
      square += value * value;
    }
    if (stabiliser == Stabiliser::row) shift = largest_projection<width>(s, projected);
    if (shifts != nullptr) shift = shifts[row];
    shift += 0.5f * s.c * s.c * warp_sum(square);
  }
  for (std::int64_t i = first_of_lane(width); i < s.m; i += lanes_per_warp * width) {
    float values[width] = {};
    if (is_real) {
      load_widened(values, projected + i);
      ATTNSCOPE_UNROLLED
      for (int k = 0; k < width; ++k) values[k] = (expf(s.c * values[k] - shift) + s.epsilon) * s.ratio;
    }
    store_narrowed(features + i, values);
  }
}

// With e = φ − m^(-1/2) ε: d_projected = c·e·dφ, which may be where dφ is, and d_x = −c² x Σ_r e_r dφ_r.
template <int width, class Element>
__global__ void positive_features_backward_kernel(FeatureRows s, const Element* x, const Element* features,
                                                  const Element* gradient, Element* d_projected, Element* d_x) {
  const std::int64_t row = row_of_warp();
  if (row >= s.rows) return;
  const bool is_real = s.is_real(row);
  float sum = 0;
  for (std::int64_t i = row * s.m + first_of_lane(width); i < (row + 1) * s.m; i += lanes_per_warp * width) {
    float values[width] = {};
    if (is_real) {
      float upstream[width];
      load_widened(values, features + i);
      load_widened(upstream, gradient + i);
      ATTNSCOPE_UNROLLED
      for (int k = 0; k < width; ++k) {
        values[k] = (values[k] - s.epsilon * s.ratio) * upstream[k];
        sum += values[k];
        values[k] *= s.c;
      }
    }
    store_narrowed(d_projected + i, values);
  }
  const float factor = -s.c * s.c * warp_sum(sum);
  for (std::int64_t i = row * s.d + first_of_lane(1); i < (row + 1) * s.d; i += lanes_per_warp) {
    d_x[i] = narrow<Element>(is_real ? widen(x[i]) * factor : 0.0f);
  }
}

}  // namespace

void positive_features(Device& device, const ops::PositiveFeaturesArgs& args) {
  constexpr int threads = 512;
  const FeatureRows s = feature_rows_of(args.x, args.features, args.key_mask, args.epsilon);
  const auto* const projected = static_cast<const float*>(args.projected.data<float>());
  const std::int64_t heads = s.n == 0 ? 0 : s.rows / s.n;
  with_element_of(args.x, [&]<class Element>(Element) {
    auto* const features = args.features.data<Element>();
    with_pack_width<float>(
        common_divisor(s.m, place_of(projected), place_of(features)),
        [&]<int width>(std::integral_constant<int, width>) {
          auto* const shifts = elements_or_null<float>(args.log_scale);
          if (shifts != nullptr) {
            launch(device, one_warp_each(s.rows), largest_of_rows_kernel<width>, s, projected, shifts);
            launch(device, LaunchSize{{heads}, threads, threads / lanes_per_warp * sizeof(float)},
                   args.stabiliser == Stabiliser::running ? running_largest_kernel : largest_of_heads_kernel, s.n,
                   shifts);
          }
          launch(device, one_warp_each(s.rows), positive_features_kernel<width, Element>, s, args.stabiliser,
                 static_cast<const Element*>(args.x.data<Element>()), projected, shifts, features);
        });
  });
}

void positive_features_backward(Device& device, const ops::PositiveFeaturesBackwardArgs& args) {
  const FeatureRows s = feature_rows_of(args.x, args.features, args.key_mask, args.epsilon);
  with_element_of(args.x, [&]<class Element>(Element) {
    const auto *const x = args.x.data<Element>(), *const features = args.features.data<Element>(),
                      *const gradient = args.gradient.data<Element>();
    auto* const d_projected = args.d_projected.data<Element>();
    with_pack_width<Element>(common_divisor(s.m, place_of(features), place_of(gradient), place_of(d_projected)),
                             [&]<int width>(std::integral_constant<int, width>) {
                               launch(device, one_warp_each(s.rows), positive_features_backward_kernel<width, Element>,
                                      s, x, features, gradient, d_projected, args.d_x.data<Element>());
                             });
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
