// What an op costs, computed from shapes and index structures: never measured, never estimated.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace attnscope::ops {

struct Cost {
  std::int64_t multiply_adds = 0;  // multiply-adds of products and sums of products (matmul-like work)
  std::int64_t other = 0;          // any other +, −, ×, ÷, max, compare on floating-point values
  std::int64_t exponentials = 0;   // exp, log, sqrt and their like
  std::int64_t bytes_read = 0;     // each operand once
  std::int64_t bytes_written = 0;  // each result once

  // FLOPs by the field's convention: 2 per multiply-add. `other` and `exponentials` are reported beside it.
  std::int64_t flops() const { return 2 * multiply_adds; }
  std::int64_t bytes() const { return bytes_read + bytes_written; }
  Cost& operator+=(const Cost& more);
  bool operator==(const Cost&) const = default;
};

// Costs of a run, per op name and in total.
class CostLedger {
 public:
  struct Entry {
    std::int64_t calls = 0;
    Cost cost;
  };
  void add(std::string_view op, const Cost& cost);
  void clear();
  const Cost& total() const { return total_; }
  const std::map<std::string, Entry, std::less<>>& by_op() const { return by_op_; }

 private:
  Cost total_;
  std::map<std::string, Entry, std::less<>> by_op_;
};

}  // namespace attnscope::ops
