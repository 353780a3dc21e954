// The data that is shipped: cards that say the same as the registry, and a sample run.
#include "reports/model_cards.h"

#include <gtest/gtest.h>
#include <map>

#include "reports/jsonl.h"
#include "suite/attention/registry.h"

namespace attnscope::end_to_end {
namespace {

TEST(ModelCards, AgreeWithTheRegistry) {
  const auto cards = reports::read_model_cards(ATTNSCOPE_DATA_DIRECTORY "/models.json");
  EXPECT_EQ(cards.size(), attention::variant_names().size());
  for (const std::string& name : attention::variant_names()) {
    SCOPED_TRACE(name);
    const auto variant = attention::make_variant(name);
    const auto info = variant->info();
    const reports::ModelCard* card = reports::find_card(cards, name);
    ASSERT_NE(card, nullptr);
    EXPECT_EQ(card->title, info.title);
    EXPECT_EQ(card->authors, info.authors);
    EXPECT_EQ(card->year, info.year);
    EXPECT_EQ(card->arxiv, info.arxiv);
    EXPECT_EQ(card->survey_class, info.survey_class);
    EXPECT_EQ(card->complexity, info.complexity);
    EXPECT_EQ(card->decode, info.decode);
    EXPECT_GT(card->summary.size(), 40u);
    std::map<std::string, std::string> defaults;
    for (const attention::OptionBase* option : variant->options().all())
      defaults[option->info().name] = option->info().default_value;
    EXPECT_EQ(card->defaults, defaults) << "as `attnscope describe " << name << " --json` prints them";
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
