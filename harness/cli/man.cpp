#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <map>

#include "harness/cli/manual_page.h"
#include "harness/cli/shell.h"
#include "reports/whole_file.h"

namespace attnscope::harness::cli {

namespace {

struct ManOptions {
  std::string page, directory;
};

// All pages by the name of their subcommand; the program's own is "attnscope".
std::map<std::string, std::string> all_pages(const CLI::App& app) {
  const Program program = read_command_tree(app);
  std::map<std::string, std::string> pages{{program.name, program_page(program)}};
  for (const Command& command : program.commands) pages[command.name] = command_page(program, command);
  return pages;
}

ExitCode write_pages(const std::map<std::string, std::string>& pages, const std::filesystem::path& directory,
                     const Shell& shell) {
  for (const auto& [name, text] : pages) {
    const std::string file = name == "attnscope" ? "attnscope.1" : fmt::format("attnscope-{}.1", name);
    reports::write_whole_file(directory / file, text, reports::Existing::replace);
  }
  shell.note(fmt::format("{} pages in {}", pages.size(), directory.string()));
  return ExitCode::ok;
}

ExitCode man(const CLI::App& app, const ManOptions& options, const Shell& shell) {
  std::map<std::string, std::string> pages = all_pages(app);
  if (!options.page.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, text] : pages) names.push_back(name);
    if (!pages.contains(options.page)) throw unknown_name("page", options.page, names);
    pages = {{options.page, pages.at(options.page)}};
  }
  if (!options.directory.empty()) return write_pages(pages, options.directory, shell);
  std::cout << pages.at(options.page.empty() ? "attnscope" : options.page);
  return ExitCode::ok;
}

}  // namespace

void add_man(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<ManOptions>();
  CLI::App* sub =
      add_subcommand<ManOptions>(app, shell, "man", "manual pages, as troff", options,
                                 [&app](const ManOptions& given, const Shell& s) { return man(app, given, s); });
  sub->add_option("page", options->page, "a subcommand (default: attnscope itself; with -o, all pages)")
      ->type_name("SUBCOMMAND");
  sub->add_option("-o,--output", options->directory, "directory to write the pages to, by the names man looks for")
      ->type_name("DIR");
}

}  // namespace attnscope::harness::cli
