#include "harness/measure/work.h"

namespace attnscope::harness::measure {

void fill_work(const attention::Problem& problem, const attention::Prediction& prediction, std::size_t element_bytes,
               reports::Record& record) {
  const ops::Cost& cost = prediction.cost;
  record.flops_model = cost.flops();
  record.flops_other_model = cost.other;
  record.exponentials_model = cost.exponentials;
  record.flops_dense = attention::dense_flops(problem);
  record.flops_source = "model";
  record.flops_convention = "fma=2,bwd=2.5x";
  record.bytes_model = cost.bytes();
  if (cost.bytes() > 0) {
    record.arithmetic_intensity = static_cast<double>(cost.flops()) / static_cast<double>(cost.bytes());
  }
  const std::int64_t output = problem.batch * problem.rows() * problem.model_dim();
  record.mem_io_bytes = prediction.memory.arguments_bytes + output * static_cast<std::int64_t>(element_bytes);
}

void fill_rates(reports::Record& record) {
  if (!record.time_median_ns || *record.time_median_ns <= 0) return;
  const double seconds = *record.time_median_ns * 1e-9;
  const auto rate = [&](const std::optional<std::int64_t>& amount) -> std::optional<double> {
    if (!amount) return std::nullopt;
    return static_cast<double>(*amount) / seconds;
  };
  record.flop_per_s = rate(record.flops_model);
  record.dense_flop_per_s = rate(record.flops_dense);
  record.bytes_per_s = rate(record.bytes_model);
  // Decoding makes one token of each sequence a call, however long its state is.
  const std::int64_t tokens = record.mode == "decode" ? 1 : record.seq_q.value_or(0);
  record.tokens_per_s = static_cast<double>(record.batch.value_or(1) * tokens) / seconds;
}

}  // namespace attnscope::harness::measure
