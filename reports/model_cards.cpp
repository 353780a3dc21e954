#include "reports/model_cards.h"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "reports/data_directories.h"
#include "reports/jsonl.h"

namespace attnscope::reports {

namespace {

ModelCard card_from_json(const nlohmann::json& object) {
  ModelCard card;
  object.at("name").get_to(card.name);
  object.at("title").get_to(card.title);
  object.at("authors").get_to(card.authors);
  object.at("year").get_to(card.year);
  object.at("arxiv").get_to(card.arxiv);
  object.at("survey_class").get_to(card.survey_class);
  object.at("complexity").get_to(card.complexity);
  object.at("decode").get_to(card.decode);
  object.at("summary").get_to(card.summary);
  if (object.contains("defaults")) object["defaults"].get_to(card.defaults);
  return card;
}

}  // namespace

std::vector<ModelCard> read_model_cards(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw FileError(fmt::format("{}: cannot be opened; expected the model cards", path.string()));
  std::vector<ModelCard> cards;
  try {
    const nlohmann::json root = nlohmann::json::parse(file);
    for (const nlohmann::json& object : root.at("models")) cards.push_back(card_from_json(object));
  } catch (const nlohmann::json::exception& error) {
    throw FileError(fmt::format("{}: card {}: {}", path.string(), cards.size() + 1, error.what()));
  }
  return cards;
}

std::vector<ModelCard> find_model_cards() {
  for (const std::filesystem::path& directory : data_directories()) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(directory / "models.json", error)) continue;
    try {
      return read_model_cards(directory / "models.json");
    } catch (const FileError&) {
      return {};
    }
  }
  return {};
}

const ModelCard* find_card(std::span<const ModelCard> cards, std::string_view name) {
  const auto card = std::ranges::find(cards, name, &ModelCard::name);
  return card != cards.end() ? &*card : nullptr;
}

}  // namespace attnscope::reports
