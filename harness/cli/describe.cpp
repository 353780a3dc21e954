#include <array>
#include <fmt/format.h>
#include <iostream>
#include <nlohmann/json.hpp>

#include "harness/cli/shell.h"
#include "harness/cli/text_table.h"
#include "harness/plan/axes.h"
#include "harness/plan/selection.h"
#include "reports/model_cards.h"
#include "suite/attention/registry.h"
#include "suite/attention/session.h"
#include "suite/backends/backends.h"

namespace attnscope::harness::cli {

namespace {

using attention::Problem;
using attention::Scope;
using attention::Variant;
using ops::ArgumentSpec;

struct DescribeOptions {
  std::string variant;
  bool json = false;
};

std::vector<ArgumentSpec> arguments_at(const Variant& variant, const Problem& problem) {
  return attention::predict(variant, problem, *backends::make_reference()).arguments;
}

// Two problems in which no two symbols have the same value, so that an extent tells which symbol it is.
constexpr std::array probes{
    Problem{.scope = Scope::core, .batch = 2, .heads = 3, .seq_len = 1040, .head_dim = 20},
    Problem{.scope = Scope::core, .batch = 5, .heads = 4, .seq_len = 1560, .head_dim = 28},
};

std::string symbol(std::int64_t first, std::int64_t second) {
  struct Symbol {
    const char* name;
    std::int64_t (*value)(const Problem&);
  };
  static constexpr std::array<Symbol, 5> symbols{{{"B", [](const Problem& p) { return p.batch; }},
                                                  {"H", [](const Problem& p) { return p.heads; }},
                                                  {"N", [](const Problem& p) { return p.seq_len; }},
                                                  {"D", [](const Problem& p) { return p.head_dim; }},
                                                  {"E", [](const Problem& p) { return p.model_dim(); }}}};
  for (const Symbol& s : symbols) {
    if (s.value(probes[0]) == first && s.value(probes[1]) == second) return s.name;
  }
  return first == second ? std::to_string(first) : "?";
}

// "[B, H, N, D]"; "" when it cannot be told by symbols.
std::string symbolic_shape(const tensor::Shape& first, const tensor::Shape& second) {
  std::string text;
  for (int axis = 0; axis < first.rank() && axis < second.rank(); ++axis) {
    text += (axis > 0 ? ", " : "") + symbol(first[axis], second[axis]);
  }
  return text.find('?') == std::string::npos ? "[" + text + "]" : "";
}

nlohmann::json describe_arguments(const Variant& variant, Scope scope) {
  const Problem problem = variant.supported({.scope = scope});
  nlohmann::json list = nlohmann::json::array();
  if (variant.refusal(problem)) return list;
  std::array<std::vector<ArgumentSpec>, 2> probed;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    Problem probe = probes[i];
    probe.scope = scope;
    probe.causal = problem.causal;
    if (!variant.refusal(probe)) probed[i] = arguments_at(variant, probe);
  }
  const auto specs = arguments_at(variant, problem);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const bool known = i < probed[0].size() && i < probed[1].size();
    list.push_back({{"name", specs[i].name},
                    {"role", to_string(specs[i].role)},
                    {"shape", known ? symbolic_shape(probed[0][i].shape, probed[1][i].shape) : ""},
                    {"shape_at_default", specs[i].shape.extents()},
                    {"initializer", specs[i].initializer}});
  }
  return list;
}

// What the model card says in a few sentences; "" where no card is found.
std::string summary_of(const std::string& name) {
  const std::vector<reports::ModelCard> cards = reports::find_model_cards();
  const reports::ModelCard* card = reports::find_card(cards, name);
  return card != nullptr ? card->summary : std::string{};
}

// Which values of the axes the variant refuses where all else is as it needs it, and why.
nlohmann::json refusals_of(const Variant& variant) {
  nlohmann::json list = nlohmann::json::array();
  const auto probe = [&](const char* axis, const std::string& value, const Problem& problem) {
    if (const auto reason = variant.refusal(problem))
      list.push_back({{"axis", axis}, {"value", value}, {"reason", *reason}});
  };
  for (const std::string& word : plan::find_axis("mode").words)
    probe("mode", word, variant.supported({.mode = attention::mode_from_string(word).value()}));
  for (const std::string& word : plan::find_axis("scope").words)
    probe("scope", word, variant.supported({.scope = attention::scope_from_string(word).value()}));
  for (const bool causal : {false, true}) {
    Problem problem;
    problem.causal = causal;
    probe("causal", causal ? "1" : "0", problem);
  }
  return list;
}

nlohmann::json description_of(const std::string& name) {
  const auto variant = attention::make_variant(name);
  const attention::VariantInfo info = variant->info();
  Problem causal;
  causal.causal = true;
  const auto causal_reason = variant->refusal(causal);
  nlohmann::json options = nlohmann::json::array();
  for (const attention::OptionBase* option : variant->options().all()) {
    const attention::OptionInfo& o = option->info();
    options.push_back(
        {{"name", o.name}, {"type", o.type}, {"default", o.default_value}, {"range", o.range}, {"meaning", o.meaning}});
  }
  return {{"name", info.name},
          {"title", info.title},
          {"summary", summary_of(name)},
          {"citation", {{"authors", info.authors}, {"year", info.year}, {"arxiv", info.arxiv}}},
          {"survey_class", info.survey_class},
          {"family", info.family},
          {"complexity", info.complexity},
          {"decode", info.decode},
          {"exact", info.exact},
          {"peer", info.peer},
          {"causal", !causal_reason},
          {"causal_reason", causal_reason.value_or("")},
          {"refusals", refusals_of(*variant)},
          {"hyper_parameters", options},
          {"arguments",
           {{"core", describe_arguments(*variant, Scope::core)},
            {"layer", describe_arguments(*variant, Scope::layer)},
            {"block", describe_arguments(*variant, Scope::block)}}}};
}

void write_text(const nlohmann::json& d) {
  const auto text = [](const nlohmann::json& value) { return value.get<std::string>(); };
  const auto& citation = d["citation"];
  std::cout << fmt::format("{} ({})\n", text(d["title"]), text(d["name"]));
  std::cout << fmt::format("{}, {}{}\n", text(citation["authors"]), citation["year"].get<int>(),
                           text(citation["arxiv"]).empty() ? "" : ", arXiv " + text(citation["arxiv"]));
  std::cout << fmt::format("class {}, family {}, claimed complexity {}, causal: {}\n", text(d["survey_class"]),
                           text(d["family"]), text(d["complexity"]),
                           d["causal"].get<bool>() ? "yes" : "no (" + text(d["causal_reason"]) + ")");
  if (!text(d["summary"]).empty()) std::cout << text(d["summary"]) << '\n';
  if (!d["hyper_parameters"].empty()) {
    std::cout << "\nHyper-parameters (-P " << text(d["name"]) << ".NAME=VALUE)\n";
    TextTable table({"name", "default", "range", "meaning"});
    for (const auto& o : d["hyper_parameters"])
      table.add({text(o["name"]), text(o["default"]), text(o["range"]), text(o["meaning"])});
    table.write(std::cout);
  }
  for (const char* scope : {"core", "layer", "block"}) {
    std::cout << "\nInputs and parameters, scope " << scope << "\n";
    TextTable table({"name", "role", "shape", "at B=1 H=8 N=1024 D=64", "initialiser"});
    for (const auto& a : d["arguments"][scope]) {
      table.add(
          {text(a["name"]), text(a["role"]), text(a["shape"]), a["shape_at_default"].dump(), text(a["initializer"])});
    }
    table.write(std::cout);
  }
}

ExitCode describe(const DescribeOptions& options, const Shell&) {
  const auto names = plan::select_variants({options.variant});
  nlohmann::json descriptions = nlohmann::json::array();
  for (const std::string& name : names) descriptions.push_back(description_of(name));
  if (options.json) {
    std::cout << (names.size() == 1 ? descriptions.front() : descriptions).dump(2) << '\n';
    return ExitCode::ok;
  }
  for (const nlohmann::json& description : descriptions) {
    if (&description != &descriptions.front()) std::cout << '\n';
    write_text(description);
  }
  return ExitCode::ok;
}

}  // namespace

void add_describe(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<DescribeOptions>();
  CLI::App* sub = add_subcommand<DescribeOptions>(
      app, shell, "describe", "a variant's source, hyper-parameters, inputs and parameters", options, describe);
  sub->add_option("variant", options->variant, "its name; of several, such as all or 'lin*', JSON is an array")
      ->required()
      ->type_name("VARIANT");
  sub->add_flag("--json", options->json, "as JSON");
}

}  // namespace attnscope::harness::cli
