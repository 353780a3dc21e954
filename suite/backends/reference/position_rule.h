// Visibility by data: what ops::PositionRule says of one pair, the plain version.
#pragma once

#include <cmath>
#include <limits>

#include "suite/backends/reference/scalar.h"
#include "suite/ops/attention_scores.h"

namespace attnscope::backends::reference {

// The rule for one (example, head); `head` counts over both.
template <class T>
class HeadPositionRule {
 public:
  HeadPositionRule(const ops::PositionRule& rule, std::int64_t head) : rule_(rule), head_(head) {}

  bool defined() const { return rule_.query.defined(); }
  // What is subtracted from the scaled logit of query i and key j: +inf hides the pair. Positions and pages are
  // indices, so comparing them is not counted as floating-point work.
  double penalty(std::int64_t i, std::int64_t j) const {
    constexpr double hidden = std::numeric_limits<double>::infinity();
    const double query = at(rule_.query, i), key = at(rule_.key, j);
    if (query < 0 || key < 0 || (rule_.causal && key > query)) return hidden;
    if (rule_.query_page.defined() && !pages_meet(at(rule_.query_page, i), at(rule_.key_page, j))) return hidden;
    double penalty = query == key ? rule_.self_penalty : 0;
    if (rule_.query_round_pages.defined()) {
      const std::int64_t rounds = rule_.query_round_pages.shape()[3];
      int common = 0;
      for (std::int64_t r = 0; r < rounds; ++r) {
        common += pages_meet(at(rule_.query_round_pages, i * rounds + r), at(rule_.key_round_pages, j * rounds + r));
      }
      penalty += common > 0 ? std::log(common) : hidden;
    }
    return penalty;
  }

 private:
  // Element `index` of this head's part of a tensor [B,H,…].
  double at(const tensor::Tensor& x, std::int64_t index) const {
    const std::int64_t per_head = x.elements() / (x.shape()[0] * x.shape()[1]);
    return plain(x.data<T>()[head_ * per_head + index]);
  }
  bool pages_meet(double query, double key) const {
    return query >= key && query - key <= static_cast<double>(rule_.page_span);
  }

  const ops::PositionRule& rule_;
  std::int64_t head_;
};

}  // namespace attnscope::backends::reference
