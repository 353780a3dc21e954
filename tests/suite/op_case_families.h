// The families of op cases; op_cases.cpp assembles them.
#pragma once

#include <vector>

#include "suite/ops/initializers.h"
#include "tests/suite/op_cases.h"

namespace attnscope::op_testing {

void add_broadcast_cases(std::vector<OpCase>& cases);
void add_activation_cases(std::vector<OpCase>& cases);
void add_slice_cases(std::vector<OpCase>& cases);
void add_reduce_cases(std::vector<OpCase>& cases);
void add_normalize_cases(std::vector<OpCase>& cases);
void add_index_rows_cases(std::vector<OpCase>& cases);
void add_attention_cases(std::vector<OpCase>& cases);
void add_attention_score_cases(std::vector<OpCase>& cases);
void add_attention_row_cases(std::vector<OpCase>& cases);
void add_attention_set_cases(std::vector<OpCase>& cases);
void add_merge_cases(std::vector<OpCase>& cases);

// A buffer with values(i) at row-major position i.
template <class Values>
tensor::Tensor constant(ops::Context& ctx, const std::string& name, const tensor::Shape& shape, Values values,
                        ops::Role role = ops::Role::buffer) {
  const ops::Initializer init{"fixed",
                              [values](std::uint64_t, const tensor::Shape&, std::span<double> to) {
                                for (std::size_t i = 0; i < to.size(); ++i) to[i] = values(i);
                              },
                              {}};
  return ctx.arguments().get(name, shape, role, init);
}

}  // namespace attnscope::op_testing
