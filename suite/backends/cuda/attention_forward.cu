// O = softmax(scale·(QKᵀ + terms))V over the visible keys, tile by tile, with the online softmax: shapes and meaning of
// every argument stand at ops::AttentionArgs.
//
// A block has 64 queries of a head, a warp 16 of them and, of O, up to `chunk` columns. For every tile of keys a warp
// computes its scores S [16, key_tile] on tensor cores, in registers; what is above the row's maximum so far rescales
// what was summed up; P = e^(S − maximum), still in registers, is the left side of the product with V. K of the next
// tile is on its way while V is multiplied, and V while scores are.
//
// Where there are fewer blocks than the device has room for, as in decoding, keys are split: block `split` walks every
// splits-th tile of keys and leaves rows and log-sum-exps of its own, which are merged.
#include "suite/backends/cuda/attention_arguments.h"
#include "suite/backends/cuda/attention_pattern.h"
#include "suite/backends/cuda/attention_softmax.cuh"
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/launch.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

// Where the results of one split go: [splits, B·H, result_rows, …].
template <class Element>
__device__ inline AttentionResults results_of_split(const AttentionResults& all, const AttentionView<Element>& args,
                                                    int split) {
  const std::int64_t rows = static_cast<std::int64_t>(gridDim.y) * args.result_rows;
  return {static_cast<float*>(all.out) + split * rows * args.value_dim, true, all.lse + split * rows, false};
}

template <class Product, int chunk, int key_tile>
__global__ void __launch_bounds__(attention_threads, chunk == 64 ? 3 : 2)
    attention_forward_kernel(const __grid_constant__ AttentionView<typename Product::Element> args,
                             const AttentionResults all_results, int splits, bool whole) {
  using Element = typename Product::Element;
  constexpr int tiles = key_tile / 8, columns = chunk / 8;
  const std::int64_t head = blockIdx.y;
  const int example = static_cast<int>(head / args.heads), head_of_example = static_cast<int>(head % args.heads);
  const PatternView& pattern = args.set[0].pattern;
  // Later queries see more keys where attention is causal: they start first.
  const int index = static_cast<int>(gridDim.x - 1 - blockIdx.x);
  const RowTile queries = row_tile(pattern, head_of_example, index, pattern.queries, attention_rows);
  if (queries.first >= queries.last) return;
  const int split = static_cast<int>(blockIdx.z) % splits;
  const int first_column = static_cast<int>(blockIdx.z) / splits * chunk;
  const AttentionResults results = splits == 1 ? all_results : results_of_split(all_results, args, split);

  const int padded = padded_columns<Element>(args.dim), stride = row_stride<Element>(args.dim);
  const int value_stride = row_stride<Element>(chunk);
  ATTNSCOPE_SHARED(Element, q_rows);                   // [64, stride]
  Element* k_rows = q_rows + attention_rows * stride;  // [key_tile, stride]
  Element* v_rows = k_rows + key_tile * stride;        // [key_tile, value_stride]
  const int warp = static_cast<int>(threadIdx.x) / lanes_per_warp;
  const Element* warp_rows = q_rows + warp * rows_per_warp * stride;
  // [4, 16, bias_stride(key_tile)], where a set is not bare
  float* biases =
      reinterpret_cast<float*>(v_rows + key_tile * value_stride) + warp * rows_per_warp * bias_stride(key_tile);

  load_rows(q_rows, stride, attention_rows, args.dim, padded, whole, [&](int row) -> const Element* {
    if (queries.first + row >= queries.last) return nullptr;
    const int q_row = args.query_row(head, queries.part.offset + queries.part.stride * (queries.first + row));
    return q_row < 0 ? nullptr : args.q + (head * args.query_rows + q_row) * args.dim;
  });
  commit_copies();
  const auto load_keys = [&](const KeyTile& tile, Element* to, int to_stride, const Element* from, int columns_of_row,
                             int first, int width, int to_columns) {
    const KeySetView<Element>& keys = args.set[tile.set];
    const Part part = keys.pattern.part(head_of_example, queries.part.offset);
    load_rows(to, to_stride, key_tile, width, to_columns, whole, [&](int row) -> const Element* {
      if (tile.first + row >= tile.last) return nullptr;
      const int key = args.key_row(head, keys, key_position(keys, tile, part, example, tile.first + row));
      return key < 0 ? nullptr : from + (head * keys.key_rows + key) * columns_of_row + first;
    });
    commit_copies();
  };
  const auto load_k = [&](const KeyTile& tile) {
    load_keys(tile, k_rows, stride, args.set[tile.set].k, args.dim, 0, args.dim, padded);
  };
  const auto load_v = [&](const KeyTile& tile) {
    load_keys(tile, v_rows, value_stride, args.set[tile.set].v, args.value_dim, first_column,
              min(chunk, args.value_dim - first_column), chunk);
  };

  const LaneRows rows = rows_of_lane(queries, warp * rows_per_warp);
  float sums[columns][4] = {};
  OnlineSoftmax softmax;
  KeyTileWalk<Element> walk(args, queries, example, head_of_example, key_tile, split, splits);
  if (walk.has_tile()) load_k(walk.tile());
  while (walk.has_tile()) {
    const KeyTile tile = walk.tile();
    const KeySetView<Element>& keys = args.set[tile.set];
    const Part part = keys.pattern.part(head_of_example, queries.part.offset);
    wait_for_copies<0>();
    __syncthreads();
    load_v(tile);
    float scores[tiles][4] = {};
    multiply_rows<Product>(scores, warp_rows, stride, k_rows, stride, padded);

    LaneWindows windows = windows_of_lane(keys.pattern, part, rows);
    ATTNSCOPE_UNROLLED
    for (int half = 0; half < 2; ++half) {
      if (tile.global && rows.s[half] >= 0) windows.of[half] = {0, tile.last};
      windows.of[half].last = min(windows.of[half].last, tile.last);
    }
    const bool inside = windows.contain(tile.first, key_tile);
    const bool bare = is_bare(keys);
    if (!bare) {
      store_biases<key_tile>(biases, [&](int row, int column) {
        const int s = queries.first + warp * rows_per_warp + row, key = tile.first + column;
        if (s >= queries.last || key >= tile.last) return -INFINITY;
        return bias_of_pair(args, keys, tile, part, head, part.offset + part.stride * s, key);
      });
    }
    const float scale = args.scale * log2_e;
    ATTNSCOPE_UNROLLED
    for (int t = 0; t < tiles; ++t) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 4; ++i) {
        const int column = 8 * t + column_of_sum(i);
        float score = scale * scores[t][i];
        if (!bare) score += biases[row_of_sum(i) * bias_stride(key_tile) + column];
        if (!inside && windows.hide(i / 2, tile.first + column)) score = -INFINITY;
        scores[t][i] = score;
      }
    }
    float rescale[2];
    softmax.add(scores, 1, rescale);
    rescale_rows(sums, rescale);

    walk.next();
    wait_for_copies<0>();
    __syncthreads();
    if (walk.has_tile()) load_k(walk.tile());
    multiply_weights<Product>(sums, scores, v_rows, value_stride);
  }
  wait_for_copies<0>();

  softmax.end();
  store_rows(args, results, head, rows, softmax, 1, sums, first_column);
}

int most_columns(const ops::AttentionArgs& args) { return args.out.shape()[3] <= 64 ? 64 : 128; }
constexpr int keys_of_tile(std::size_t element_size) { return element_size == 2 ? 64 : 32; }

// Blocks but for splits.
std::int64_t blocks_of(const ops::AttentionArgs& args) {
  const auto& q = args.q.shape();
  return most_row_tiles(args.plan(), q[1], args.plan().queries(), attention_rows) * q[0] * q[1] *
         ceiling_of_quotient(args.out.shape()[3], most_columns(args));
}

template <class Product, int chunk, int key_tile>
void launch_forward(Device& device, const ops::AttentionArgs& args, const Tensor& workspace) {
  using Element = typename Product::Element;
  const auto view = attention_view<Element>(device, args, workspace);
  const auto &q = args.q.shape(), &v = args.sets[0].v.shape();
  const int stride = row_stride<Element>(view.dim), value_stride = row_stride<Element>(chunk);
  std::size_t shared_bytes =
      sizeof(Element) * static_cast<std::size_t>((attention_rows + key_tile) * stride + key_tile * value_stride);
  if (has_biases(args)) shared_bytes += sizeof(float) * attention_rows * bias_stride(key_tile);
  const int splits = attention_splits(device, args);
  const LaunchSize size{{most_row_tiles(args.plan(), q[1], args.plan().queries(), attention_rows), q[0] * q[1],
                         splits * ceiling_of_quotient(v[3], chunk)},
                        attention_threads,
                        shared_bytes};
  const auto run = [&](const AttentionResults& results) {
    launch(device, size, attention_forward_kernel<Product, chunk, key_tile>, view, results, splits,
           rows_are_whole(args));
  };
  if (splits == 1) return run(results_of(args));

  const std::int64_t rows = args.lse.elements();
  float* outs = reinterpret_cast<float*>(workspace.data<char>() + lists_bytes(args));
  float* lses = outs + splits * rows * v[3];
  run({outs, true, lses, false});
  merge_splits(device, outs, lses, splits, args.out, args.lse);
}

}  // namespace

int attention_splits(const Device& device, const ops::AttentionArgs& args) {
  // Rows that stay as they are, and rows that are added to, are the business of one block.
  if (args.adds_to_out || args.rows.queries_once) return 1;
  constexpr std::int64_t blocks_per_multiprocessor = 3, fewest_tiles = 2;
  std::int64_t tiles = 0;
  for (const ops::KeySetArgs& set : args.sets) {
    tiles += ceiling_of_quotient(set.plan->keys(), keys_of_tile(size_of(args.q.dtype())));
  }
  const std::int64_t room =
      blocks_per_multiprocessor * device.multiprocessors() / std::max<std::int64_t>(blocks_of(args), 1);
  return static_cast<int>(std::clamp<std::int64_t>(std::min(room, tiles / fewest_tiles), 1, most_splits));
}

std::int64_t attention_workspace(const Device& device, const ops::AttentionArgs& args) {
  const std::int64_t splits = attention_splits(device, args);
  const std::int64_t row_floats = args.out.shape()[3] + 1;
  return lists_bytes(args) +
         (splits == 1 ? 0 : splits * args.lse.elements() * row_floats * static_cast<std::int64_t>(sizeof(float)));
}

void attention(Device& device, const ops::AttentionArgs& args, const Tensor& workspace, Float32Products products) {
  if (args.rows.queries_once) {
    // Rows that are not listed.
    if (!args.adds_to_out) fill(device, args.out, 0);
    fill(device, args.lse, -std::numeric_limits<double>::infinity());
  }
  with_product_of(args.q, products, [&]<class Product>(Product) {
    constexpr int key_tile = keys_of_tile(sizeof(typename Product::Element));
    if (most_columns(args) == 64) return launch_forward<Product, 64, key_tile>(device, args, workspace);
    launch_forward<Product, 128, key_tile>(device, args, workspace);
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
