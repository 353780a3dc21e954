// The command line as a plain value, read off the CLI11 definition: what manual pages and completion are made from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace attnscope::harness::cli {

struct Parameter {
  std::vector<std::string> names;  // "-o", "--output"; one bare name for a positional
  std::string value;               // what it takes: "FILE", "{csv,json}"; "" for a flag
  std::string meaning;
  bool positional = false, required = false, repeatable = false;
};

struct Command {
  std::string name, meaning;
  std::vector<Parameter> parameters;  // positionals in their order
};

struct Program {
  std::string name, meaning, version;
  std::vector<Parameter> options;
  std::vector<Command> commands;  // hidden ones left out
};
Program read_command_tree(const CLI::App& app);

// The words of a closed set "{csv,json}"; none for other values.
std::vector<std::string> closed_set(const std::string& value);

}  // namespace attnscope::harness::cli
