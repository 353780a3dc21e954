// ATTNSCOPE_ISA forces the kernels' instruction set, and every record says which one ran.
#include "suite/backends/cpu/instruction_set.h"

#include <gtest/gtest.h>

#include "tests/end_to_end/program.h"

namespace attnscope::end_to_end {
namespace {

class InstructionSet : public ProgramTest {};

TEST_F(InstructionSet, IsForcedByTheEnvironmentAndRecorded) {
  for (const std::string& name : backends::cpu::instruction_sets()) {
    backends::cpu::use_instruction_set(name);
    const std::string expected = "Highway " + backends::cpu::instruction_set() + ",";
    backends::cpu::use_instruction_set("");
    const std::string run = file(name + ".jsonl");
    ::setenv("ATTNSCOPE_ISA", name.c_str(), 1);
    const Outcome outcome = attnscope("run -V flash -a n=64 --ceilings off -o '" + run + "'" + short_run);
    ::unsetenv("ATTNSCOPE_ISA");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const reports::Record& record : records(run)) {
      EXPECT_NE(record.impl.find(expected), std::string::npos) << record.impl;
    }
  }
}

TEST_F(InstructionSet, UnknownOnesAreRefusedWithTheOnesThatAreThere) {
  ::setenv("ATTNSCOPE_ISA", "mmx", 1);
  const Outcome outcome = attnscope("run -V flash -a n=64 --ceilings off -o '" + file("run.jsonl") + "'" + short_run);
  ::unsetenv("ATTNSCOPE_ISA");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("ATTNSCOPE_ISA"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find(backends::cpu::instruction_sets().front()), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace attnscope::end_to_end
