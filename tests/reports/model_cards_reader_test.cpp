#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/jsonl.h"
#include "reports/model_cards.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::HasSubstr;

constexpr const char* one_card = R"json({"models": [{"name": "linformer", "title": "Linformer",
  "authors": "Wang, Li", "year": 2020, "arxiv": "2006.04768", "survey_class": "LR", "complexity": "O(N)",
  "decode": false, "defaults": {"k": "256"}, "summary": "Keys and values are projected."}]})json";

TEST(ModelCards, AreRead) {
  const testing::TemporaryDirectory directory;
  testing::write_text(directory.file("models.json"), one_card);
  const auto cards = read_model_cards(directory.file("models.json"));
  ASSERT_EQ(cards.size(), 1u);
  const ModelCard* card = find_card(cards, "linformer");
  ASSERT_NE(card, nullptr);
  EXPECT_EQ(card->title, "Linformer");
  EXPECT_EQ(card->year, 2020);
  EXPECT_EQ(card->complexity, "O(N)");
  EXPECT_FALSE(card->decode);
  EXPECT_EQ(card->defaults.at("k"), "256");
  EXPECT_EQ(find_card(cards, "linfomer"), nullptr);
}

TEST(ModelCards, ThatAreDamagedAreNamed) {
  const testing::TemporaryDirectory directory;
  const auto path = directory.file("models.json");
  EXPECT_THAT(testing::message_of<FileError>([&] { read_model_cards(path); }),
              HasSubstr("models.json: cannot be opened"));
  testing::write_text(path, R"({"models": [{"name": "linformer"}]})");
  EXPECT_THAT(testing::message_of<FileError>([&] { read_model_cards(path); }), HasSubstr("card 1: "));
  testing::write_text(path, "{\"models\": [");
  EXPECT_THAT(testing::message_of<FileError>([&] { read_model_cards(path); }), HasSubstr("models.json"));
}

TEST(ModelCards, AreFoundInTheDataDirectory) {
  const testing::TemporaryDirectory directory;
  testing::write_text(directory.file("models.json"), one_card);
  ASSERT_EQ(::setenv("ATTNSCOPE_DATA", directory.file("").c_str(), 1), 0);
  EXPECT_EQ(find_model_cards().size(), 1u);
  testing::write_text(directory.file("models.json"), "not JSON");
  EXPECT_TRUE(find_model_cards().empty()) << "damaged cards are no reason to stop";
  ASSERT_EQ(::unsetenv("ATTNSCOPE_DATA"), 0);
  EXPECT_GT(find_model_cards().size(), 1u) << "those of the source tree";
}

}  // namespace
}  // namespace attnscope::reports
