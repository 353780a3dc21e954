#include <algorithm>
#include <cstring>

#include "suite/backends/cuda/attention_pattern.h"
#include "suite/backends/cuda/launch.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

namespace {

constexpr std::size_t alignment = 16;

Range range_of(const ops::KeyRange& range) { return {static_cast<int>(range.first), static_cast<int>(range.last)}; }

}  // namespace

template <class Value, class Source>
void PackedPattern::pack(const Value*& pointer, const Source& values) {
  const std::size_t offset = bytes_.size(), size = values.size() * sizeof(Value);
  bytes_.resize(offset + (size + alignment - 1) / alignment * alignment);
  std::memcpy(bytes_.data() + offset, values.data(), size);
  // A null pointer says that there is no list: offsets are one too large until upload().
  pointer = reinterpret_cast<const Value*>(offset + 1);
  moved_.push_back(
      static_cast<std::size_t>(reinterpret_cast<std::byte*>(&pointer) - reinterpret_cast<std::byte*>(&view_)));
}

PackedPattern::PackedPattern(const ops::AttentionPlan& plan, std::int64_t batch) {
  const ops::AttentionPattern& pattern = plan.pattern();
  view_.queries = static_cast<int>(plan.queries());
  view_.keys = static_cast<int>(plan.keys());
  view_.causal = pattern.causal;
  view_.windowed = pattern.window.has_value();
  // A window beyond both ends is as wide as any.
  view_.window = static_cast<int>(std::min(pattern.window.value_or(0), plan.queries() + plan.keys()));
  const auto step = [&](std::int64_t dilation) { return static_cast<int>(std::min(dilation, plan.queries())); };
  view_.dilation = step(pattern.dilation[0]);
  if (std::ranges::any_of(pattern.dilation, [&](auto d) { return d != pattern.dilation[0]; })) {
    std::vector<int> dilations;
    for (const std::int64_t dilation : pattern.dilation) dilations.push_back(step(dilation));
    pack(view_.dilations, dilations);
  }
  if (pattern.ranges) {
    std::vector<Range> ranges;
    for (const ops::KeyRange& range : *pattern.ranges) ranges.push_back(range_of(range));
    pack(view_.ranges, ranges);
  }
  if (pattern.blocks) pack_blocks(plan);
  if (pattern.global) pack_globals(plan, batch);
}

void PackedPattern::pack_blocks(const ops::AttentionPlan& plan) {
  const ops::BlockLists& blocks = *plan.pattern().blocks;
  view_.block_size = static_cast<int>(blocks.size);
  view_.query_blocks = static_cast<int>(ceiling_of_quotient(plan.queries(), blocks.size));
  view_.key_blocks = static_cast<int>(ceiling_of_quotient(plan.keys(), blocks.size));
  view_.lists_per_head = blocks.heads > 1;
  std::vector<int> run_begin{0}, seeing_begin{0}, seeing;
  std::vector<Range> runs;
  for (std::int64_t head = 0; head < blocks.heads; ++head) {
    std::vector<std::vector<int>> seeing_of(static_cast<std::size_t>(view_.key_blocks));
    for (int block = 0; block < view_.query_blocks; ++block) {
      const ops::SubSequence part = plan.sub_sequence(head, 0);
      const std::int64_t first = block * blocks.size;
      plan.for_each_run(head, part, first, std::min(first + blocks.size, plan.queries()),
                        [&](const ops::KeyRange& run) {
                          runs.push_back(range_of(run));
                          for (std::int64_t k = run.first / blocks.size; k * blocks.size < run.last; ++k) {
                            seeing_of[static_cast<std::size_t>(k)].push_back(block);
                          }
                        });
      run_begin.push_back(static_cast<int>(runs.size()));
    }
    for (const auto& list : seeing_of) {
      seeing.insert(seeing.end(), list.begin(), list.end());
      seeing_begin.push_back(static_cast<int>(seeing.size()));
    }
  }
  pack(view_.run_begin, run_begin);
  pack(view_.runs, runs);
  pack(view_.seeing_begin, seeing_begin);
  pack(view_.seeing, seeing);
}

void PackedPattern::pack_globals(const ops::AttentionPlan& plan, std::int64_t batch) {
  std::vector<int> counts;
  std::size_t most = 0;
  for (std::int64_t b = 0; b < batch; ++b) {
    counts.push_back(static_cast<int>(plan.global_positions(b).size()));
    most = std::max(most, plan.global_positions(b).size());
  }
  if (most == 0) return;
  std::vector<int> positions(static_cast<std::size_t>(batch) * most, -1);
  std::vector<unsigned char> is_global(static_cast<std::size_t>(batch * plan.keys()), 0);
  for (std::int64_t b = 0; b < batch; ++b) {
    std::ranges::copy(plan.global_positions(b), positions.begin() + b * static_cast<std::int64_t>(most));
    for (const std::int64_t position : plan.global_positions(b)) {
      is_global[static_cast<std::size_t>(b * plan.keys() + position)] = 1;
    }
  }
  view_.most_globals = static_cast<int>(most);
  pack(view_.global_count, counts);
  pack(view_.globals, positions);
  pack(view_.is_global, is_global);
}

PatternView PackedPattern::upload(Device& device, char* lists) const {
  PatternView view = view_;
  for (const std::size_t place : moved_) {
    auto* pointer = reinterpret_cast<std::byte*>(&view) + place;
    std::uintptr_t offset = 0;
    std::memcpy(&offset, pointer, sizeof offset);
    const char* data = lists + (offset - 1);
    std::memcpy(pointer, &data, sizeof data);
  }
  if (!bytes_.empty()) device.upload(lists, bytes_.data(), bytes_.size());
  return view;
}

std::int64_t most_row_tiles(const ops::AttentionPlan& plan, std::int64_t heads, std::int64_t count, std::int64_t rows) {
  if (const auto& blocks = plan.pattern().blocks) {
    return ceiling_of_quotient(count, blocks->size) * ceiling_of_quotient(blocks->size, rows);
  }
  std::int64_t most = 0;
  for (std::int64_t head = 0; head < heads; ++head) {
    const std::int64_t stride = plan.sub_sequences(head);
    most = std::max(most, stride * ceiling_of_quotient(ceiling_of_quotient(count, stride), rows));
  }
  return most;
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
