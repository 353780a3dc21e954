// Every instruction set that can be forced here computes the same: the oracle's result within float32's rounding.
#include <gtest/gtest.h>
#include <string>

#include "suite/backends/cpu/instruction_set.h"
#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

using attention::Scope;
using backends::cpu::instruction_set;
using backends::cpu::instruction_sets;
using backends::cpu::use_instruction_set;

class InstructionSets : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { use_instruction_set(GetParam()); }
  void TearDown() override { use_instruction_set(""); }
};

TEST_P(InstructionSets, IsInForce) {
  const std::string forced = instruction_set();
  use_instruction_set("");
  EXPECT_EQ(instruction_set() == forced, GetParam() == instruction_sets().front());
}

// Together they run every kernel that is compiled per instruction set. Extents that are no multiple of a vector.
TEST_P(InstructionSets, AgreesWithTheOracle) {
  const std::vector<VariantCase> cases{
      {"softmax", {}, problem_of(Scope::layer, false, 2, 2, 37, 9)},
      {"flash", {}, problem_of(Scope::layer, true, 2, 2, 137, 19)},
      {"longformer", {{"window", "16"}}, problem_of(Scope::core, false, 1, 2, 131, 17)},
      {"transformer_xl", {{"memory", "16"}}, problem_of(Scope::core, true, 1, 2, 50, 12)},
      {"performer", {{"features", "24"}}, problem_of(Scope::core, true, 1, 2, 70, 16)},
      {"performer", {{"features", "67"}}, problem_of(Scope::core, false, 1, 2, 37, 19)},
      {"linear_transformer", {}, problem_of(Scope::core, false, 1, 2, 70, 13)},
      {"linear_transformer", {{"chunk", "24"}}, problem_of(Scope::core, true, 1, 2, 70, 33)},
      {"axial", {}, problem_of(Scope::core, false, 1, 2, 131, 34)},
      {"sinkhorn", {{"block", "16"}}, problem_of(Scope::core, false, 1, 2, 64, 16)},
  };
  for (const VariantCase& c : cases) {
    SCOPED_TRACE(name_of(c));
    expect_matches_oracle_in_f32(c);
  }
}

INSTANTIATE_TEST_SUITE_P(Forced, InstructionSets, testing::ValuesIn(instruction_sets()),
                         [](const testing::TestParamInfo<std::string>& info) { return info.param; });

TEST(InstructionSet, NamesWhatIsThereWhenAskedForAnother) {
  try {
    use_instruction_set("avx1024");
    FAIL() << "accepted an instruction set that does not exist";
  } catch (const std::invalid_argument& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("'avx1024'"), std::string::npos) << message;
    for (const std::string& name : instruction_sets()) EXPECT_NE(message.find(name), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace attnscope::variant_testing
