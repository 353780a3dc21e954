// ops::AttentionPlan as kernels see it: which keys a query sees, how the queries of a head are cut into tiles, and
// which queries see a tile of keys.
#pragma once

#include <cstdint>

#include "suite/backends/cuda/device_language.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

struct Range {
  int first, last;
};

// The part of a head that a tile lies in, as a dense sequence: positions offset + stride·s.
struct Part {
  int offset, stride, queries, keys;
};

struct PatternView {
  int queries, keys;
  bool causal, windowed;
  int window;
  int dilation;          // of all heads,
  const int* dilations;  // or of each, [heads]; nullptr
  const Range* ranges;   // [queries of a part]; nullptr: windows
  // Block lists; block_size 0: none. List l is that of block l % query_blocks, of head l / query_blocks or of all
  // heads.
  int block_size, query_blocks, key_blocks;
  bool lists_per_head;
  const int* run_begin;     // [lists + 1] into runs
  const Range* runs;        // of keys
  const int* seeing_begin;  // [heads of lists · key_blocks + 1] into seeing
  const int* seeing;        // the blocks of queries that see a block of keys, rising
  // Global positions; most_globals 0: none.
  int most_globals;
  const int* global_count;         // [batch]
  const int* globals;              // [batch, most_globals], rising
  const unsigned char* is_global;  // [batch, keys]

  __device__ int dilation_of(int head) const { return dilations != nullptr ? dilations[head] : dilation; }
  __device__ Part part(int head, int residue) const {
    const int stride = dilation_of(head);
    return {residue, stride, (queries - residue + stride - 1) / stride, (keys - residue + stride - 1) / stride};
  }
  // Keys that query s of a part sees, but for global ones; of a list of blocks: those of its runs.
  __device__ Range window_of(const Part& part, int s) const {
    if (block_size > 0) return {0, part.keys};
    if (ranges != nullptr) {
      return {min(max(ranges[s].first, 0), part.keys), min(max(ranges[s].last, 0), part.keys)};
    }
    int first = 0, last = part.keys;
    if (windowed) {
      first = max(0, s - window);
      last = min(part.keys, s + window + 1);
    }
    if (causal) last = min(max(s + (part.keys - part.queries) + 1, 0), last);
    return {first, last};
  }
  __device__ int list_of(int head, int block, int blocks) const { return (lists_per_head ? head : 0) * blocks + block; }
  __device__ bool global_at(int example, int position) const {
    return most_globals > 0 && is_global[static_cast<std::int64_t>(example) * keys + position] != 0;
  }
  __device__ int globals_of(int example) const { return most_globals > 0 ? global_count[example] : 0; }
};

// `rows` neighbouring queries, or keys, of a part.
struct RowTile {
  Part part;
  int first, last;  // empty: there is no such tile
};

// Tile number `index` of a head's `count` positions, cut every `rows` positions and at the ends of blocks and parts.
__device__ inline RowTile row_tile(const PatternView& pattern, int head, int index, int count, int rows) {
  const int stride = pattern.dilation_of(head);
  const int unit = pattern.block_size > 0 ? pattern.block_size : (count + stride - 1) / stride;
  const int tiles_per_unit = (unit + rows - 1) / rows, place = index / tiles_per_unit;
  const int start = index % tiles_per_unit * rows;
  if (pattern.block_size > 0) {
    const int begin = place * unit, end = min(begin + unit, count);
    const int first = begin + start;
    return {pattern.part(head, 0), first, max(first, min(first + rows, end))};
  }
  if (place >= stride) return {pattern.part(head, 0), 0, 0};
  const int length = (count - place + stride - 1) / stride;
  return {pattern.part(head, place), start, max(start, min(start + rows, length))};
}

// The queries of a part of which the keys [first, last) lie in some window: neither end of the windows ever falls.
__device__ inline Range queries_that_see(const PatternView& pattern, const Part& part, int first, int last) {
  int low = 0, high = part.queries;  // the first query with a window that ends behind `first`
  while (low < high) {
    const int middle = (low + high) / 2;
    if (pattern.window_of(part, middle).last > first) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const int begin = low;
  high = part.queries;  // the first query with a window that begins at `last` or behind it
  while (low < high) {
    const int middle = (low + high) / 2;
    if (pattern.window_of(part, middle).first >= last) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return {begin, low};
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
