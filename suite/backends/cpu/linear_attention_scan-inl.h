// A scan over the chunks of one head of attention with a factorised kernel: what its forward and its backward pass
// share. States stay in the scratch of the thread that scans the head. Chunks of bfloat16 are widened to float32 rows
// there, and rows of results rounded when they are whole.
//
// Notation of one chunk of c positions: a, b features [c × m] (b on the log scale of the chunk's end), v [c × D],
// weights Wᵀ [keys × queries] = b·aᵀ, gradients g = [dO/den | −(dO·O)/den], state S = Σ b vᵀ [m × D], then Σ b [m].
//
// Included only by kernel files between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE.
#if defined(ATTNSCOPE_LINEAR_ATTENTION_SCAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ATTNSCOPE_LINEAR_ATTENTION_SCAN_INL_H_
#undef ATTNSCOPE_LINEAR_ATTENTION_SCAN_INL_H_
#else
#define ATTNSCOPE_LINEAR_ATTENTION_SCAN_INL_H_
#endif

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "suite/backends/cpu/linear_attention_scratch.h"
#include "suite/backends/cpu/read_ahead.h"
#include "suite/backends/cpu/triangle-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attnscope::backends::cpu::HWY_NAMESPACE {

// A row that sees no key has the denominator 0 where no epsilon is added: it is zero, and so are its gradients.
inline float reciprocal_or_zero(float x) { return x == 0 ? 0 : 1 / x; }

// One chunk of a head, positions [first, first + count): float32 rows of those operands that were asked for.
struct Chunk {
  std::int64_t first, count;
  bool level;  // no position has another log scale than the one before it, but for that before the chunk's first
  const float *a, *b, *v;
  std::int64_t end() const { return first + count; }
};
enum Operands { of_queries = 1, of_keys = 2, of_values = 4 };

// The head's first row of an operand or result, and how wide its rows are.
template <class Element>
struct Matrix {
  const Element* rows;
  std::int64_t width;
};

template <class Element>
class LinearScan {
 protected:
  LinearScan(const LinearHead<Element>& head, const LinearScratch& at, float* scratch)
      : h_(head),
        state_(scratch + at.state),
        second_state_(scratch + at.second_state),
        features_t_(scratch + at.features_t),
        values_t_(scratch + at.values_t),
        features_(scratch + at.features),
        weights_(scratch + at.weights),
        d_weights_(scratch + at.d_weights),
        sums_(scratch + at.sums),
        factors_(scratch + at.factors),
        last_(scratch + at.last),
        a_rows_(scratch + at.a_rows),
        b_rows_(scratch + at.b_rows),
        d_a_rows_(scratch + at.d_a_rows),
        d_b_rows_(scratch + at.d_b_rows),
        v_rows_(scratch + at.v_rows),
        out_rows_(scratch + at.out_rows),
        d_v_rows_(scratch + at.d_v_rows) {}

  static constexpr bool widens = !std::is_same_v<Element, float>;

  // Calls visit(chunk, ahead), where `ahead` asks for the next chunk's rows of `next`.
  using Matrices = std::initializer_list<Matrix<Element>>;
  template <class Visit>
  void for_each_chunk(int operands, Matrices next, Visit&& visit) const {
    for (std::int64_t first = 0; first < h_.n; first += h_.chunk) {
      visit_chunk(first, first + h_.chunk, operands, next, visit);
    }
  }
  template <class Visit>
  void for_each_chunk_in_reverse(int operands, Matrices next, Visit&& visit) const {
    for (std::int64_t first = (h_.n - 1) / h_.chunk * h_.chunk; first >= 0; first -= h_.chunk) {
      visit_chunk(first, first - h_.chunk, operands, next, visit);
    }
  }

  // The chunk's rows of an operand [n × width], widened to `to` where they are not float32.
  const float* rows(const Chunk& chunk, const Element* from, std::int64_t width, float* to) const {
    if constexpr (!widens) return from + chunk.first * width;
    convert_elements(chunk.count * width, from + chunk.first * width, to);
    return to;
  }
  // Where the chunk's rows of a result are computed; finish_rows() then writes them to it.
  float* result_rows(const Chunk& chunk, Element* result, std::int64_t width, float* scratch) const {
    if constexpr (widens) return scratch;
    return reinterpret_cast<float*>(result + chunk.first * width);
  }
  void finish_rows(const Chunk& chunk, const float* computed, Element* result, std::int64_t width) const {
    if constexpr (widens) convert_elements(chunk.count * width, computed, result + chunk.first * width);
  }

  float factor_between(std::int64_t from, std::int64_t to) const {
    return std::exp(h_.log_scale[from] - h_.log_scale[to]);
  }
  // Rows of the chunk [count × width], each times the factor of its position: copied to `to`, or `rows` itself where
  // all factors are 1.
  template <class T, class Factor>
  const T* scaled_rows(const Chunk& chunk, bool scaled, const T* rows, std::int64_t width, T* to,
                       Factor&& factor) const {
    if (!scaled) return rows;
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      convert_scaled(width, rows + i * width, to + i * width, factor(chunk.first + i));
    }
    return to;
  }
  // What comes from the state of earlier chunks reaches a query with e^(s_before − s_query).
  template <class T>
  const T* scaled_from_before(const Chunk& chunk, const T* rows, std::int64_t width, T* to) const {
    return scaled_rows(chunk, !chunk.level || changes_before(chunk), rows, width, to,
                       [&](std::int64_t i) { return factor_between(chunk.first - 1, i); });
  }
  // What goes into the state of the chunk goes with e^(s_key − s_end).
  template <class T>
  const T* scaled_to_end(const Chunk& chunk, const T* rows, std::int64_t width, T* to) const {
    return scaled_rows(chunk, !chunk.level, rows, width, to,
                       [&](std::int64_t j) { return factor_between(j, chunk.end() - 1); });
  }
  // Moves a state between the log scales of the positions before the chunk and at its end; both scans need the same.
  void rescale_state(const Chunk& chunk) const {
    if (h_.log_scale == nullptr || chunk.first == 0 || chunk.end() == h_.n) return;
    const float factor = factor_between(chunk.first - 1, chunk.end() - 1);
    if (factor != 1) scale(h_.m * (h_.d + 1), state_, factor);
  }

  // Factors of log scales to weights [keys × queries], and zeros where a query would see the future.
  void finish_weights(const Chunk& chunk, float* weights) const {
    for (std::int64_t j = 0; j < chunk.count; ++j) {
      float* row = weights + j * h_.width;
      if (!chunk.level) {
        const Vector key = hn::Set(Tag(), h_.log_scale[chunk.first + j]);
        update(chunk.count - j, row + j, h_.log_scale + chunk.first + j, [key](Vector weight, Vector query) HWY_ATTR {
          return hn::Mul(weight, exponential(hn::Sub(key, query)));
        });
      }
      std::fill_n(row, j, 0.0f);
    }
  }
  // weights_ = Wᵀ [keys × queries], zero where the key is behind the query.
  void fill_weights(const Chunk& chunk, ReadAhead& ahead) const {
    transpose(chunk.count, h_.m, chunk.a, h_.m, features_t_, h_.width, h_.width);
    weigh_later(chunk.count, weights_, h_.width, ahead, Product{h_.m, chunk.b, {h_.m, 1}, features_t_, h_.width});
    finish_weights(chunk, weights_);
  }

  // den = sums_ with what is added to them; factors_ = 1 / den.
  void finish_denominators(const Chunk& chunk) const {
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      const bool small = std::abs(sums_[i]) <= h_.stabiliser;
      h_.den[chunk.first + i] = sums_[i] + h_.epsilon + (small ? 2 * h_.stabiliser : 0);
      factors_[i] = reciprocal_or_zero(h_.den[chunk.first + i]);
    }
  }

  // Sums over the chunk [width] += factors·rows; rows [count × width].
  static void add_rows(const Chunk& chunk, const float* rows, std::int64_t width, const float* factors,
                       std::int64_t factor_step, float* sums) {
    multiply(1, width, chunk.count, factors, {0, factor_step}, rows, width, sums, width, true);
  }

  const LinearHead<Element>& h_;
  float *state_, *second_state_, *features_t_, *values_t_, *features_, *weights_, *d_weights_, *sums_, *factors_,
      *last_;
  float *a_rows_, *b_rows_, *d_a_rows_, *d_b_rows_, *v_rows_, *out_rows_, *d_v_rows_;

 private:
  template <class Visit>
  void visit_chunk(std::int64_t first, std::int64_t following, int operands, Matrices next, Visit& visit) const {
    ReadAhead ahead;
    if (following >= 0 && following < h_.n) {
      const std::int64_t count = std::min(h_.chunk, h_.n - following);
      for (const auto& [rows, width] : next) ahead.add(rows + following * width, width, count, width);
    }
    visit(chunk_at(first, operands), ahead);
    ahead.finish();
  }
  Chunk chunk_at(std::int64_t first, int operands) const {
    Chunk chunk{first, std::min(h_.chunk, h_.n - first), true, nullptr, nullptr, nullptr};
    for (std::int64_t i = first + 1; h_.log_scale != nullptr && i < chunk.end(); ++i) {
      chunk.level = chunk.level && h_.log_scale[i] == h_.log_scale[first];
    }
    if ((operands & of_queries) != 0) chunk.a = rows(chunk, h_.a, h_.m, a_rows_);
    if ((operands & of_keys) != 0) chunk.b = rows(chunk, h_.b, h_.m, b_rows_);
    if ((operands & of_values) != 0) chunk.v = rows(chunk, h_.v, h_.d, v_rows_);
    return chunk;
  }
  bool changes_before(const Chunk& chunk) const {
    return h_.log_scale != nullptr && h_.log_scale[chunk.first] != h_.log_scale[chunk.first - 1];
  }
};

}  // namespace attnscope::backends::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // ATTNSCOPE_LINEAR_ATTENTION_SCAN_INL_H_
