// How inputs and parameters get their values: from a counter-free seeded generator, the same on every platform.
#pragma once

#include <cstdint>

#include "suite/ops/argument_store.h"

namespace attnscope::ops {

// Independent normal values.
Initializer gaussian(double mean, double stdev);
// U(−a, a) with a = gain·sqrt(6 / (fan_in + fan_out)); fans are the last two extents (Glorot and Bengio 2010).
Initializer xavier_uniform(double gain = 1);
// U(low, high).
Initializer uniform(double low, double high);
// Gumbel(0, 1): −log(−log u).
Initializer gumbel();
// Gaussian rows [.., C], each shifted to mean 0 and scaled to variance 1.
Initializer normalized_gaussian();
Initializer zeros();
Initializer constant(double value);
// The values of another parameter of the same model: same seed, same initialiser, under that parameter's name.
Initializer copy_of(const std::string& parameter, const Initializer& original);
// Rows in blocks of D orthogonal directions, Haar-distributed (QR with the signs of diag R removed), or independent.
// Row norms are those of N(0, I_D) vectors ("chi": the softmax kernel is then unbiased) or sqrt(D) (2009.14794, §B).
// Each number of `draw` is another sample. draw_projection() yields the same in every run.
Initializer random_projection(bool orthogonal, bool chi_norms, std::int64_t draw = 0);

// The seed of a named argument: a hash, so that values do not depend on the order of declaration.
std::uint64_t seed_for(std::uint64_t seed, const std::string& name);
// The seed of the draw-th sample; the first takes `seed` itself.
std::uint64_t seed_of_draw(std::uint64_t seed, std::int64_t draw);

}  // namespace attnscope::ops
