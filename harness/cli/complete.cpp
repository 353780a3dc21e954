#include "harness/cli/complete.h"

#include <algorithm>
#include <fmt/format.h>
#include <iostream>

#include "harness/cli/complete_value.h"
#include "harness/cli/shell.h"

namespace attnscope::harness::cli {

namespace {

using Kind = Completion::Kind;

std::vector<Candidate> command_names(const Program& program) {
  std::vector<Candidate> all;
  for (const Command& command : program.commands) all.push_back({command.name, command.meaning});
  return all;
}

const Parameter* find_option(const std::vector<Parameter>& parameters, const std::string& name) {
  const auto found = std::ranges::find_if(parameters, [&](const Parameter& parameter) {
    return !parameter.positional && std::ranges::find(parameter.names, name) != parameter.names.end();
  });
  return found == parameters.end() ? nullptr : &*found;
}

Completion option_names(const std::vector<Parameter>& parameters, const std::string& begun) {
  std::vector<Candidate> all;
  for (const Parameter& parameter : parameters) {
    if (parameter.positional) continue;
    for (const std::string& name : parameter.names) {
      if (name.starts_with("--") || parameter.names.size() == 1) all.push_back({name, parameter.meaning});
    }
  }
  return {Kind::words, starting_with(begun, all)};
}

// The positional that the last word is: the one after those that stand already; a repeatable one goes on.
const Parameter* positional_at(const std::vector<Parameter>& parameters, std::size_t before) {
  const Parameter* current = nullptr;
  for (const Parameter& parameter : parameters) {
    if (!parameter.positional) continue;
    current = &parameter;
    if (before == 0 || parameter.repeatable) return current;
    --before;
    current = nullptr;
  }
  return current;
}

Completion complete_value_of(const Program& program, const Parameter& parameter, const std::string& begun) {
  if (parameter.value != "SUBCOMMAND") return complete_value(parameter.value, begun);
  return {Kind::words, starting_with(begun, command_names(program))};
}

Completion complete_parameters(const Program& program, const std::vector<Parameter>& parameters,
                               const std::vector<std::string>& words) {
  const std::string& last = words.back();
  std::size_t positionals = 0;
  const Parameter* waiting = nullptr;  // the option whose value comes next
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (waiting != nullptr) {
      waiting = nullptr;
    } else if (words[i].starts_with('-')) {
      const Parameter* option = find_option(parameters, words[i]);
      if (option != nullptr && !option->value.empty()) waiting = option;
    } else {
      ++positionals;
    }
  }
  if (waiting != nullptr) return complete_value_of(program, *waiting, last);
  if (const std::size_t equals = last.find('='); last.starts_with("--") && equals != std::string::npos) {
    const Parameter* option = find_option(parameters, last.substr(0, equals));
    if (option == nullptr) return {};
    Completion completion = complete_value_of(program, *option, last.substr(equals + 1));
    for (Candidate& candidate : completion.candidates) candidate.word.insert(0, last.substr(0, equals + 1));
    return completion;
  }
  if (last.starts_with('-')) return option_names(parameters, last);
  const Parameter* positional = positional_at(parameters, positionals);
  if (positional == nullptr) return option_names(parameters, last);
  return complete_value_of(program, *positional, last);
}

const char* kind_name(Kind kind) { return kind == Kind::files ? "files" : kind == Kind::open ? "open" : "words"; }

}  // namespace

Completion complete(const Program& program, const std::vector<std::string>& words) {
  if (words.size() > 1) {
    const auto command = std::ranges::find(program.commands, words.front(), &Command::name);
    if (command == program.commands.end()) return {};
    return complete_parameters(program, command->parameters, {words.begin() + 1, words.end()});
  }
  const std::string begun = words.empty() ? "" : words.front();
  if (begun.starts_with('-')) return option_names(program.options, begun);
  return {Kind::words, starting_with(begun, command_names(program))};
}

// What the shells' scripts call: the kind on the first line, then a candidate and its meaning, parted by a tab, a line.
void add_complete(CLI::App& app, Shell& shell) {
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* sub = app.add_subcommand("complete", "words for the shell's completion; `completion` prints its script");
  sub->group("");  // hidden
  sub->add_option("words", *words, "the command line without the program's name, up to the cursor");
  sub->callback([&app, &shell, words] {
    shell.action = [&app, words] {
      const Completion completion = complete(read_command_tree(app), *words);
      std::cout << kind_name(completion.kind) << '\n';
      for (const Candidate& candidate : completion.candidates)
        std::cout << fmt::format("{}\t{}\n", candidate.word, candidate.meaning);
      return ExitCode::ok;
    };
  });
}

}  // namespace attnscope::harness::cli
