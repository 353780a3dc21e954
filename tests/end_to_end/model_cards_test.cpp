// The data that is shipped: cards that say the same as the registry, and a sample run.
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>

#include "reports/jsonl.h"
#include "suite/attention/registry.h"

namespace attnscope::end_to_end {
namespace {

TEST(ModelCards, AgreeWithTheRegistry) {
  std::ifstream in(ATTNSCOPE_DATA_DIRECTORY "/models.json");
  const auto root = nlohmann::json::parse(in);
  std::map<std::string, nlohmann::json> cards;
  for (const auto& card : root.at("models")) cards[card.at("name")] = card;
  EXPECT_EQ(cards.size(), attention::variant_names().size());
  for (const std::string& name : attention::variant_names()) {
    const auto info = attention::make_variant(name)->info();
    ASSERT_TRUE(cards.contains(name)) << name;
    const auto& card = cards.at(name);
    EXPECT_EQ(card.at("title"), info.title);
    EXPECT_EQ(card.at("authors"), info.authors);
    EXPECT_EQ(card.at("year"), info.year);
    EXPECT_EQ(card.at("arxiv"), info.arxiv);
    EXPECT_EQ(card.at("survey_class"), info.survey_class);
    EXPECT_EQ(card.at("complexity"), info.complexity);
    EXPECT_EQ(card.at("decode"), info.decode);
    EXPECT_GT(card.at("summary").get<std::string>().size(), 40u);
  }
}

// The sample that the viewer's documentation opens: a real run, whole, in which predictions came true.
TEST(SampleRun, IsReadableAndWhole) {
  const reports::LoadedRun loaded = reports::load_jsonl(ATTNSCOPE_DATA_DIRECTORY "/samples/two-core-epyc.jsonl");
  EXPECT_TRUE(loaded.issues.empty());
  EXPECT_EQ(loaded.run.records.size(), 190u);
  for (const reports::Record& record : loaded.run.records) {
    EXPECT_TRUE(reports::has_measurement(record.status)) << record.case_key;
    EXPECT_EQ(record.peak_memory_bytes, record.peak_memory_predicted_bytes) << record.case_key;
  }
}

}  // namespace
}  // namespace attnscope::end_to_end
