// O = softmax(scale·QKᵀ)V over the visible keys for compute capability 9.0, where four warps multiply a whole tile and
// one thread loads it: the design of FlashAttention-3 (2407.08608). For 16-bit elements, rows in their own order, and
// keys of one set that nothing but windows, ranges or lists of blocks hides; see warpgroup_attention_serves().
//
// A block has 64 queries for each of its consumers, warpgroups that compute; one more, the producer, hands most of its
// registers over and has one thread load Q and, two stages ahead, the tiles of K and V. A consumer starts the scores of
// a tile, S = QKᵀ, and then, behind them, O += PV of the tile before: while tensor cores still multiply PV it computes
// the weights P of the new scores. Sums, scores and weights stay in registers.
#include "suite/backends/cuda/attention_arguments.h"
#include "suite/backends/cuda/attention_warpgroup.cuh"
#include "suite/backends/cuda/attention_warpgroup.h"
#include "suite/backends/cuda/launch.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

template <int width, int consumers, int key_tile>
struct ForwardMemory {
  PanelTile<width, consumers * rows_per_warpgroup> q;
  PanelTile<width, key_tile> k[stages], v[stages];
  TransferBarrier q_loaded;
  RingBarriers k_ring, v_ring;
};

// The producer's one thread.
template <class Element, int key_tile, class Memory>
__device__ void load_tiles(const AttentionView<Element>& args, const TileMap& q_map, const TileMap& k_map,
                           const TileMap& v_map, const RowTile& queries, Memory& memory) {
  const int head = static_cast<int>(blockIdx.y);
  memory.q.load(q_map, queries.first, head, memory.q_loaded);
  const auto load = [&](auto& tiles, RingBarriers& ring, const TileMap& map, int number, int row) {
    ring.wait_until_free(number);
    const int stage = ring.stage_of(number);
    tiles[stage].load(map, row, head, ring.loaded[stage]);
  };
  KeyTileWalk<Element> walk(args, queries, head / args.heads, head % args.heads, key_tile);
  // In the order of use: the next keys before these values.
  if (walk.has_tile()) load(memory.k, memory.k_ring, k_map, 0, walk.tile().first);
  for (int number = 0; walk.has_tile(); ++number) {
    const int row = walk.tile().first;
    walk.next();
    if (walk.has_tile()) load(memory.k, memory.k_ring, k_map, number + 1, walk.tile().first);
    load(memory.v, memory.v_ring, v_map, number, row);
  }
}

// A consumer: the queries of one warpgroup.
template <class Element, int width, int key_tile, class Memory>
__device__ void attend(const AttentionView<Element>& args, const AttentionResults& results, const RowTile& queries,
                       int consumer, Memory& memory) {
  constexpr int tiles = key_tile / 8;
  const std::int64_t head = blockIdx.y;
  const int example = static_cast<int>(head / args.heads), head_of_example = static_cast<int>(head % args.heads);
  const int first_row = consumer * rows_per_warpgroup;
  const LaneRows rows = rows_of_lane(queries, first_row + warp_of_warpgroup() * rows_per_warp);
  const LaneWindows windows = windows_of_lane(args.set[0].pattern, queries.part, rows);
  const float scale = args.scale * log2_e;
  RingBarriers &k_ring = memory.k_ring, &v_ring = memory.v_ring;
  const auto start_scores = [&](float(&scores)[tiles][4], int number) {
    k_ring.wait_until_loaded(number);
    start_rows_by_rows<Element>(scores, memory.q, first_row, memory.k[k_ring.stage_of(number)]);
  };

  float sums[width / 8][4] = {};
  HeldWeights<Element, tiles> weights;
  OnlineSoftmax softmax;
  float rescale[2];
  KeyTileWalk<Element> walk(args, queries, example, head_of_example, key_tile);
  wait_for_phase(memory.q_loaded, 0);
  if (walk.has_tile()) {
    {
      float scores[tiles][4];
      start_scores(scores, 0);
      wait_for_products<0>(scores);
      k_ring.give_back(0);
      hide(scores, walk.tile(), windows);
      softmax.add(scores, scale, rescale);
      weights.keep(scores);
    }
    walk.next();
    v_ring.wait_until_loaded(0);
    int number = 0;
    for (; walk.has_tile(); walk.next(), ++number) {
      float scores[tiles][4];
      start_scores(scores, number + 1);
      weights.start_product(sums, memory.v[v_ring.stage_of(number)]);
      wait_for_products<1>(scores);
      k_ring.give_back(number + 1);
      hide(scores, walk.tile(), windows);
      softmax.add(scores, scale, rescale);
      // Here, and not when they are used: the loop keeps compilers from computing weights behind the wait that follows.
      v_ring.wait_until_loaded(number + 1);
      wait_for_products<0>(sums);
      v_ring.give_back(number);
      rescale_rows(sums, rescale);
      weights.keep(scores);
    }
    weights.start_product(sums, memory.v[v_ring.stage_of(number)]);
    wait_for_products<0>(sums);
  }
  softmax.end();
  store_rows(args, results, head, rows, softmax, scale, sums, 0);
}

template <class Element, int width, int consumers, int key_tile>
__global__ void __launch_bounds__(Warpgroups<consumers>::threads, Warpgroups<consumers>::blocks_per_multiprocessor)
    attention_warpgroup_kernel(const __grid_constant__ AttentionView<Element> args,
                               const __grid_constant__ TileMap q_map, const __grid_constant__ TileMap k_map,
                               const __grid_constant__ TileMap v_map, const AttentionResults results) {
  using Memory = ForwardMemory<width, consumers, key_tile>;
  const PatternView& pattern = args.set[0].pattern;
  // Later queries see more keys where attention is causal: they start first.
  const int index = static_cast<int>(gridDim.x - 1 - blockIdx.x);
  const RowTile queries = row_tile(pattern, static_cast<int>(blockIdx.y) % args.heads, index, pattern.queries,
                                   consumers * rows_per_warpgroup);
  if (queries.first >= queries.last) return;

  auto& memory = memory_of_block<Memory>();
  if (threadIdx.x == 0) {
    make_ready(memory.q_loaded, 1);
    memory.k_ring.make_ready(1, Warpgroups<consumers>::warps);
    memory.v_ring.make_ready(1, Warpgroups<consumers>::warps);
    finish_making_ready();
  }
  __syncthreads();
  Warpgroups<consumers>::divide(
      [&] {
        if (threadIdx.x == 0) load_tiles<Element, key_tile>(args, q_map, k_map, v_map, queries, memory);
      },
      [&](int consumer) { attend<Element, width, key_tile>(args, results, queries, consumer, memory); });
}

}  // namespace

bool warpgroup_attention_serves(const ops::AttentionArgs& args) {
  if (args.q.dtype() == tensor::DType::f32 || args.sets.size() != 1 || has_biases(args) || !rows_are_whole(args)) {
    return false;
  }
  if (args.rows.queries.defined() || args.rows.keys.defined() || args.scale <= 0) return false;
  const auto widest = std::max(args.q.shape()[3], args.out.shape()[3]);
  const ops::AttentionPattern& pattern = args.plan().pattern();
  return widest <= 2 * panel_columns && std::ranges::all_of(pattern.dilation, [](auto step) { return step == 1; });
}

void warpgroup_attention(Device& device, const ops::AttentionArgs& args, const tensor::Tensor& workspace) {
  with_half_of(args.q, [&]<class Element>(Element) {
    const auto view = attention_view<Element>(device, args, workspace);
    with_warpgroups_for(args, args.plan().queries(), [&]<int width, int consumers>() {
      constexpr int key_tile = 64 * consumers, rows = consumers * rows_per_warpgroup;
      const auto& q = args.q.shape();
      const LaunchSize size{{most_row_tiles(args.plan(), q[1], args.plan().queries(), rows), q[0] * q[1]},
                            Warpgroups<consumers>::threads,
                            sizeof(ForwardMemory<width, consumers, key_tile>) + panel_alignment};
      launch(device, size, attention_warpgroup_kernel<Element, width, consumers, key_tile>, view,
             map_tiles(device, args.q, rows), map_tiles(device, args.sets[0].k, key_tile),
             map_tiles(device, args.sets[0].v, key_tile), results_of(args));
    });
  });
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
