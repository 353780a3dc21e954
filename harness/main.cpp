#include "harness/cli/program.h"

int main(int argc, char** argv) { return attnscope::harness::run_program(argc, argv); }
