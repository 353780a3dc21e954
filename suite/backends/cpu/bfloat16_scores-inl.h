// Tiles of scores from bfloat16 operands, with all their terms. Included only by kernel files between
// HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_BFLOAT16_SCORES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_BFLOAT16_SCORES_INL_H_
#undef ATTNSCOPE_BFLOAT16_SCORES_INL_H_
#else
#define ATTNSCOPE_BFLOAT16_SCORES_INL_H_
#endif

#include "suite/backends/cpu/attention_scores-inl.h"
#include "suite/backends/cpu/bfloat16_pairs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// The strips of one tile of products: to [keys × width] = rows · columns, of pairs along `dim` elements.
inline void multiply_strips(const Block& block, const TileKeys& tile, const PairElements& rows, const Word* columns,
                            std::int64_t dim, float* to, ReadAhead& ahead) {
  const std::int64_t width = block.width();
  for_each_strip(block, tile, [&](const Strip& strip) {
    multiply_pairs(strip.keys.count(), strip.columns, pair_count(dim), rows.from_row(strip.keys.first),
                   EvenRows<const Word>{columns + strip.column, width},
                   EvenRows<float>{to + strip.keys.first * width + strip.column, width}, false, ahead);
  });
}

// Scores of one block of queries in float32, before the scale: softmax applies it, since queries stay as they are.
class Bfloat16Scores {
 public:
  // `queries`: Qᵀ in pairs along D, [D/2 × width].
  Bfloat16Scores(const Block& block, const Word* queries, const Bfloat16TermScratch& at, float* scratch)
      : block_(block),
        queries_(queries),
        keys_(reinterpret_cast<Word*>(scratch + at.keys)),
        key_list_(reinterpret_cast<const BFloat16**>(scratch + at.key_list)),
        relative_query_(reinterpret_cast<Word*>(scratch + at.relative_query)),
        relative_keys_(reinterpret_cast<Word*>(scratch + at.relative_keys)),
        terms_(block, 1, static_cast<float>(1 / block.args.scale), at, scratch) {
    if (!terms_.has_relative()) return;
    const ops::Tensor& query = block.keys.relative.query;
    const std::int64_t dim = query.shape()[3];
    pair_columns_transposed(block.count, dim, block.first_query_of<BFloat16>(query), block.part.stride * dim,
                            relative_query_, block.width());
  }

  // Sᵀ [keys × width] of a tile.
  void compute(const TileOf<BFloat16>& tile, float* scores, ReadAhead& ahead) const {
    const std::int64_t width = block_.width(), dim = block_.args.q.shape()[3];
    multiply_strips(block_, tile, listed_words(tile.count, dim, {tile.k}, keys_, key_list_), queries_, dim, scores,
                    ahead);
    terms_.add(tile, scores, [&](const ops::KeyRange& keys, float* to) {
      const WordRows rows =
          word_rows(keys.count(), dim, terms_.relative_key<BFloat16>(keys.first), dim, relative_keys_);
      multiply_pairs(keys.count(), width, pair_count(dim), rows.data, rows.steps, relative_query_, width, to, width,
                     false, ahead);
    });
  }

  const BlockTerms& terms() const { return terms_; }

 private:
  const Block& block_;
  const Word* queries_;
  Word* keys_;
  const BFloat16** key_list_;
  Word *relative_query_, *relative_keys_;
  BlockTerms terms_;
};

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_BFLOAT16_SCORES_INL_H_
