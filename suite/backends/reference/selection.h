// Choosing and ordering positions by value: comparisons of data, the same on every CPU backend. Nothing here allocates;
// results serve as the scratch memory of their own computation.
#pragma once

#include <algorithm>

#include "suite/backends/reference/softmax.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::reference {

template <class T>
std::int64_t whole(T x) {
  return static_cast<std::int64_t>(plain(x));
}
template <class T>
T from_whole(std::int64_t x) {
  return T(static_cast<double>(x));
}

// The best `count` positions of one column: a heap of those found so far, worst on top, in the result itself.
template <class T>
void top_positions_of_column(const ops::Tensor& scores, const ops::Tensor& key_mask, std::int64_t head, std::int64_t c,
                             T* chosen, std::int64_t count) {
  const auto& s = scores.shape();
  const T* column = scores.data<T>() + head * s[2] * s[3] + c;
  const auto score = [&](T position) { return plain(column[whole(position) * s[3]]); };
  const auto better = [&](T x, T y) { return score(x) > score(y) || (score(x) == score(y) && whole(x) < whole(y)); };
  T* end = chosen;
  for (std::int64_t position = 0; position < s[2]; ++position) {
    if (!key_visible<T>(key_mask, head / s[1], position)) continue;
    if (end == chosen + count) {
      if (!(plain(column[position * s[3]]) > score(*chosen))) continue;  // the lower position wins a tie
      std::pop_heap(chosen, end, better);
      --end;
    }
    *end++ = from_whole<T>(position);
    std::push_heap(chosen, end, better);
  }
  std::sort(chosen, end, [](T x, T y) { return whole(x) < whole(y); });
  std::fill(end, chosen + count, T(-1));
}

// Columns [first, last) of B·H·C.
template <class T>
void top_positions(const ops::Tensor& scores, const ops::Tensor& key_mask, const ops::Tensor& positions,
                   std::int64_t first, std::int64_t last) {
  const std::int64_t columns = scores.shape()[3], count = positions.shape()[3];
  for (std::int64_t i = first; i < last; ++i) {
    top_positions_of_column(scores, key_mask, i / columns, i % columns, positions.data<T>() + i * count, count);
  }
}

// True when all groups are in 0 … n−1, so that n counters serve them.
template <class T>
bool groups_fit(const T* group, std::int64_t n) {
  return std::all_of(group, group + n, [n](T g) { return whole(g) >= 0 && whole(g) < n; });
}

// Counting sort. `counters` [n] is scratch.
template <class T>
void count_into_order(const T* group, std::int64_t n, T* order, T* counters) {
  std::fill_n(counters, n, T(0));
  for (std::int64_t i = 0; i < n; ++i) {
    T& counter = counters[whole(group[i])];
    counter = from_whole<T>(whole(counter) + 1);
  }
  std::int64_t start = 0;
  for (std::int64_t g = 0; g < n; ++g) {
    const std::int64_t size = whole(counters[g]);
    counters[g] = from_whole<T>(start);
    start += size;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    T& next = counters[whole(group[i])];
    order[whole(next)] = from_whole<T>(i);
    next = from_whole<T>(whole(next) + 1);
  }
}

// Positions in rising order of (group, position). `scratch` [n] is overwritten.
template <class T>
void order_by_group(const T* group, std::int64_t n, T* order, T* scratch) {
  if (groups_fit(group, n)) return count_into_order(group, n, order, scratch);
  for (std::int64_t i = 0; i < n; ++i) order[i] = from_whole<T>(i);
  std::sort(order, order + n, [group](T x, T y) {
    const std::int64_t left = whole(group[whole(x)]), right = whole(group[whole(y)]);
    return left < right || (left == right && whole(x) < whole(y));
  });
}

// Heads [first, last) of B·H.
template <class T>
void sort_by_group(const ops::Tensor& group, const ops::Tensor& order, const ops::Tensor& place,
                   const ops::Tensor& rank, std::int64_t first, std::int64_t last) {
  const std::int64_t n = group.shape()[2];
  for (std::int64_t head = first; head < last; ++head) {
    const T* groups = group.data<T>() + head * n;
    T* ordered = order.data<T>() + head * n;
    order_by_group(groups, n, ordered, place.data<T>() + head * n);
    std::int64_t start = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t position = whole(ordered[i]);
      if (whole(groups[position]) != whole(groups[whole(ordered[start])])) start = i;
      place.data<T>()[head * n + position] = from_whole<T>(i);
      rank.data<T>()[head * n + position] = from_whole<T>(i - start);
    }
  }
}

// Heads [first, last) of B·H: how many keys of the query's group lie in front, found in the sorted keys.
template <class T>
void rank_among(const ops::RankAmongArgs& args, std::int64_t first, std::int64_t last) {
  const std::int64_t n = args.rank.shape()[2];
  for (std::int64_t head = first; head < last; ++head) {
    const T* queries = args.query_group.data<T>() + head * n;
    const T* keys = args.key_group.data<T>() + head * n;
    T* order = args.order.data<T>() + head * n;
    T* rank = args.rank.data<T>() + head * n;
    order_by_group(keys, n, order, rank);
    // Places before the first key of (group, position) or behind it.
    const auto places_before = [&](std::int64_t group, std::int64_t position) {
      return std::partition_point(order, order + n,
                                  [&](T key) {
                                    const std::int64_t key_group = whole(keys[whole(key)]);
                                    return key_group < group || (key_group == group && whole(key) < position);
                                  }) -
             order;
    };
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t group = whole(queries[i]);
      rank[i] = from_whole<T>(places_before(group, args.strict ? i : i + 1) - places_before(group, 0));
    }
  }
}

// Elements [first, last).
template <class T>
void floor_divide(const ops::Tensor& x, std::int64_t divisor, const ops::Tensor& y, std::int64_t first,
                  std::int64_t last) {
  for (std::int64_t i = first; i < last; ++i) y.data<T>()[i] = from_whole<T>(whole(x.data<T>()[i]) / divisor);
}

}  // namespace attnscope::backends::reference
