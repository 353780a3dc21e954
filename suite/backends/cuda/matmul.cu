// Batched products of matrices by our own kernel: where there is no library for them, and where the library has no
// words for the product.
#include <algorithm>

#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/matmul.cuh"
#include "suite/backends/cuda/sum_parts.cuh"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

template <class Product>
using LargeTile = MatmulTile<Product, 2, 4, 4, 4>;  // [128,128]
template <class Product>
using SmallTile = MatmulTile<Product, 2, 2, 2, 4>;  // [64,64]

// How one product is launched.
struct MatmulSplit {
  bool large_tiles;
  std::int64_t tiles, parts;
};

MatmulPlan plan_of(const ops::MatmulArgs& args) {
  const auto &as = args.a.shape(), &bs = args.b.shape(), &cs = args.c.shape();
  MatmulPlan plan{};
  plan.rows = cs[2];
  plan.columns = cs[3];
  plan.inner = args.transpose_a ? as[2] : as[3];
  plan.c_elements = args.c.elements();
  std::int64_t a_distance = as[2] * as[3], b_distance = bs[2] * bs[3];
  for (const int axis : {1, 0}) {
    const std::int64_t batches = std::max(as[axis], bs[axis]);
    plan.outputs[axis] = cs[axis];
    plan.summed[axis] = cs[axis] == 1 ? batches : 1;
    plan.a_batch[axis] = as[axis] == 1 ? 0 : a_distance;
    plan.b_batch[axis] = bs[axis] == 1 ? 0 : b_distance;
    a_distance *= as[axis];
    b_distance *= bs[axis];
  }
  return plan;
}

template <class Tile>
std::int64_t tiles_of(const MatmulPlan& plan) {
  return plan.outputs[0] * plan.outputs[1] * ceiling_of_quotient(plan.rows, Tile::rows) *
         ceiling_of_quotient(plan.columns, Tile::columns);
}

// Large tiles where they fill the device. Where even small ones do not, several blocks share the sum of one: at least
// `fewest_steps` steps of the depth each, or its prologue would outweigh it.
template <class Product>
MatmulSplit split_of(const Device& device, const MatmulPlan& plan) {
  using Small = SmallTile<Product>;
  constexpr std::int64_t fewest_steps = 4, most_parts = 64;
  const std::int64_t blocks = device.multiprocessors();
  const std::int64_t large = tiles_of<LargeTile<Product>>(plan), small = tiles_of<Small>(plan);
  if (large >= blocks) return {true, large, 1};
  const std::int64_t steps = plan.summed[0] * plan.summed[1] * ceiling_of_quotient(plan.inner, Small::depth);
  const std::int64_t wanted = small == 0 ? 1 : 2 * blocks / small;
  return {false, small, std::clamp<std::int64_t>(std::min(wanted, steps / fewest_steps), 1, most_parts)};
}

template <class Tile, class Out>
void multiply(Device& device, const ops::MatmulArgs& args, MatmulPlan plan, std::int64_t tiles, Out* c) {
  using Element = typename Tile::Element;
  const auto* const a = static_cast<const Element*>(args.a.data<Element>());
  const auto* const b = static_cast<const Element*>(args.b.data<Element>());
  plan.a_whole_copies = has_whole_copies(a, args.a.shape()[3]);
  plan.b_whole_copies = has_whole_copies(b, args.b.shape()[3]);
  const auto start = [&]<bool transpose_a, bool transpose_b>() {
    using Left = typename Tile::template Stored<transpose_a, Tile::rows>;
    using Right = typename Tile::template Stored<!transpose_b, Tile::columns>;
    const LaunchSize size{
        {tiles, plan.parts}, Tile::threads, Tile::stages * (Left::elements + Right::elements) * sizeof(Element)};
    launch(device, size, matmul_kernel<Tile, transpose_a, transpose_b, Out>, plan, a, b, c);
  };
  if (args.transpose_a) {
    args.transpose_b ? start.template operator()<true, true>() : start.template operator()<true, false>();
  } else {
    args.transpose_b ? start.template operator()<false, true>() : start.template operator()<false, false>();
  }
}

}  // namespace

std::int64_t matmul_workspace(const Device& device, const ops::MatmulArgs& args, Float32Products products) {
  std::int64_t bytes = 0;
  with_product_of(args.a, products, [&]<class Product>(Product) {
    const std::int64_t parts = split_of<Product>(device, plan_of(args)).parts;
    if (parts > 1) bytes = parts * args.c.elements() * static_cast<std::int64_t>(sizeof(float));
  });
  return bytes;
}

void matmul(Device& device, const ops::MatmulArgs& args, const Tensor& workspace, Float32Products products) {
  with_product_of(args.a, products, [&]<class Product>(Product) {
    MatmulPlan plan = plan_of(args);
    const MatmulSplit split = split_of<Product>(device, plan);
    plan.parts = split.parts;
    const auto multiply_into = [&]<class Out>(Out* c) {
      if (split.large_tiles) {
        multiply<LargeTile<Product>>(device, args, plan, split.tiles, c);
      } else {
        multiply<SmallTile<Product>>(device, args, plan, split.tiles, c);
      }
    };
    const auto finish = [&]<class Out>(Out* c) {
      if (split.parts == 1) return multiply_into(c);
      auto* const sums = workspace.data<float>();
      multiply_into(sums);
      launch(device, one_thread_each(plan.c_elements), sum_parts_kernel<Out>, plan.c_elements, split.parts, sums, c);
    };
    if (args.c.dtype() == tensor::DType::f32) {
      finish(args.c.data<float>());
    } else {
      finish(args.c.data<typename Product::Element>());
    }
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
