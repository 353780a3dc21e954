// dQ, dK and dV for compute capability 9.0, where attention_warpgroup.cu computed, or could have computed, the forward
// pass. Equations, and why scores are computed twice, stand at attention_backward.cuh and attention_backward.cu; how a
// block is divided at attention_warpgroup.cuh.
#include "suite/backends/cuda/attention_arguments.h"
#include "suite/backends/cuda/attention_backward_keys.cuh"
#include "suite/backends/cuda/attention_warpgroup.cuh"
#include "suite/backends/cuda/attention_warpgroup.h"
#include "suite/backends/cuda/kernels.h"
#include "suite/backends/cuda/launch.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr int query_tile = 64;  // of the walk by keys

template <int width, int consumers, int key_tile>
struct QueriesMemory {
  PanelTile<width, consumers * rows_per_warpgroup> q, d_out;
  PanelTile<width, key_tile> k[stages], v[stages];
  TransferBarrier queries_loaded;
  RingBarriers ring;
};

// A consumer: dQ of the queries of one warpgroup, tile of keys by tile of keys. While tensor cores multiply dS of one
// tile with its keys, it computes the next tile's.
template <class Element, int width, int key_tile, class Memory>
__device__ void add_up_queries(const BackwardView<Element>& args, const GradientRows<Element>& d_q,
                               const RowTile& queries, int consumer, Memory& memory) {
  constexpr int tiles = key_tile / 8;
  const AttentionView<Element>& forward = args.forward;
  const std::int64_t head = blockIdx.y;
  const int first_row = consumer * rows_per_warpgroup;
  const LaneRows rows = rows_of_lane(queries, first_row + warp_of_warpgroup() * rows_per_warp);
  const LaneWindows windows = windows_of_lane(forward.set[0].pattern, queries.part, rows);
  const float scale = forward.scale * log2_e;
  float log_sum[2], delta[2];
  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    const int row = rows.s[half] < 0 ? -1 : rows.position[half];
    log_sum[half] = log_sum_of_row(args, head, row);
    delta[half] = delta_of_row(args, head, row);
  }

  float weights[tiles][4], d_weights[tiles][4];
  const auto start = [&](int number) {
    const int stage = RingBarriers::stage_of(number);
    memory.ring.wait_until_loaded(number);
    start_rows_by_rows<Element>(weights, memory.q, first_row, memory.k[stage]);
    start_rows_by_rows<Element>(d_weights, memory.d_out, first_row, memory.v[stage]);
  };
  const auto weigh = [&](const KeyTile& tile) {
    hide(weights, tile, windows);
    ATTNSCOPE_UNROLLED
    for (int t = 0; t < tiles; ++t) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 4; ++i) weights[t][i] = power_of_two(scale * weights[t][i] - log_sum[i / 2]);
    }
  };
  // dS, in the place of the weights.
  const auto differentiate = [&] {
    ATTNSCOPE_UNROLLED
    for (int t = 0; t < tiles; ++t) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 4; ++i) weights[t][i] *= d_weights[t][i] - delta[i / 2];
    }
  };

  float sums[width / 8][4] = {};
  HeldWeights<Element, tiles> d_scores;
  KeyTileWalk<Element> walk(forward, queries, static_cast<int>(head / forward.heads),
                            static_cast<int>(head % forward.heads), key_tile);
  wait_for_phase(memory.queries_loaded, 0);
  if (walk.has_tile()) {
    start(0);
    wait_for_products<1>(weights);
    weigh(walk.tile());
    wait_for_products<0>(d_weights);
    differentiate();
    d_scores.keep(weights);
    walk.next();
    int number = 0;
    for (; walk.has_tile(); walk.next(), ++number) {
      start(number + 1);
      d_scores.start_product(sums, memory.k[RingBarriers::stage_of(number)]);
      wait_for_products<2>(weights);
      weigh(walk.tile());
      wait_for_products<1>(d_weights);
      differentiate();
      wait_for_products<0>(sums);
      memory.ring.give_back(number);
      d_scores.keep(weights);
    }
    d_scores.start_product(sums, memory.k[RingBarriers::stage_of(number)]);
    wait_for_products<0>(sums);
  }

  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    if (rows.s[half] < 0) continue;
    store_row(d_q, head * forward.query_rows + rows.position[half], forward.dim, 0, forward.scale, sums, half);
  }
}

template <class Element, int width, int consumers, int key_tile>
__global__ void __launch_bounds__(Warpgroups<consumers>::threads, Warpgroups<consumers>::blocks_per_multiprocessor)
    warpgroup_queries_kernel(const __grid_constant__ BackwardView<Element> args, const __grid_constant__ TileMap q_map,
                             const __grid_constant__ TileMap d_out_map, const __grid_constant__ TileMap k_map,
                             const __grid_constant__ TileMap v_map, const GradientRows<Element> d_q) {
  const PatternView& pattern = args.forward.set[0].pattern;
  const int head = static_cast<int>(blockIdx.y), heads = args.forward.heads;
  // Later queries see more keys where attention is causal: they start first.
  const int index = static_cast<int>(gridDim.x - 1 - blockIdx.x);
  const RowTile queries = row_tile(pattern, head % heads, index, pattern.queries, consumers * rows_per_warpgroup);
  if (queries.first >= queries.last) return;

  auto& memory = memory_of_block<QueriesMemory<width, consumers, key_tile>>();
  if (threadIdx.x == 0) {
    make_ready(memory.queries_loaded, 2);
    memory.ring.make_ready(2, Warpgroups<consumers>::warps);
    finish_making_ready();
  }
  __syncthreads();
  Warpgroups<consumers>::divide(
      [&] {
        if (threadIdx.x != 0) return;
        memory.q.load(q_map, queries.first, head, memory.queries_loaded);
        memory.d_out.load(d_out_map, queries.first, head, memory.queries_loaded);
        KeyTileWalk<Element> walk(args.forward, queries, head / heads, head % heads, key_tile);
        for (int number = 0; walk.has_tile(); walk.next(), ++number) {
          const int stage = RingBarriers::stage_of(number);
          memory.ring.wait_until_free(number);
          memory.k[stage].load(k_map, walk.tile().first, head, memory.ring.loaded[stage]);
          memory.v[stage].load(v_map, walk.tile().first, head, memory.ring.loaded[stage]);
        }
      },
      [&](int consumer) { add_up_queries<Element, width, key_tile>(args, d_q, queries, consumer, memory); });
}

// What the walk by keys asks about a query: the window of keys that it sees, and what its weights are computed with.
struct alignas(16) QueryRow {
  float log_sum, delta;
  int first, last;
};

template <int width, int consumers>
struct KeysMemory {
  PanelTile<width, consumers * rows_per_warpgroup> k, v;
  PanelTile<width, query_tile> q[stages], d_out[stages];
  QueryRow rows[stages][query_tile];
  TransferBarrier keys_loaded;
  RingBarriers ring;
};

// The producer's second warp: what is known of each query of the tiles that its first warp loads.
template <class Element, class Memory>
__device__ void list_query_rows(const BackwardView<Element>& args, const RowTile& keys, Memory& memory) {
  const PatternView& pattern = args.forward.set[0].pattern;
  const std::int64_t head = blockIdx.y;
  QueryTileWalk walk(pattern, static_cast<int>(head % args.forward.heads), keys, false, query_tile);
  for (int number = 0; walk.has_tile(); walk.next(), ++number) {
    const int stage = RingBarriers::stage_of(number);
    memory.ring.wait_until_free(number);
    for (int row = lane_of_warp(); row < query_tile; row += lanes_per_warp) {
      const int query = walk.first() + row < walk.last() ? walk.first() + row : -1;
      const Range window = query < 0 ? Range{0, 0} : pattern.window_of(keys.part, query);
      memory.rows[stage][row] = {log_sum_of_row(args, head, query), delta_of_row(args, head, query), window.first,
                                 window.last};
    }
    __syncwarp();
    if (lane_of_warp() == 0) arrive(memory.ring.loaded[stage]);
  }
}

// A consumer: dK and dV of the keys of one warpgroup, tile of queries by tile of queries. Scores are computed
// transposed, so that weights are the left side of the products that follow.
template <class Element, int width, class Memory>
__device__ void add_up_keys(const BackwardView<Element>& args, const GradientRows<Element>& d_k,
                            const GradientRows<Element>& d_v, const RowTile& keys, int consumer, Memory& memory) {
  constexpr int tiles = query_tile / 8;
  const AttentionView<Element>& forward = args.forward;
  const PatternView& pattern = forward.set[0].pattern;
  const std::int64_t head = blockIdx.y;
  const int first_row = consumer * rows_per_warpgroup;
  const LaneRows rows = rows_of_lane(keys, first_row + warp_of_warpgroup() * rows_per_warp);
  const float scale = forward.scale * log2_e;

  float d_k_sums[width / 8][4] = {}, d_v_sums[width / 8][4] = {};
  QueryTileWalk walk(pattern, static_cast<int>(head % forward.heads), keys, false, query_tile);
  wait_for_phase(memory.keys_loaded, 0);
  for (int number = 0; walk.has_tile(); walk.next(), ++number) {
    const int stage = RingBarriers::stage_of(number);
    const QueryRow* queries = memory.rows[stage];
    float weights[tiles][4], d_weights[tiles][4];
    memory.ring.wait_until_loaded(number);
    start_rows_by_rows<Element>(weights, memory.k, first_row, memory.q[stage]);
    start_rows_by_rows<Element>(d_weights, memory.v, first_row, memory.d_out[stage]);
    wait_for_products<1>(weights);
    ATTNSCOPE_UNROLLED
    for (int t = 0; t < tiles; ++t) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 4; ++i) {
        const QueryRow& query = queries[8 * t + column_of_sum(i)];
        const int key = rows.s[i / 2];
        const float weight = power_of_two(scale * weights[t][i] - query.log_sum);
        weights[t][i] = key < query.first || key >= query.last ? 0 : weight;
      }
    }
    HeldWeights<Element, tiles> held;
    held.keep(weights);
    held.start_product(d_v_sums, memory.d_out[stage]);
    wait_for_products<1>(d_weights);
    ATTNSCOPE_UNROLLED
    for (int t = 0; t < tiles; ++t) {
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 4; ++i) weights[t][i] *= d_weights[t][i] - queries[8 * t + column_of_sum(i)].delta;
    }
    HeldWeights<Element, tiles> d_scores;
    d_scores.keep(weights);
    d_scores.start_product(d_k_sums, memory.q[stage]);
    wait_for_products<0>(d_v_sums);
    wait_for_products<0>(d_k_sums);
    memory.ring.give_back(number);
  }

  ATTNSCOPE_UNROLLED
  for (int half = 0; half < 2; ++half) {
    if (rows.s[half] < 0) continue;
    const std::int64_t row = head * forward.set[0].key_rows + rows.position[half];
    store_row(d_k, row, forward.dim, 0, forward.scale, d_k_sums, half);
    store_row(d_v, row, forward.value_dim, 0, 1, d_v_sums, half);
  }
}

template <class Element, int width, int consumers>
__global__ void __launch_bounds__(Warpgroups<consumers, width>::threads,
                                  Warpgroups<consumers, width>::blocks_per_multiprocessor)
    warpgroup_keys_kernel(const __grid_constant__ BackwardView<Element> args, const __grid_constant__ TileMap q_map,
                          const __grid_constant__ TileMap d_out_map, const __grid_constant__ TileMap k_map,
                          const __grid_constant__ TileMap v_map, const GradientRows<Element> d_k,
                          const GradientRows<Element> d_v) {
  const PatternView& pattern = args.forward.set[0].pattern;
  const int head = static_cast<int>(blockIdx.y), heads = args.forward.heads;
  const RowTile keys =
      row_tile(pattern, head % heads, static_cast<int>(blockIdx.x), pattern.keys, consumers * rows_per_warpgroup);
  if (keys.first >= keys.last) return;

  auto& memory = memory_of_block<KeysMemory<width, consumers>>();
  if (threadIdx.x == 0) {
    make_ready(memory.keys_loaded, 2);
    memory.ring.make_ready(3, Warpgroups<consumers, width>::warps);
    finish_making_ready();
  }
  __syncthreads();
  Warpgroups<consumers, width>::divide(
      [&] {
        if (warp_of_warpgroup() == 1) return list_query_rows(args, keys, memory);
        if (threadIdx.x != 0) return;
        memory.k.load(k_map, keys.first, head, memory.keys_loaded);
        memory.v.load(v_map, keys.first, head, memory.keys_loaded);
        QueryTileWalk walk(pattern, head % heads, keys, false, query_tile);
        for (int number = 0; walk.has_tile(); walk.next(), ++number) {
          const int stage = RingBarriers::stage_of(number);
          memory.ring.wait_until_free(number);
          memory.q[stage].load(q_map, walk.first(), head, memory.ring.loaded[stage]);
          memory.d_out[stage].load(d_out_map, walk.first(), head, memory.ring.loaded[stage]);
        }
      },
      [&](int consumer) { add_up_keys<Element, width>(args, d_k, d_v, keys, consumer, memory); });
}

}  // namespace

bool warpgroup_attention_backward_serves(const ops::AttentionBackwardArgs& args) {
  return warpgroup_attention_serves(args.forward) && is_whole(args.d_out);
}

void warpgroup_attention_backward(Device& device, const ops::AttentionBackwardArgs& args, const Tensor& workspace) {
  const ops::AttentionArgs& forward = args.forward;
  const ops::AttentionPlan& plan = forward.plan();
  const ops::KeySetGradients& set = args.sets[0];
  const auto& q = forward.q.shape();
  const Tensor &k = forward.sets[0].k, &v = forward.sets[0].v;
  const float* delta = attention_delta(device, args, workspace);
  with_half_of(forward.q, [&]<class Element>(Element) {
    const BackwardView<Element> view = backward_view<Element>(device, args, workspace, delta);
    with_warpgroups_for(forward, plan.queries(), [&]<int width, int consumers>() {
      // Wide heads leave no registers for more keys at once.
      constexpr int key_tile = width == panel_columns ? 64 * consumers : 64, rows = consumers * rows_per_warpgroup;
      const LaunchSize size{{most_row_tiles(plan, q[1], plan.queries(), rows), q[0] * q[1]},
                            Warpgroups<consumers>::threads,
                            sizeof(QueriesMemory<width, consumers, key_tile>) + panel_alignment};
      launch(device, size, warpgroup_queries_kernel<Element, width, consumers, key_tile>, view,
             map_tiles(device, forward.q, rows), map_tiles(device, args.d_out, rows), map_tiles(device, k, key_tile),
             map_tiles(device, v, key_tile), GradientRows<Element>{args.d_q.data<Element>(), args.adds_to_q, nullptr});
    });
    with_warpgroups_for(forward, plan.keys(), [&]<int width, int consumers>() {
      constexpr int rows = consumers * rows_per_warpgroup;
      const LaunchSize size{{most_row_tiles(plan, q[1], plan.keys(), rows), q[0] * q[1]},
                            Warpgroups<consumers, width>::threads,
                            sizeof(KeysMemory<width, consumers>) + panel_alignment};
      launch(device, size, warpgroup_keys_kernel<Element, width, consumers>, view,
             map_tiles(device, forward.q, query_tile), map_tiles(device, args.d_out, query_tile),
             map_tiles(device, k, rows), map_tiles(device, v, rows),
             GradientRows<Element>{set.d_k.data<Element>(), set.adds_to_k, nullptr},
             GradientRows<Element>{set.d_v.data<Element>(), set.adds_to_v, nullptr});
    });
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
