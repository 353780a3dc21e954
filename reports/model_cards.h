// Model cards: what a variant is, whose it is and what the survey says of it, from data/models.json.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attnscope::reports {

struct ModelCard {
  std::string name;  // as in the registry and in records
  std::string title, authors, arxiv;
  int year = 0;
  std::string survey_class, complexity;  // Table 1 of arXiv 2009.06732
  bool decode = false;
  std::map<std::string, std::string> defaults;  // hyper-parameter -> default
  std::string summary;
};

// Throws FileError (jsonl.h) naming the file, the card and what is wrong with it.
std::vector<ModelCard> read_model_cards(const std::filesystem::path& path);
// Those of the first data directory that has them; none when there are none or they cannot be read: cards are an extra.
std::vector<ModelCard> find_model_cards();
// nullptr when there is no such card.
const ModelCard* find_card(std::span<const ModelCard> cards, std::string_view name);

}  // namespace attnscope::reports
