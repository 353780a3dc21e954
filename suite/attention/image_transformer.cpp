// Image Transformer (Parmar, Vaswani, Uszkoreit, Kaiser, Shazeer, Ku, Tran 2018, arXiv 1802.05751): queries in blocks;
// all queries of a block share one memory, the positions around it on a line or on a grid (§4.2).
#include <algorithm>
#include <cmath>
#include <vector>

#include "suite/attention/variants.h"
#include "suite/ops/attention.h"
#include "suite/ops/layout.h"

namespace attnscope::attention {
namespace {

class ImageTransformer final : public Variant {
 public:
  ImageTransformer() : Variant(false) {}
  Choice kind{options_, "kind", "1d", {"1d", "2d"}, "blocks of a line, or rectangles of a grid"};
  Option<std::int64_t> query_block{options_, "query_block", 256, at_least<std::int64_t>(1),
                                   "positions per query block (1d)"};
  Option<std::int64_t> memory{options_, "memory", 256, at_least<std::int64_t>(0),
                              "positions before its block that a query sees (1d; bidirectional: and behind it)"};
  Option<std::int64_t> width{options_, "width", 0, at_least<std::int64_t>(0), "columns of the grid (2d); 0: ⌈√N⌉"};
  Option<std::int64_t> query_height{options_, "query_height", 8, at_least<std::int64_t>(1),
                                    "rows of a query block (2d)"};
  Option<std::int64_t> query_width{options_, "query_width", 32, at_least<std::int64_t>(1),
                                   "columns of a query block (2d)"};
  Option<std::int64_t> memory_height{options_, "memory_height", 8, at_least<std::int64_t>(0),
                                     "rows above its block that a query sees (2d; bidirectional: and below it)"};
  Option<std::int64_t> memory_width{options_, "memory_width", 16, at_least<std::int64_t>(0),
                                    "columns beside its block that a query sees (2d)"};

  VariantInfo info() const override {
    return {.name = "image_transformer",
            .title = "Image Transformer",
            .authors = "Parmar, Vaswani, Uszkoreit, Kaiser, Shazeer, Ku, Tran",
            .year = 2018,
            .arxiv = "1802.05751",
            .survey_class = "FP",
            .complexity = "O(N·m)",
            .family = "local",
            .decode = true,
            .exact_when = {"query_block=1000000"},
            .mean_of_values = ""};
  }

  std::optional<std::string> unsupported(const Problem& problem) const override {
    if (problem.mode == Mode::decode && kind.is("2d")) {
      return "kind=2d: which rectangle a token of a grid sees is not a part of the last tokens; use kind=1d";
    }
    return std::nullopt;
  }

  Tensor core(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    if (kind.is("1d")) return attend(ctx, problem, in, line(problem));
    const Memories memories = grid_memories(problem);
    const auto gather = [&](const Tensor& x) { return ops::gather_rows(ctx, x, memories.positions); };
    return attend(ctx, problem,
                  {.q = in.q,
                   .k = gather(in.k),
                   .v = gather(in.v),
                   .key_mask = ops::gather_mask(ctx, in.key_mask, memories.positions)},
                  memories.ranges);
  }

  bool decodes() const override { return true; }

  // The token, the positions before it in its block and the memory before the block: a state that does not grow.
  Tensor decode(Context& ctx, const Problem& problem, const QueryKeyValue& in) const override {
    const std::int64_t block = problem.seq_len / query_block * query_block;
    return attend_to_cache(ctx, problem, in, problem.seq_len - std::max<std::int64_t>(0, block - memory));
  }

 private:
  using Ranges = std::shared_ptr<const std::vector<ops::KeyRange>>;

  static Tensor attend(Context& ctx, const Problem& problem, const QueryKeyValue& in, Ranges ranges) {
    return ops::attention(ctx, in.q, in.k, in.v,
                          {.scale = 1 / std::sqrt(static_cast<double>(problem.head_dim)),
                           .pattern = {.ranges = std::move(ranges)},
                           .key_mask = in.key_mask});
  }

  Ranges line(const Problem& problem) const {
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    for (std::int64_t i = 0; i < problem.seq_len; ++i) {
      const std::int64_t block = i / query_block * query_block;
      ranges->push_back({block - memory, problem.causal ? i + 1 : block + query_block + memory});
    }
    return ranges;
  }

  // The memories of all blocks of a grid, one behind the other: which position stands in each row, and which rows each
  // query sees.
  struct Memories {
    std::shared_ptr<const ops::PositionList> positions;
    Ranges ranges;
  };

  // Rows and columns [top, bottom) × [left, right) of the grid.
  struct Rectangle {
    std::int64_t top, bottom, left, right;
  };

  // Positions are the cells of the grid in the order they are generated: block after block in raster order, and in
  // raster order inside a block.
  struct Grid {
    std::int64_t height, width, block_height, block_width, cells;  // the first `cells` cells exist

    Rectangle clipped(const Rectangle& r) const {
      return {std::max<std::int64_t>(r.top, 0), std::min(r.bottom, height), std::max<std::int64_t>(r.left, 0),
              std::min(r.right, width)};
    }
    std::int64_t position(std::int64_t row, std::int64_t column) const {
      const std::int64_t top = row / block_height * block_height, left = column / block_width * block_width;
      const std::int64_t rows = std::min(block_height, height - top), columns = std::min(block_width, width - left);
      return top * width + left * rows + (row - top) * columns + column - left;
    }
    void append(const Rectangle& rectangle, std::vector<std::int64_t>& positions) const {
      const Rectangle r = clipped(rectangle);
      for (std::int64_t row = r.top; row < r.bottom; ++row) {
        for (std::int64_t column = r.left; column < r.right; ++column) {
          if (const std::int64_t p = position(row, column); p < cells) positions.push_back(p);
        }
      }
    }
  };

  Grid grid(const Problem& problem) const {
    const std::int64_t n = problem.seq_len;
    const std::int64_t columns = width > 0 ? static_cast<std::int64_t>(width) : ceil_sqrt(n);
    return {(n + columns - 1) / columns, columns, query_height, query_width, n};
  }

  Memories grid_memories(const Problem& problem) const {
    const Grid g = grid(problem);
    std::vector<std::int64_t> rows;
    auto ranges = std::make_shared<std::vector<ops::KeyRange>>();
    for (std::int64_t top = 0; top < g.height; top += query_height) {
      for (std::int64_t left = 0; left < g.width; left += query_width) {
        append_memory(problem, g, g.clipped({top, top + query_height, left, left + query_width}), rows, *ranges);
      }
    }
    return {ops::PositionList::repeated(problem.batch, rows), ranges};
  }

  // Causal: the rectangle above the block with its upper corners, the one to the left, and of the block itself what has
  // been generated. Bidirectional: the block, grown on all sides.
  void append_memory(const Problem& problem, const Grid& g, const Rectangle& block, std::vector<std::int64_t>& rows,
                     std::vector<ops::KeyRange>& ranges) const {
    std::vector<std::int64_t> own;
    g.append(block, own);
    const auto first = static_cast<std::int64_t>(rows.size());
    const std::int64_t far_left = block.left - memory_width, far_right = block.right + memory_width;
    if (problem.causal) {
      g.append({block.top - memory_height, block.top, far_left, far_right}, rows);
      g.append({block.top, block.bottom, far_left, block.left}, rows);
    } else {
      g.append({block.top - memory_height, block.bottom + memory_height, far_left, far_right}, rows);
    }
    const auto shared = static_cast<std::int64_t>(rows.size());
    if (problem.causal) rows.insert(rows.end(), own.begin(), own.end());
    for (std::int64_t t = 0; t < static_cast<std::int64_t>(own.size()); ++t) {
      ranges.push_back({first, problem.causal ? shared + t + 1 : shared});
    }
  }
};

}  // namespace

std::unique_ptr<Variant> make_image_transformer() { return std::make_unique<ImageTransformer>(); }

}  // namespace attnscope::attention
