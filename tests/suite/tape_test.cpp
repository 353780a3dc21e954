// What the tape keeps is what training costs: memory is freed as soon as its gradient has been computed.
#include "suite/ops/tape.h"

#include <gtest/gtest.h>

#include "suite/attention/registry.h"
#include "suite/attention/session.h"
#include "suite/backends/backends.h"
#include "suite/ops/profiler.h"

namespace attnscope::ops {
namespace {

using attention::Mode;
using attention::Problem;
using attention::Session;

std::int64_t predicted_peak(const std::string& name, const Problem& problem) {
  const auto variant = attention::make_variant(name);
  const auto reference = backends::make_reference(tensor::DType::f32);  // kernels without workspaces
  return attention::predict(*variant, problem, *reference).memory.peak_bytes;
}

TEST(Tape, MaterialisedSoftmaxNeedsOneScoreMatrixForwardAndTwoToTrain) {
  const Problem forward{.batch = 2, .heads = 4, .seq_len = 512, .head_dim = 64};
  Problem training = forward;
  training.mode = Mode::training;
  const std::int64_t scores = 4 * 2 * 4 * 512 * 512;
  const std::int64_t rows = 4 * 2 * 4 * 512 * 64;  // one [B,H,N,D]
  EXPECT_EQ(predicted_peak("softmax", forward), scores + rows);
  // While dP is formed: P and dP, O and its gradient.
  EXPECT_EQ(predicted_peak("softmax", training), 2 * scores + 3 * rows);
}

TEST(Tape, FlashTrainingStaysLinearInTheLength) {
  Problem problem{.mode = Mode::training, .batch = 1, .heads = 1, .seq_len = 1024, .head_dim = 64};
  const std::int64_t short_peak = predicted_peak("flash", problem);
  problem.seq_len *= 16;
  EXPECT_EQ(predicted_peak("flash", problem), 16 * short_peak);
}

class Recorder final : public Profiler {
 public:
  void on_op(const OpEvent& event) override {
    names.emplace_back(event.op);
    total += event.cost;
    backward_ops += event.backward;
    EXPECT_GE(event.duration_ns, 0);
  }
  std::vector<std::string> names;
  Cost total;
  int backward_ops = 0;
};

TEST(Profiler, SeesEveryOpOnceWithItsCost) {
  const auto variant = attention::make_variant("softmax");
  const auto reference = backends::make_reference();
  Session session(*variant, {.mode = Mode::training, .batch = 1, .heads = 1, .seq_len = 8, .head_dim = 4}, *reference);
  Recorder recorder;
  session.set_profiler(&recorder);
  session.run();
  EXPECT_EQ(recorder.names, (std::vector<std::string>{"matmul", "softmax", "matmul", "copy", "matmul", "matmul",
                                                      "softmax_backward", "matmul", "matmul"}));
  EXPECT_EQ(recorder.backward_ops, 6);
  EXPECT_EQ(recorder.total, session.cost().total());
}

}  // namespace
}  // namespace attnscope::ops
