// `eval` on the caller's arrays: results that anyone can recompute.
#include <cmath>

#include "harness/numpy/npz.h"
#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

using harness::numpy::Arrays;
using harness::numpy::Element;
using tensor::HostArray;

class Eval : public ProgramTest {
 protected:
  // Small arrays [1, 2, 3, 2] with values that differ.
  static Arrays inputs() {
    Arrays arrays;
    double value = 0.1;
    for (const char* name : {"q", "k", "v", "d_out"}) {
      HostArray array{{1, 2, 3, 2}, {}};
      for (int i = 0; i < 12; ++i) array.values.push_back(std::sin(value += 0.7));
      arrays[name] = array;
    }
    return arrays;
  }
};

TEST_F(Eval, ComputesSoftmaxAttentionAndItsGradients) {
  const Arrays in = inputs();
  write_npz(file("in.npz"), in, Element::f8);
  const Outcome outcome = attnscope("eval softmax --in " + file("in.npz") + " --out " + file("out.npz") +
                                    " --grad --device reference --dtype f64");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Arrays out = harness::numpy::read_npz(file("out.npz"));
  for (int h = 0; h < 2; ++h) {
    for (int i = 0; i < 3; ++i) {
      double weights[3], sum = 0;
      for (int j = 0; j < 3; ++j) {
        double score = 0;
        for (int c = 0; c < 2; ++c)
          score += in.at("q").values[(h * 3 + i) * 2 + c] * in.at("k").values[(h * 3 + j) * 2 + c];
        sum += weights[j] = std::exp(score / std::sqrt(2.0));
      }
      for (int c = 0; c < 2; ++c) {
        double expected = 0;
        for (int j = 0; j < 3; ++j) expected += weights[j] / sum * in.at("v").values[(h * 3 + j) * 2 + c];
        EXPECT_NEAR(out.at("out").values[(h * 3 + i) * 2 + c], expected, 1e-12);
      }
    }
  }
  for (const char* name : {"d_q", "d_k", "d_v"}) EXPECT_EQ(out.at(name).shape, in.at("q").shape) << name;
}

TEST_F(Eval, BackendsAgree) {
  write_npz(file("in.npz"), inputs(), Element::f4);
  for (const char* device : {"cpu", "reference"}) {
    ASSERT_EQ(attnscope("eval flash --causal --grad --in " + file("in.npz") + " --out " +
                        file(std::string(device) + ".npz") + " --device " + device)
                  .exit_code,
              0);
  }
  const Arrays cpu = harness::numpy::read_npz(file("cpu.npz"));
  const Arrays reference = harness::numpy::read_npz(file("reference.npz"));
  for (const char* name : {"out", "d_q", "d_k", "d_v"}) {
    for (std::size_t i = 0; i < cpu.at(name).values.size(); ++i) {
      EXPECT_NEAR(cpu.at(name).values[i], reference.at(name).values[i], 1e-6) << name;
    }
  }
}

TEST_F(Eval, NamesTheArrayThatIsWrong) {
  Arrays missing = inputs();
  missing.erase("v");
  write_npz(file("missing.npz"), missing, Element::f4);
  const Outcome no_v = attnscope("eval flash --in " + file("missing.npz") + " --out " + file("out.npz"));
  EXPECT_EQ(no_v.exit_code, 2);
  EXPECT_NE(no_v.err.find("v"), std::string::npos);
  Arrays misshapen = inputs();
  misshapen["k"].shape = {1, 2, 2, 3};
  write_npz(file("shape.npz"), misshapen, Element::f4);
  const Outcome bad_k = attnscope("eval flash --in " + file("shape.npz") + " --out " + file("out.npz"));
  EXPECT_EQ(bad_k.exit_code, 2);
  EXPECT_NE(bad_k.err.find("[1, 2, 2, 3]"), std::string::npos) << bad_k.err;
  EXPECT_NE(bad_k.err.find("'k'"), std::string::npos) << bad_k.err;
  EXPECT_FALSE(std::filesystem::exists(file("out.npz")));
}

}  // namespace
}  // namespace attnscope::end_to_end
