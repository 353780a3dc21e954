// Parts of arrays along the axis before the last one, which holds positions.
#pragma once

#include "tests/oracle/autodiff.h"

namespace attnscope::oracle {

VarArray slice_rows(const VarArray& x, std::int64_t begin, std::int64_t end);
VarArray concat_rows(const VarArray& first, const VarArray& second);
VarArray stopped(const VarArray& x);  // every value without its gradient

}  // namespace attnscope::oracle
