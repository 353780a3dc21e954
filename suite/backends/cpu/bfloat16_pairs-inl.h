// Products of bfloat16 matrices with float32 sums. Included only by kernel files between HWY_BEFORE_NAMESPACE and
// HWY_AFTER_NAMESPACE.
//
// The processors' bfloat16 dot product takes two neighbours of the inner axis at a time: lane i of the sum grows by
// a[2k]·b[2k] + a[2k + 1]·b[2k + 1]. Operands are therefore kept as pairs, one 32-bit word each, the even neighbour in
// its lower half. multiply_pairs() is multiply() of matrix-inl.h over such words: a is read word by word, b and c row
// by row. Where the processor has no such instruction, both halves are widened and multiplied as float32.
#if defined(ATTNSCOPE_BFLOAT16_PAIRS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_BFLOAT16_PAIRS_INL_H_
#undef ATTNSCOPE_BFLOAT16_PAIRS_INL_H_
#else
#define ATTNSCOPE_BFLOAT16_PAIRS_INL_H_
#endif

#include <cstring>
#include <hwy/highway.h>

#include "suite/backends/cpu/attention_scratch.h"
#include "suite/backends/cpu/bfloat16_support.h"
#include "suite/backends/cpu/matrix-inl.h"
#include "suite/tensor/bfloat16.h"

// Highway 1.0's AVX-512 target lacks the bfloat16 extension; functions of their own add it.
#undef ATTNSCOPE_NATIVE_PAIRS
#undef ATTNSCOPE_CALL_PAIRS
#undef ATTNSCOPE_PAIRS_ATTRIBUTE
#if HWY_ARCH_X86_64 && (HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL)
#define ATTNSCOPE_NATIVE_PAIRS 1
#define ATTNSCOPE_PAIRS_ATTRIBUTE __attribute__((target("avx512bf16")))
#else
#define ATTNSCOPE_NATIVE_PAIRS 0
#define ATTNSCOPE_PAIRS_ATTRIBUTE
#endif

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

using Word = std::uint32_t;

// (low, high), both rounded.
template <bool Native>
ATTNSCOPE_PAIRS_ATTRIBUTE HWY_INLINE Words pair_words(Vector low, Vector high) {
#if ATTNSCOPE_NATIVE_PAIRS
  if constexpr (Native) {
    const auto halves = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high.raw, low.raw));  // all low, then all high
    const __m512i interleaved = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7,
                                                 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return Words{_mm512_permutexvar_epi16(interleaved, halves)};
  }
#endif
  return hn::Or(hn::ShiftRight<16>(rounded_words(low)), hn::And(rounded_words(high), hn::Set(WordTag(), 0xffff0000u)));
}

// c[i] += pair product of a and b.
template <bool Native>
ATTNSCOPE_PAIRS_ATTRIBUTE HWY_INLINE Vector add_pair_products(Vector sum, Words a, Words b) {
#if ATTNSCOPE_NATIVE_PAIRS
  if constexpr (Native) {
    return Vector{_mm512_dpbf16_ps(sum.raw, reinterpret_cast<__m512bh>(a.raw), reinterpret_cast<__m512bh>(b.raw))};
  }
#endif
  const Tag tag;
  const Words upper = hn::Set(WordTag(), 0xffff0000u);
  const auto high = [&](Words w) HWY_ATTR { return hn::BitCast(tag, hn::And(w, upper)); };
  const auto low = [&](Words w) HWY_ATTR { return hn::BitCast(tag, hn::ShiftLeft<16>(w)); };
  return hn::MulAdd(high(a), high(b), hn::MulAdd(low(a), low(b), sum));
}

template <bool Native, int Rows, int Vectors, class A, class C>
ATTNSCOPE_PAIRS_ATTRIBUTE HWY_NOINLINE void pairs_tile(std::int64_t inner, A a, EvenRows<const Word> b, C c,
                                                       bool accumulate) {
  const Tag tag;
  const WordTag word_tag;
  const auto width = static_cast<std::int64_t>(hn::Lanes(tag));
  Vector sum[Rows][Vectors];
  ATTNSCOPE_UNROLL for (int i = 0; i < Rows; ++i) {
    const float* const row = c[i];
    ATTNSCOPE_UNROLL for (int v = 0; v < Vectors; ++v) {
      sum[i][v] = accumulate ? hn::LoadU(tag, row + v * width) : hn::Zero(tag);
    }
  }
  for (std::int64_t k = 0; k < inner; ++k, a.next_column(), b.next_row()) {
    Words row[Vectors];
    for (int v = 0; v < Vectors; ++v) row[v] = hn::LoadU(word_tag, b[0] + v * width);
    for (int i = 0; i < Rows; ++i) {
      const Words factor = hn::Set(word_tag, a[i]);
      for (int v = 0; v < Vectors; ++v) sum[i][v] = add_pair_products<Native>(sum[i][v], factor, row[v]);
    }
  }
  ATTNSCOPE_UNROLL for (int i = 0; i < Rows; ++i) {
    float* const row = c[i];
    ATTNSCOPE_UNROLL for (int v = 0; v < Vectors; ++v) hn::StoreU(sum[i][v], tag, row + v * width);
  }
}

template <bool Native, class A, class C, class Between>
void multiply_pairs(std::int64_t rows, std::int64_t columns, std::int64_t inner, const A& a,
                    const EvenRows<const Word>& b, const C& c, bool accumulate, Between& between) {
  for_each_register_tile(rows, columns, [&]<int Rows, int Vectors>(std::int64_t i, std::int64_t j) HWY_ATTR {
    pairs_tile<Native, Rows, Vectors>(inner, a.from_row(i), b.from(0, j), c.from(i, j), accumulate);
    between();
  });
}

// Calls kernel<Native>(arguments…) with Native saying whether the processor multiplies bfloat16 itself.
#if ATTNSCOPE_NATIVE_PAIRS
#define ATTNSCOPE_CALL_PAIRS(kernel, ...) \
  (has_bfloat16_products() ? kernel<true>(__VA_ARGS__) : kernel<false>(__VA_ARGS__))
#else
#define ATTNSCOPE_CALL_PAIRS(kernel, ...) kernel<false>(__VA_ARGS__)
#endif

// c [rows × columns] = a [rows × 2·inner] · b [2·inner × columns] of pairs along the inner axis, or c += when
// `accumulate`. Columns are a multiple of whole_vectors(1). Calls between() after each register tile.
template <class A, class C, class Between = Nothing>
void multiply_pairs(std::int64_t rows, std::int64_t columns, std::int64_t inner, const A& a,
                    const EvenRows<const Word>& b, const C& c, bool accumulate, Between&& between = {}) {
  ATTNSCOPE_CALL_PAIRS(multiply_pairs, rows, columns, inner, a, b, c, accumulate, between);
}
// The same with all operands at even steps.
template <class Between = Nothing>
void multiply_pairs(std::int64_t rows, std::int64_t columns, std::int64_t inner, const Word* a, Steps steps,
                    const Word* b, std::int64_t b_step, float* c, std::int64_t c_step, bool accumulate,
                    Between&& between = {}) {
  multiply_pairs(rows, columns, inner, SteppedElements<const Word>{a, steps}, EvenRows<const Word>{b, b_step},
                 EvenRows<float>{c, c_step}, accumulate, between);
}

// Rounds a row of floats; `count` is a multiple of whole_vectors(1).
template <bool Native>
ATTNSCOPE_PAIRS_ATTRIBUTE HWY_NOINLINE void round_row(std::int64_t count, const float* from, BFloat16* to) {
  for (std::int64_t i = 0; i < count; i += lanes()) {
#if ATTNSCOPE_NATIVE_PAIRS
    if constexpr (Native) {
      const auto halves = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(load(from + i).raw));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), halves);
      continue;
    }
#endif
    store(load(from + i), to + i);
  }
}

// Pairs along a row: to[i, p] = (row i [2p], row i [2p + 1]); an absent neighbour is zero.
inline void pair_columns(std::int64_t rows, std::int64_t columns, const BFloat16* from, std::int64_t from_step,
                         Word* to, std::int64_t to_step) {
  for (std::int64_t i = 0; i < rows; ++i) {
    to[i * to_step + pair_count(columns) - 1] = 0;
    std::memcpy(to + i * to_step, from + i * from_step, static_cast<std::size_t>(columns) * sizeof(BFloat16));
  }
}

// Rows as pairs along themselves: where they are, if every row starts on a word, else in `copy`.
struct WordRows {
  const Word* data;
  Steps steps;
};
inline WordRows word_rows(std::int64_t rows, std::int64_t columns, const BFloat16* from, std::int64_t from_step,
                          Word* copy) {
  if (columns % 2 == 0) return {reinterpret_cast<const Word*>(from), {from_step / 2, 1}};
  pair_columns(rows, columns, from, from_step, copy, pair_count(columns));
  return {copy, {pair_count(columns), 1}};
}

// The same for rows by a list, which stays what it is or lists the copies.
using PairElements = ListedElements<Word, const BFloat16>;
inline PairElements listed_words(std::int64_t rows, std::int64_t columns, ListedRows<const BFloat16> from, Word* copy,
                                 const BFloat16** list) {
  if (columns % 2 == 0) return {from.rows};
  for (std::int64_t i = 0; i < rows; ++i) {
    Word* to = copy + i * pair_count(columns);
    pair_columns(1, columns, from[i], 0, to, 0);
    list[i] = reinterpret_cast<const BFloat16*>(to);
  }
  return {list};
}

// The same transposed: to[p, i], with columns behind `rows` up to `padded_rows` zero.
inline void pair_columns_transposed(std::int64_t rows, std::int64_t columns, const BFloat16* from,
                                    std::int64_t from_step, Word* to, std::int64_t padded_rows) {
  if (columns % 2 == 0 && from_step % 2 == 0) {  // pairs where they are, moved as floats are
    transpose_changed(rows, columns / 2, reinterpret_cast<const float*>(from), from_step / 2,
                      reinterpret_cast<float*>(to), padded_rows, padded_rows, [](auto words) { return words; });
    return;
  }
  for (std::int64_t p = 0; p < pair_count(columns); ++p) {
    for (std::int64_t i = 0; i < rows; ++i) {
      const BFloat16* at = from + i * from_step + 2 * p;
      to[p * padded_rows + i] = at[0].bits | (2 * p + 1 < columns ? Word{at[1].bits} << 16 : 0);
    }
    std::fill(to + p * padded_rows + rows, to + (p + 1) * padded_rows, 0u);
  }
}

// Pairs along a column: to[p, d] = (row 2p [d], row 2p + 1 [d]), with columns up to `padded_columns` zero. `from`:
// EvenRows or ListedRows.
template <class Rows>
void pair_rows(std::int64_t rows, std::int64_t columns, const Rows& from, Word* to, std::int64_t padded_columns) {
  for (std::int64_t p = 0; p < pair_count(rows); ++p) {
    const BFloat16* even = from[2 * p];
    Word* words = to + p * padded_columns;
    if (2 * p + 1 < rows) {
      const BFloat16* odd = from[2 * p + 1];
      for (std::int64_t d = 0; d < columns; ++d) words[d] = even[d].bits | Word{odd[d].bits} << 16;
    } else {
      for (std::int64_t d = 0; d < columns; ++d) words[d] = even[d].bits;
    }
    std::fill(words + columns, words + padded_columns, 0u);
  }
}
inline void pair_rows(std::int64_t rows, std::int64_t columns, const BFloat16* from, std::int64_t from_step, Word* to,
                      std::int64_t padded_columns) {
  pair_rows(rows, columns, EvenRows<const BFloat16>{from, from_step}, to, padded_columns);
}

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_BFLOAT16_PAIRS_INL_H_
