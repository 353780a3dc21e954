#include "harness/cli/manual_page.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>

namespace attnscope::harness::cli {

namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", troff_escaped(text)); }
std::string italic(std::string_view text) { return fmt::format("\\fI{}\\fR", troff_escaped(text)); }

// A line of text starts with \& where its first character would otherwise make it a request.
std::string line(const std::string& text) {
  const bool request = text.starts_with('.') || text.starts_with('\'');
  return (request ? "\\&" : "") + text + "\n";
}

std::string heading(const Program& program, const std::string& title) {
  return fmt::format(".TH \"{}\" \"1\" \"\" \"{} {}\" \"User Commands\"\n", troff_escaped(upper(title)),
                     troff_escaped(program.name), troff_escaped(program.version));
}

std::string item(const Parameter& parameter) {
  std::string names;
  for (const std::string& name : parameter.names) {
    names += (names.empty() ? "" : ", ") + (parameter.positional ? italic(name) : bold(name));
  }
  if (!parameter.value.empty()) names += " " + italic(parameter.value);
  std::string meaning = troff_escaped(parameter.meaning);
  if (parameter.required && !parameter.positional) meaning += " (required)";
  return ".TP\n" + line(names) + line(meaning);
}

std::string items(const std::vector<Parameter>& parameters, bool positional) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    if (parameter.positional == positional) text += item(parameter);
  }
  return text;
}

std::string synopsis(const Command& command) {
  std::string text = bold("attnscope") + " " + bold(command.name) + " [" + italic("options") + "]";
  for (const Parameter& parameter : command.parameters) {
    if (parameter.positional) {
      const std::string name = italic(parameter.names.front()) + (parameter.repeatable ? " ..." : "");
      text += parameter.required ? " " + name : " [" + name + "]";
    } else if (parameter.required) {
      text += " " + bold(parameter.names.front()) + " " + italic(parameter.value);
    }
  }
  return line(text);
}

// Takes one character of UTF-8 off the text; troff reads one byte a character, so others are spelt \[u2026].
std::string next_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view bytes = text.substr(0, length);
  text.remove_prefix(bytes.size());
  if (length == 1) return std::string(bytes);
  unsigned code = lead & (0x7Fu >> length);
  for (const char byte : bytes.substr(1)) code = code << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
  return fmt::format("\\[u{:04X}]", code);
}

// The contract of harness/errors.h.
struct ExitStatus {
  const char *code, *meaning;
};
constexpr std::array exit_statuses{
    ExitStatus{"0", "what was asked for was done"},
    ExitStatus{"1", "a gate or a verification failed"},
    ExitStatus{"2", "usage: the command line or a file is not what was expected"},
    ExitStatus{"3", "cases were wrong, crashed, timed out or ran out of memory unexpectedly"},
    ExitStatus{"4", "inconclusive"},
    ExitStatus{"5", "the machine, or the machine of a file, is not fit for what was asked"},
    ExitStatus{"6", "nothing matched"},
    ExitStatus{"130, 143", "interrupted, terminated; what was written so far is valid"},
};

std::string exit_status_section() {
  std::string text = ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_statuses) text += ".TP\n" + line(bold(code)) + line(troff_escaped(meaning));
  return text;
}

}  // namespace

std::string troff_escaped(std::string_view text) {
  static const std::map<char, std::string_view> special{{'\\', "\\e"},  {'-', "\\-"},   {'\'', "\\(aq"},
                                                        {'"', "\\(dq"}, {'`', "\\(ga"}, {'\n', " "}};
  std::string escaped;
  while (!text.empty()) {
    if (const auto found = special.find(text.front()); found != special.end()) {
      escaped += found->second;
      text.remove_prefix(1);
    } else {
      escaped += next_character(text);
    }
  }
  return escaped;
}

std::string program_page(const Program& program) {
  std::string text = heading(program, program.name);
  text += ".SH NAME\n" + line(fmt::format("{} \\- measures efficient\\-Transformer attention", program.name));
  text += ".SH SYNOPSIS\n" + line(bold(program.name) + " " + italic("subcommand") + " [" + italic("options") + "]");
  text += ".SH DESCRIPTION\n" + line(troff_escaped(program.meaning));
  text += line(troff_escaped("Standard output is data, standard error is progress and messages."));
  text += ".SH SUBCOMMANDS\n";
  for (const Command& command : program.commands)
    text += ".TP\n" + line(bold(command.name)) + line(troff_escaped(command.meaning));
  text += ".SH OPTIONS\n" + items(program.options, false);
  text += exit_status_section();
  text += ".SH ENVIRONMENT\n.TP\n" + line(bold("ATTNSCOPE_DATA")) +
          line("a directory with presets and model cards, looked at first") + ".TP\n" + line(bold("NO_COLOR")) +
          line("when set, no colours on a terminal");
  text += ".SH SEE ALSO\n";
  for (const Command& command : program.commands) {
    text += line(bold(program.name + "-" + command.name) + "(1)" + (&command == &program.commands.back() ? "" : ","));
  }
  return text;
}

std::string command_page(const Program& program, const Command& command) {
  const std::string title = program.name + "-" + command.name;
  std::string text = heading(program, title);
  text += ".SH NAME\n" + line(troff_escaped(title) + " \\- " + troff_escaped(command.meaning));
  text += ".SH SYNOPSIS\n" + synopsis(command);
  const std::string arguments = items(command.parameters, true);
  if (!arguments.empty()) text += ".SH ARGUMENTS\n" + arguments;
  text += ".SH OPTIONS\n" + items(command.parameters, false);
  text += exit_status_section();
  text += ".SH SEE ALSO\n" + line(bold(program.name) + "(1)");
  return text;
}

}  // namespace attnscope::harness::cli
