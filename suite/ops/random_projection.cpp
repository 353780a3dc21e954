#include "suite/ops/random_projection.h"

#include "suite/ops/initializers.h"

namespace attnscope::ops {

using tensor::Tensor;

namespace {

// Gaussian numbers come in pairs, by Box–Muller: logarithm, square root, sine, cosine and 4 products a pair; the random
// bits behind them are integer work and not counted. Gram–Schmidt, twice: for each of the c(c−1)/2 pairs of rows of a
// block, a dot product, its sign and an update. Every row: norm, square root and a division per element; the chi norm
// likewise; and a product per element.
Cost cost_of(const ProjectionRows& rows) {
  const std::int64_t pairs = (rows.normals() + 1) / 2, elements = rows.rows * rows.dim;
  Cost cost{.multiply_adds = (rows.chi_norms ? 2 : 1) * elements,
            .other = 4 * pairs + 2 * elements,
            .exponentials = 4 * pairs + (rows.chi_norms ? 2 : 1) * rows.rows};
  for (std::int64_t first = 0; first < rows.rows; first += rows.block()) {
    const std::int64_t count = std::min(rows.block(), rows.rows - first);
    cost.multiply_adds += 2 * count * (count - 1) * rows.dim;
    cost.other += count * (count - 1);
  }
  return cost;
}

}  // namespace

Tensor draw_projection(Context& ctx, const std::string& name, const tensor::Shape& shape,
                       const RandomProjectionOptions& options) {
  const Tensor w = ctx.empty(shape);
  // Drawn in float64, so that every backend has the same rows.
  const bool exact = ctx.dtype() == tensor::DType::f64;
  const DrawProjectionArgs args{
      .rows = {shape[-2], shape[-1], options.orthogonal, options.chi_norms},
      .seed = seed_of_draw(ctx.arguments().seed_of(name), options.draw),
      .drawn = exact ? w : Tensor(ctx.pool(), shape, tensor::DType::f64, tensor::Category::workspace),
      .w = w};
  Cost cost = cost_of(args.rows);
  cost.bytes_written = w.bytes();
  ctx.execute("draw_projection", cost, [&](Backend& backend) { backend.draw_projection(args); });
  return w;
}

}  // namespace attnscope::ops
