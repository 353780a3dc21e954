#include "harness/cli/command_tree.h"

#include "harness/device/build_info.h"
#include "harness/plan/sweep.h"

namespace attnscope::harness::cli {

namespace {

std::vector<Parameter> parameters_of(const CLI::App& app) {
  std::vector<Parameter> parameters;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    Parameter parameter;
    parameter.positional = option->get_positional();
    if (parameter.positional) parameter.names.push_back(option->get_name(true));
    for (const std::string& name : option->get_snames()) parameter.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) parameter.names.push_back("--" + name);
    if (option->get_items_expected_max() > 0) parameter.value = option->get_type_name();
    parameter.meaning = option->get_description();
    parameter.required = option->get_required();
    parameter.repeatable =
        option->get_items_expected_max() > 1 || option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

}  // namespace

Program read_command_tree(const CLI::App& app) {
  Program program{
      app.get_name(), app.get_description(), std::string(device::program_version()), parameters_of(app), {}};
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    if (sub->get_group().empty()) continue;
    program.commands.push_back({sub->get_name(), sub->get_description(), parameters_of(*sub)});
  }
  return program;
}

std::vector<std::string> closed_set(const std::string& value) {
  if (!value.starts_with('{') || !value.ends_with('}')) return {};
  return plan::split(value.substr(1, value.size() - 2), ',');
}

}  // namespace attnscope::harness::cli
