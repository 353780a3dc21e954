// Which words may stand where the cursor is: the part of completion that is the same for every shell.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/command_tree.h"

namespace attnscope::harness::cli {

struct Candidate {
  std::string word, meaning;
};

struct Completion {
  enum class Kind {
    words,
    open,   // words that go on, such as "n=": no blank follows
    files,  // names of files, which the shell knows best
  };
  Kind kind = Kind::words;
  std::vector<Candidate> candidates;
};

// `words` follow the program's name; the last one, perhaps empty, is the one to complete.
Completion complete(const Program& program, const std::vector<std::string>& words);

}  // namespace attnscope::harness::cli
