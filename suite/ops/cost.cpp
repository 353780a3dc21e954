#include "suite/ops/cost.h"

namespace attnscope::ops {

Cost& Cost::operator+=(const Cost& more) {
  multiply_adds += more.multiply_adds;
  other += more.other;
  exponentials += more.exponentials;
  bytes_read += more.bytes_read;
  bytes_written += more.bytes_written;
  return *this;
}

void CostLedger::add(std::string_view op, const Cost& cost) {
  auto entry = by_op_.find(op);
  if (entry == by_op_.end()) entry = by_op_.emplace(std::string(op), Entry{}).first;
  ++entry->second.calls;
  entry->second.cost += cost;
  total_ += cost;
}

void CostLedger::clear() {
  by_op_.clear();
  total_ = {};
}

}  // namespace attnscope::ops
