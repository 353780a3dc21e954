// O = softmax(scale·QKᵀ)V over the visible keys for compute capability 9.0, where four warps multiply a whole tile and
// one thread loads it: the design of FlashAttention-3 (2407.08608). For 16-bit elements, rows in their own order, and
// keys of one set that nothing but windows, ranges or lists of blocks hides; see warpgroup_attention_serves().
//
// A block has 64 queries for each of its consumers, warpgroups that compute; one more, the producer, hands most of its
// registers over and has one thread load Q and, two stages ahead, the tiles of K and V. A consumer starts the scores of
// a tile, S = QKᵀ, and then, behind them, O += PV of the tile before: while tensor cores still multiply PV it computes
// the weights P of the new scores. Sums, scores and weights stay in registers.
#include "suite/backends/cuda/attention_arguments.h"
#include "suite/backends/cuda/attention_softmax.cuh"
#include "suite/backends/cuda/attention_warpgroup.h"
#include "suite/backends/cuda/launch.h"
#include "suite/backends/cuda/warpgroup.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr int stages = 2;

// What a block keeps in shared memory. Tiles lie in panels, see warpgroup.h.
template <int width, int consumers, int key_tile>
struct BlockMemory {
  static constexpr int panels = width / panel_columns, queries = consumers * rows_per_warpgroup;
  static constexpr int key_panel_bytes = key_tile * panel_row_bytes, key_bytes = panels * key_panel_bytes;
  static constexpr int query_panel_bytes = queries * panel_row_bytes, query_bytes = panels * query_panel_bytes;

  // Panels begin where the ones before end: all have a multiple of panel_alignment.
  static_assert(key_panel_bytes % panel_alignment == 0 && query_panel_bytes % panel_alignment == 0);
  unsigned char q[query_bytes];
  unsigned char k[stages][key_bytes], v[stages][key_bytes];
  TransferBarrier q_loaded, k_loaded[stages], v_loaded[stages], k_free[stages], v_free[stages];

  // At the first multiple of panel_alignment in the block's memory, of which the launch asks for so much more.
  __device__ static BlockMemory& of_block() {
    ATTNSCOPE_SHARED(unsigned char, memory);
    const std::uint32_t address = shared_address(memory);
    return *reinterpret_cast<BlockMemory*>(memory + (panel_alignment - address % panel_alignment) % panel_alignment);
  }
};

// The place of a tile in the ring of stages, and the parity of its round.
__device__ inline int stage_of(int tile) { return tile % stages; }
__device__ inline unsigned round_of(int tile) { return static_cast<unsigned>(tile / stages % 2); }

// The producer's one thread.
template <class Element, class Memory>
__device__ void load_tiles(const AttentionView<Element>& args, const TileMap& q_map, const TileMap& k_map,
                           const TileMap& v_map, const RowTile& queries, Memory& memory) {
  const int head = static_cast<int>(blockIdx.y);
  const auto load = [&](unsigned char* to, int panel_bytes, const TileMap& map, int row, TransferBarrier& loaded) {
    arrive_expecting(loaded, Memory::panels * panel_bytes);
    for (int p = 0; p < Memory::panels; ++p)
      load_panel(to + p * panel_bytes, map, p * panel_columns, row, head, loaded);
  };
  load(memory.q, Memory::query_panel_bytes, q_map, queries.first, memory.q_loaded);

  KeyTileWalk<Element> walk(args, queries, head / args.heads, head % args.heads,
                            Memory::key_panel_bytes / panel_row_bytes);
  // A stage is free at first: its round before the first has ended.
  const auto load_k = [&](int tile, int row) {
    const int stage = stage_of(tile);
    wait_for_phase(memory.k_free[stage], round_of(tile) ^ 1);
    load(memory.k[stage], Memory::key_panel_bytes, k_map, row, memory.k_loaded[stage]);
  };
  const auto load_v = [&](int tile, int row) {
    const int stage = stage_of(tile);
    wait_for_phase(memory.v_free[stage], round_of(tile) ^ 1);
    load(memory.v[stage], Memory::key_panel_bytes, v_map, row, memory.v_loaded[stage]);
  };
  // In the order of use: the next keys before these values.
  if (walk.has_tile()) load_k(0, walk.tile().first);
  for (int tile = 0; walk.has_tile(); ++tile) {
    const int row = walk.tile().first;
    walk.next();
    if (walk.has_tile()) load_k(tile + 1, walk.tile().first);
    load_v(tile, row);
  }
}

// Says that this warp reads a stage no more.
__device__ inline void give_back(TransferBarrier& free) {
  __syncwarp();
  if (lane_of_warp() == 0) arrive(free);
}

// A consumer: the queries of one warpgroup.
template <class Element, int width, int key_tile, class Memory>
__device__ void attend(const AttentionView<Element>& args, const AttentionResults& results, const RowTile& queries,
                       int consumer, Memory& memory) {
  constexpr int tiles = key_tile / 8, columns = width / 8, steps = key_tile / 16;
  using Product = HalfProduct<Element>;
  const std::int64_t head = blockIdx.y;
  const int example = static_cast<int>(head / args.heads), head_of_example = static_cast<int>(head % args.heads);
  const PatternView& pattern = args.set[0].pattern;
  const int warp = static_cast<int>(threadIdx.x) % threads_per_warpgroup / lanes_per_warp;
  const LaneRows rows = rows_of_lane(queries, consumer * rows_per_warpgroup + warp * rows_per_warp);
  const LaneWindows windows = windows_of_lane(pattern, queries.part, rows);
  const float scale = args.scale * log2_e;

  const std::uint32_t q =
      shared_address(memory.q) + static_cast<std::uint32_t>(consumer * rows_per_warpgroup * panel_row_bytes);
  const auto start_scores = [&](float(&scores)[tiles][4], int tile) {
    const int stage = stage_of(tile);
    wait_for_phase(memory.k_loaded[stage], round_of(tile));
    const std::uint32_t k = shared_address(memory.k[stage]);
    begin_products();
    ATTNSCOPE_UNROLLED
    for (int panel = 0; panel < Memory::panels; ++panel) {
      ATTNSCOPE_UNROLLED
      for (int depth = 0; depth < panel_columns; depth += 16) {
        multiply_panels<Element>(scores, rows_of_panel(q + panel * Memory::query_panel_bytes, depth),
                                 rows_of_panel(k + panel * Memory::key_panel_bytes, depth), panel + depth > 0);
      }
    }
    commit_products();
  };
  const auto hide = [&](float(&scores)[tiles][4], const KeyTile& tile) {
    if (tile.first + key_tile <= tile.last && windows.contain(tile.first, key_tile)) return;
    ATTNSCOPE_UNROLLED
    for (int half = 0; half < 2; ++half) {
      // Columns of the tile that are visible, counted from the lane's first one.
      const int place = tile.first + column_of_sum(0), first = windows.of[half].first - place;
      const int last = min(windows.of[half].last, tile.last) - place;
      ATTNSCOPE_UNROLLED
      for (int t = 0; t < tiles; ++t) {
        ATTNSCOPE_UNROLLED
        for (int i = 0; i < 2; ++i) {
          float& score = scores[t][2 * half + i];
          score = 8 * t + i < first || 8 * t + i >= last ? -INFINITY : score;
        }
      }
    }
  };
  typename Product::Left weights[steps];
  const auto keep_weights = [&](const float(&scores)[tiles][4]) {
    ATTNSCOPE_UNROLLED
    for (int s = 0; s < steps; ++s) {
      float held[2][4];
      ATTNSCOPE_UNROLLED
      for (int i = 0; i < 8; ++i) held[i / 4][i % 4] = scores[2 * s + i / 4][i % 4];
      weights[s] = Product::left_of(held);
    }
  };
  float sums[columns][4] = {};
  const auto start_sums = [&](int tile) {
    const std::uint32_t v = shared_address(memory.v[stage_of(tile)]);
    begin_products();
    ATTNSCOPE_UNROLLED
    for (int s = 0; s < steps; ++s) {
      multiply_held<Element>(sums, weights[s].registers, columns_of_panels(v, 16 * s, Memory::key_panel_bytes));
    }
    commit_products();
  };

  const auto wait_for_values = [&](int tile) { wait_for_phase(memory.v_loaded[stage_of(tile)], round_of(tile)); };

  OnlineSoftmax softmax;
  float rescale[2];
  KeyTileWalk<Element> walk(args, queries, example, head_of_example, key_tile);
  wait_for_phase(memory.q_loaded, 0);
  if (walk.has_tile()) {
    {
      float scores[tiles][4];
      start_scores(scores, 0);
      wait_for_products<0>(scores);
      give_back(memory.k_free[0]);
      hide(scores, walk.tile());
      softmax.add(scores, scale, rescale);
      keep_weights(scores);
    }
    walk.next();
    wait_for_values(0);
    int tile = 0;
    for (; walk.has_tile(); walk.next(), ++tile) {
      float scores[tiles][4];
      start_scores(scores, tile + 1);
      start_sums(tile);
      wait_for_products<1>(scores);
      give_back(memory.k_free[stage_of(tile + 1)]);
      hide(scores, walk.tile());
      softmax.add(scores, scale, rescale);
      // Here, and not when they are used: the loop keeps compilers from computing weights behind the wait that follows.
      wait_for_values(tile + 1);
      wait_for_products<0>(sums);
      give_back(memory.v_free[stage_of(tile)]);
      rescale_rows(sums, rescale);
      keep_weights(scores);
    }
    start_sums(tile);
    wait_for_products<0>(sums);
  }
  softmax.end();
  store_rows(args, results, head, rows, softmax, scale, sums, 0);
}

template <class Element, int width, int consumers, int key_tile>
__global__ void __launch_bounds__((consumers + 1) * threads_per_warpgroup, consumers == 1 ? 2 : 1)
    attention_warpgroup_kernel(const __grid_constant__ AttentionView<Element> args,
                               const __grid_constant__ TileMap q_map, const __grid_constant__ TileMap k_map,
                               const __grid_constant__ TileMap v_map, const AttentionResults results) {
  using Memory = BlockMemory<width, consumers, key_tile>;
  const PatternView& pattern = args.set[0].pattern;
  // Later queries see more keys where attention is causal: they start first.
  const int index = static_cast<int>(gridDim.x - 1 - blockIdx.x);
  const RowTile queries =
      row_tile(pattern, static_cast<int>(blockIdx.y) % args.heads, index, pattern.queries, Memory::queries);
  if (queries.first >= queries.last) return;

  Memory& memory = Memory::of_block();
  if (threadIdx.x == 0) {
    make_ready(memory.q_loaded, 1);
    for (int stage = 0; stage < stages; ++stage) {
      make_ready(memory.k_loaded[stage], 1);
      make_ready(memory.v_loaded[stage], 1);
      make_ready(memory.k_free[stage], consumers * warps_per_warpgroup);
      make_ready(memory.v_free[stage], consumers * warps_per_warpgroup);
    }
    finish_making_ready();
  }
  __syncthreads();

  // Registers of a multiprocessor: 64 Ki, for one block of three warpgroups or two of two.
  constexpr int producer_registers = consumers == 1 ? 40 : 24, consumer_registers = consumers == 1 ? 216 : 240;
  const int warpgroup = static_cast<int>(threadIdx.x) / threads_per_warpgroup;
  if (warpgroup == 0) {
    give_registers<producer_registers>();
    if (threadIdx.x == 0) load_tiles(args, q_map, k_map, v_map, queries, memory);
  } else {
    take_registers<consumer_registers>();
    attend<Element, width, key_tile>(args, results, queries, warpgroup - 1, memory);
  }
}

template <class Element, int width, int consumers, int key_tile>
void launch_warpgroups(Device& device, const ops::AttentionArgs& args, const tensor::Tensor& workspace) {
  using Memory = BlockMemory<width, consumers, key_tile>;
  const auto view = attention_view<Element>(device, args, workspace);
  const auto& q = args.q.shape();
  const LaunchSize size{{most_row_tiles(args.plan(), q[1], args.plan().queries(), Memory::queries), q[0] * q[1]},
                        (consumers + 1) * threads_per_warpgroup,
                        sizeof(Memory) + panel_alignment};
  launch(device, size, attention_warpgroup_kernel<Element, width, consumers, key_tile>, view,
         map_tiles(device, args.q, Memory::queries), map_tiles(device, args.sets[0].k, key_tile),
         map_tiles(device, args.sets[0].v, key_tile), results_of(args));
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
  const ops::AttentionPattern& pattern = args.plan().pattern();
  const std::int64_t together = pattern.blocks ? pattern.blocks->size : args.plan().queries();
  const auto launch_width = [&]<class Element, int width>() {
    // Tiles that 64 queries have for themselves where lists of blocks, or few queries, leave no more together.
    if (together <= rows_per_warpgroup || (pattern.blocks && together % (2 * rows_per_warpgroup) != 0)) {
      return launch_warpgroups<Element, width, 1, 64>(device, args, workspace);
    }
    launch_warpgroups<Element, width, 2, 128>(device, args, workspace);
  };
  const auto launch_element = [&]<class Element>(Element) {
    if (std::max(args.q.shape()[3], args.out.shape()[3]) <= panel_columns) {
      return launch_width.template operator()<Element, panel_columns>();
    }
    launch_width.template operator()<Element, 2 * panel_columns>();
  };
  if (args.q.dtype() == tensor::DType::bf16) return launch_element(BFloat16());
  launch_element(Float16());
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
