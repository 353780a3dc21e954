// Exact attention of a few query rows, computed here in float64 from Q, K and V without any of the suite's ops: the
// yardstick of exact variants and of every approximation.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "suite/attention/problem.h"
#include "suite/attention/session.h"
#include "suite/tensor/host_array.h"

namespace attnscope::harness::measure {

struct Row {
  std::int64_t batch, head, position;
};
// `count` distinct places chosen by the seed, the first and the last position of the first head among them.
std::vector<Row> choose_rows(const attention::Problem& problem, std::int64_t count, std::uint64_t seed);

// True when the session has queries, keys and values of its own and one output row for each query.
bool comparable_with_exact(const attention::Session& session, const attention::Problem& problem);

class ExactRows {
 public:
  ExactRows(const attention::Problem& problem, std::vector<Row> rows);

  // In this order; each array [B,H,N,D] may be freed before the next is fetched.
  void set_queries(const tensor::HostArray& q);
  void set_keys(const tensor::HostArray& k);
  void set_values(const tensor::HostArray& v);

  // The exact rows [rows, D], one behind the other.
  std::vector<double> outputs() const;
  // ‖rows of output − exact rows‖ / ‖exact rows‖ (Frobenius).
  double relative_error(const tensor::HostArray& output) const;

 private:
  std::span<const double> head(const tensor::HostArray& array, const Row& row) const;  // [N,D]

  attention::Problem problem_;
  std::vector<Row> rows_;
  std::vector<std::vector<double>> queries_, weights_, outputs_;  // by row
};

}  // namespace attnscope::harness::measure
