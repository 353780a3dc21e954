#include "tests/oracle/reformer.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <stdexcept>

#include "tests/oracle/block.h"
#include "tests/oracle/var_attention.h"

namespace attnscope::oracle {
namespace {

bool per_bucket(const ReformerOptions& options) {
  require_one_of(options.chunking, {"auto", "sorted", "per_bucket"});
  return options.chunking == "per_bucket" || (options.chunking == "auto" && options.causal);
}

// argmax of [xR, −xR] over columns first … first + count − 1 of R; ties: the lowest.
std::int64_t hash(std::span<const Var> x, const VarArray& rotations, std::int64_t h, std::int64_t round,
                  std::int64_t first, std::int64_t count) {
  std::vector<double> sides(static_cast<std::size_t>(2 * count), 0.0);
  for (std::int64_t c = 0; c < count; ++c) {
    double rotated = 0.0;
    for (std::size_t d = 0; d < x.size(); ++d) rotated += x[d].value() * rotations(h, round, d, first + c).value();
    sides[static_cast<std::size_t>(c)] = rotated;
    sides[static_cast<std::size_t>(count + c)] = -rotated;
  }
  return std::max_element(sides.begin(), sides.end()) - sides.begin();
}

// The place of one position in one round.
struct Item {
  std::int64_t round, bucket, position;
  auto operator<=>(const Item&) const = default;
};

// How the positions of head h of sequence b are hashed, and from that which keys every query sees.
struct Hashing {
  const VarArrays& in;
  const ReformerOptions& options;
  std::int64_t b, h, length;

  // Padding, and positions up to a multiple of the chunk, are in a bucket of their own.
  Item item(std::int64_t round, std::int64_t position) const {
    const ReformerBuckets buckets = reformer_buckets(length, options);
    if (!real(position)) return {round, buckets.count, position};
    const VarArray& rotations = in.at("rotations");
    const auto x = row(in.at("q"), b, h, position);
    if (buckets.f2 == 0) return {round, hash(x, rotations, h, round, 0, buckets.count / 2), position};
    const std::int64_t h1 = hash(x, rotations, h, round, 0, buckets.f1 / 2);
    const std::int64_t h2 = hash(x, rotations, h, round, buckets.f1 / 2, buckets.f2 / 2);
    return {round, h1 + buckets.f1 * h2, position};
  }
  bool real(std::int64_t position) const { return position < length && is_real(in, b, position); }

  bool visible(const Item& query, const Item& key) const {
    const bool same_bucket = query.round == key.round && query.bucket == key.bucket;
    return real(query.position) && real(key.position) && (!options.causal || key.position <= query.position) &&
           (!options.bucket_mask || same_bucket);
  }
};

// How often query i sees key j in each round.
struct Sightings {
  std::int64_t length;
  std::vector<double> counts;  // [R,N,N]

  Sightings(std::int64_t rounds, std::int64_t positions)
      : length(positions), counts(static_cast<std::size_t>(rounds * positions * positions), 0.0) {}
  double& operator()(std::int64_t round, std::int64_t i, std::int64_t j) {
    return counts[static_cast<std::size_t>((round * length + i) * length + j)];
  }
};

// All rounds' items in one order, cut into chunks; a chunk sees its neighbours, the first one's being the last.
Sightings see_sorted_chunks(const Hashing& hashing) {
  const ReformerOptions& options = hashing.options;
  const std::int64_t padded = (hashing.length + options.chunk - 1) / options.chunk * options.chunk;
  std::vector<Item> items;
  for (std::int64_t round = 0; round < options.rounds; ++round)
    for (std::int64_t n = 0; n < padded; ++n) items.push_back(hashing.item(round, n));
  std::sort(items.begin(), items.end());
  const std::int64_t chunks = static_cast<std::int64_t>(items.size()) / options.chunk;
  Sightings seen(options.rounds, hashing.length);
  for (std::int64_t s = 0; s < static_cast<std::int64_t>(items.size()); ++s)
    for (std::int64_t offset = -options.look_back; offset <= options.look_forward; ++offset) {
      const std::int64_t chunk = ((s / options.chunk + offset) % chunks + chunks) % chunks;
      for (std::int64_t t = chunk * options.chunk; t < (chunk + 1) * options.chunk; ++t) {
        const Item &query = items[static_cast<std::size_t>(s)], &key = items[static_cast<std::size_t>(t)];
        if (hashing.visible(query, key)) seen(query.round, query.position, key.position) += 1.0;
      }
    }
  return seen;
}

// Every bucket cut into chunks by itself: nothing that comes later moves a position into another chunk.
Sightings see_chunks_of_buckets(const Hashing& hashing) {
  const ReformerOptions& options = hashing.options;
  Sightings seen(options.rounds, hashing.length);
  for (std::int64_t round = 0; round < options.rounds; ++round) {
    std::vector<Item> items;
    std::vector<std::int64_t> chunk;  // of every position, within its bucket
    for (std::int64_t n = 0; n < hashing.length; ++n) {
      items.push_back(hashing.item(round, n));
      const auto earlier = std::count_if(items.begin(), items.end() - 1,
                                         [&](const Item& other) { return other.bucket == items.back().bucket; });
      chunk.push_back(earlier / options.chunk);
    }
    for (std::size_t i = 0; i < items.size(); ++i)
      for (std::size_t j = 0; j < items.size(); ++j) {
        const std::int64_t offset = chunk[j] - chunk[i];
        const bool near = offset >= -options.look_back && offset <= options.look_forward;
        if (near && items[i].bucket == items[j].bucket && hashing.visible(items[i], items[j]))
          seen(round, items[i].position, items[j].position) = 1.0;
      }
  }
  return seen;
}

// The weight c_ij in softmax weights ∝ c_ij e^{s_ij}: sightings over all rounds, divided by N_ij when deduplicated.
double multiplicity(Sightings& seen, std::int64_t i, std::int64_t j, const ReformerOptions& options) {
  double times = 0.0, rounds = 0.0;
  for (std::int64_t round = 0; round < options.rounds; ++round) {
    times += seen(round, i, j);
    if (seen(round, i, j) > 0.0) rounds += 1.0;
  }
  return options.dedup && rounds > 0.0 ? times / rounds : times;
}

// k̂ = q/√(mean(q²) + 1e-6)/√D
VarArray unit_keys(const VarArray& q) {
  VarArray keys = q;
  const auto width = static_cast<double>(q.extent(3));
  for (std::int64_t b = 0; b < q.extent(0); ++b)
    for (std::int64_t h = 0; h < q.extent(1); ++h)
      for (std::int64_t n = 0; n < q.extent(2); ++n) {
        const Var mean_square = dot(row(q, b, h, n), row(q, b, h, n)) / width;
        for (Var& x : row(keys, b, h, n)) x = x / sqrt((mean_square + 1e-6) * width);
      }
  return keys;
}

VarArray core(const VarArrays& in, const ReformerOptions& options) {
  require_one_of(options.logits, {"unit_key", "unit_key_scaled"});
  if (options.dedup && !options.bucket_mask) throw std::invalid_argument("oracle: reformer: dedup needs bucket_mask");
  const VarArray &q = in.at("q"), &v = in.at("v"), keys = unit_keys(q);
  const double scale = options.logits == "unit_key_scaled" ? head_scale(q) : 1.0;
  const std::int64_t length = q.extent(2);
  VarArray output(q.shape);
  for (std::int64_t b = 0; b < q.extent(0); ++b)
    for (std::int64_t h = 0; h < q.extent(1); ++h) {
      const Hashing hashing{in, options, b, h, length};
      Sightings seen = per_bucket(options) ? see_chunks_of_buckets(hashing) : see_sorted_chunks(hashing);
      for (std::int64_t i = 0; i < length; ++i) {
        std::vector<SeenKey> seen_keys;
        for (std::int64_t j = 0; j < length; ++j) {
          const double times = multiplicity(seen, i, j, options);
          if (times == 0.0) continue;
          const Var logit = scale * dot(row(q, b, h, i), row(keys, b, h, j));
          seen_keys.push_back({i == j ? logit - options.self_penalty : logit, row(v, b, h, j), times});
        }
        softmax_row(seen_keys, row(output, b, h, i));
      }
    }
  return output;
}

VarArray layer(const VarArrays& in, const VarArray& x, std::int64_t heads, const ReformerOptions& options) {
  VarArrays inner = in;
  inner["q"] = project_to_heads(in, "qk", x, heads);
  inner["v"] = project_to_heads(in, "v", x, heads);
  return zero_padding(in, project(in, "o", join_heads(core(inner, options))));
}

}  // namespace

ReformerBuckets reformer_buckets(std::int64_t length, const ReformerOptions& options) {
  const std::int64_t chunks = (length + options.chunk - 1) / options.chunk;
  const std::int64_t count = options.buckets > 0 ? options.buckets : 2 * std::max<std::int64_t>(1, chunks);
  if (count % 2 != 0) throw std::invalid_argument("oracle: reformer: the number of buckets must be even");
  if (count <= 128) return {count, count, 0};
  const auto f1 = 2 * static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(count)) / 2.0));
  const std::int64_t f2 = 2 * ((count + 2 * f1 - 1) / (2 * f1));
  return {f1 * f2, f1, f2};
}

Result reformer_core(const Arrays& in, const ReformerOptions& options) {
  return differentiate_output(in, {"rotations"}, [&](const VarArrays& arrays) { return core(arrays, options); });
}

Result reformer_layer(const Arrays& in, std::int64_t heads, const ReformerOptions& options) {
  return differentiate_output(in, {"rotations"},
                              [&](const VarArrays& arrays) { return layer(arrays, arrays.at("x"), heads, options); });
}

Result reformer_block(const Arrays& in, std::int64_t heads, const ReformerOptions& options) {
  return differentiate_output(in, {"rotations"}, [&](const VarArrays& arrays) {
    const VarArray& x = arrays.at("x");
    const auto normalised = [&](const VarArray& y, const std::string& name) {
      return layer_norm(y, arrays.at(name + "_gain"), arrays.at(name + "_shift"), 1e-5);
    };
    const VarArray y1 = x + layer(arrays, normalised(x, "norm_attention"), heads, options);
    const VarArray y2 = x + feed_forward(arrays, normalised(y1, "norm_ff"));
    VarArray mean = y1 + y2;
    for (Var& value : mean.values) value = 0.5 * value;
    return zero_padding(arrays, mean);
  });
}

}  // namespace attnscope::oracle
