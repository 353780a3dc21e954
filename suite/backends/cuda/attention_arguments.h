// Arguments of attention on their way to kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "suite/backends/cuda/attention_backward.cuh"
#include "suite/backends/cuda/attention_pattern.h"
#include "suite/backends/cuda/attention_softmax.cuh"
#include "suite/backends/cuda/attention_view.cuh"
#include "suite/backends/cuda/launch.h"
#include "suite/ops/backend.h"

namespace attnscope::backends::ATTNSCOPE_GPU {

// What the lists of all sets' patterns take of the workspace.
inline std::int64_t lists_bytes(const ops::AttentionArgs& args) {
  std::int64_t bytes = 0;
  for (const ops::KeySetArgs& set : args.sets) bytes += PackedPattern(*set.plan, args.q.shape()[0]).bytes();
  return bytes;
}

// Whether every row of x, or of q, k and v, begins at, and is a multiple of, 16 bytes.
inline bool is_whole(const tensor::Tensor& x) {
  const auto row = static_cast<std::int64_t>(tensor::size_of(x.dtype())) * x.shape()[3];
  return row % 16 == 0 && reinterpret_cast<std::uintptr_t>(x.data<char>()) % 16 == 0;
}
inline bool rows_are_whole(const ops::AttentionArgs& args) {
  bool whole = is_whole(args.q);
  for (const ops::KeySetArgs& set : args.sets) whole = whole && is_whole(set.k) && is_whole(set.v);
  return whole;
}

inline bool has_terms(const ops::KeySetArgs& set) {
  return set.labels.scores.defined() || set.relative.query.defined() || set.positions.query.defined();
}
// Whether kernels need room for biases: see is_bare().
inline bool has_biases(const ops::AttentionArgs& args) {
  return std::ranges::any_of(args.sets, [](const ops::KeySetArgs& set) {
    return has_terms(set) || set.key_mask.defined() || set.plan->pattern().global != nullptr;
  });
}

inline DistanceView distance_view(const ops::DistanceRows& rows) {
  return {static_cast<int>(rows.base), static_cast<int>(rows.sign), static_cast<int>(rows.lo),
          static_cast<int>(rows.hi)};
}

template <class Element>
TermsView<Element> terms_view(const ops::KeySetArgs& set) {
  TermsView<Element> view{};
  if (set.labels.scores.defined()) {
    view.labels = set.labels.scores.data<float>();
    view.label_count = static_cast<int>(set.labels.scores.shape()[3]);
    view.label_rows = distance_view(ops::rows_of(set.labels));
  }
  if (set.relative.query.defined()) {
    view.relative_query = set.relative.query.data<Element>();
    view.relative_keys = set.relative.keys.data<Element>();
    view.relative_count = static_cast<int>(set.relative.keys.shape()[1]);
    view.relative_rows = distance_view(ops::rows_of(set.relative));
  }
  const ops::PositionRule& rule = set.positions;
  view.query_position = elements_or_null<float>(rule.query);
  view.key_position = elements_or_null<float>(rule.key);
  view.query_page = elements_or_null<float>(rule.query_page);
  view.key_page = elements_or_null<float>(rule.key_page);
  view.query_round_pages = elements_or_null<float>(rule.query_round_pages);
  view.key_round_pages = elements_or_null<float>(rule.key_round_pages);
  if (rule.query_round_pages.defined()) view.rounds = static_cast<int>(rule.query_round_pages.shape()[3]);
  view.rule_is_causal = rule.causal;
  view.self_penalty = static_cast<float>(rule.self_penalty);
  view.page_span = static_cast<float>(rule.page_span);
  return view;
}

inline AttentionResults results_of(const ops::AttentionArgs& args) {
  return {args.out.data<void>(), args.out.dtype() == tensor::DType::f32, args.lse.data<float>(), args.adds_to_out};
}

// Uploads the lists of patterns to the front of the workspace.
template <class Element>
AttentionView<Element> attention_view(Device& device, const ops::AttentionArgs& args, const tensor::Tensor& workspace) {
  if (args.sets.size() > most_key_sets) {
    throw std::invalid_argument("attention: " + std::to_string(args.sets.size()) +
                                " sets of keys; the cuda backend takes at most " + std::to_string(most_key_sets));
  }
  const auto& q = args.q.shape();
  AttentionView<Element> view{};
  view.q = args.q.data<Element>();
  view.heads = static_cast<int>(q[1]);
  view.query_rows = static_cast<int>(q[2]);
  view.result_rows = static_cast<int>(args.lse.shape()[2]);
  view.dim = static_cast<int>(q[3]);
  view.value_dim = static_cast<int>(args.out.shape()[3]);
  view.scale = static_cast<float>(args.scale);
  view.listed_queries = elements_or_null<float>(args.rows.queries);
  view.listed_keys = elements_or_null<float>(args.rows.keys);
  view.queries_once = args.rows.queries_once;
  view.sets = static_cast<int>(args.sets.size());
  char* lists = workspace.defined() ? workspace.data<char>() : nullptr;
  for (int s = 0; s < view.sets; ++s) {
    const ops::KeySetArgs& set = args.sets[static_cast<std::size_t>(s)];
    KeySetView<Element>& keys = view.set[s];
    const PackedPattern packed(*set.plan, q[0]);
    keys.pattern = packed.upload(device, lists);
    lists += packed.bytes();
    keys.k = set.k.data<Element>();
    keys.v = set.v.data<Element>();
    keys.key_rows = static_cast<int>(set.k.shape()[2]);
    keys.key_mask = elements_or_null<float>(set.key_mask);
    keys.has_terms = has_terms(set);
    keys.terms = terms_view<Element>(set);
  }
  return view;
}

// `delta`: what attention_delta() left there. Gradients of terms are left out.
template <class Element>
BackwardView<Element> backward_view(Device& device, const ops::AttentionBackwardArgs& args,
                                    const tensor::Tensor& workspace, const float* delta) {
  BackwardView<Element> view{};
  view.forward = attention_view<Element>(device, args.forward, workspace);
  view.d_out = args.d_out.data<Element>();
  view.lse = args.forward.lse.data<float>();
  view.delta = delta;
  return view;
}

}  // namespace attnscope::backends::ATTNSCOPE_GPU
