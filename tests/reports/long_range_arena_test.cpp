#include "reports/long_range_arena.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/jsonl.h"
#include "reports/model_cards.h"
#include "tests/reports/support.h"

namespace attnscope::reports {
namespace {

using ::testing::HasSubstr;

constexpr const char* two_models = R"json({"source": "paper", "note": "",
  "tasks": [{"id": "lra-text", "name": "Text"}, {"id": "lra-image", "name": "Image"}],
  "models": [{"name": "Transformer", "variants": ["softmax", "flash"], "accuracy": [60, 40]},
             {"name": "Local", "variants": [], "accuracy": [50, 45]}]})json";

TEST(LongRangeArena, IsRead) {
  const testing::TemporaryDirectory directory;
  testing::write_text(directory.file("lra.json"), two_models);
  const LongRangeArena arena = read_long_range_arena(directory.file("lra.json"));
  EXPECT_EQ(arena.accuracy("flash", "lra-image"), 40);
  EXPECT_EQ(arena.accuracy("softmax", lra_average), 50);
  EXPECT_EQ(arena.accuracy("performer", "lra-image"), std::nullopt);
  EXPECT_EQ(arena.accuracy("softmax", "lra-path-x"), std::nullopt);
  EXPECT_EQ(arena.task_name("lra-text"), "Text");
  EXPECT_EQ(arena.task_name(lra_average), "average");
  EXPECT_TRUE(arena.has_task(lra_average));
  EXPECT_FALSE(LongRangeArena().has_task(lra_average));
}

TEST(LongRangeArena, ThatIsDamagedIsNamed) {
  const testing::TemporaryDirectory directory;
  const auto path = directory.file("lra.json");
  const auto message = [&] { return testing::message_of<FileError>([&] { read_long_range_arena(path); }); };
  EXPECT_THAT(message(), HasSubstr("lra.json: cannot be opened"));
  testing::write_text(path, R"({"source": "", "note": "", "tasks": [{"id": "a", "name": "A"}],
                               "models": [{"name": "M", "variants": [], "accuracy": [1, 2]}]})");
  EXPECT_THAT(message(), HasSubstr("model 1: 2 accuracies; expected 1"));
  testing::write_text(path, R"({"source": "", "note": "", "tasks": [{"id": "a", "name": "A"}],
                               "models": [{"name": "M", "variants": [], "accuracy": [101]}]})");
  EXPECT_THAT(message(), HasSubstr("accuracy 101; expected 0 to 100"));
  testing::write_text(path, "{");
  EXPECT_THAT(message(), HasSubstr("lra.json"));
}

// The averages that the paper prints beside the columns: a slip in copying one of them would show.
TEST(LongRangeArena, OfTheDataDirectoryAgreesWithThePrintedAverages) {
  const LongRangeArena arena = find_long_range_arena();
  const std::vector<std::pair<const char*, double>> printed{
      {"softmax", 54.39},   {"sparse_transformer", 51.24}, {"longformer", 53.46},
      {"linformer", 51.36}, {"reformer", 50.67},           {"synthesizer", 52.88},
      {"bigbird", 55.01},   {"linear_transformer", 50.55}, {"performer", 51.41}};
  for (const auto& [variant, average] : printed) {
    ASSERT_TRUE(arena.accuracy(variant, lra_average)) << variant;
    EXPECT_NEAR(*arena.accuracy(variant, lra_average), average, 0.0051) << variant;
  }
  EXPECT_NEAR(*arena.accuracy("sinkhorn", lra_average), 51.48, 0.0051) << "printed: 51.39";
  EXPECT_EQ(arena.models.size(), 11u);
  const auto cards = find_model_cards();
  for (const auto& model : arena.models) {
    for (const std::string& variant : model.variants) EXPECT_NE(find_card(cards, variant), nullptr) << variant;
  }
}

}  // namespace
}  // namespace attnscope::reports
