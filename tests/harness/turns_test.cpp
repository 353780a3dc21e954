// Who is measured when, and which case a record is of.
#include "harness/live/turns.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "harness/errors.h"
#include "harness/plan/case.h"

namespace attnscope::harness::live {
namespace {

TEST(Turns, EachProgramRunsOnceAtEachPlaceOfABlock) {
  for (const std::size_t programs : {1, 2, 3, 5}) {
    const auto order = turns(programs, 4 * programs, 7);
    ASSERT_EQ(order.size(), 4 * programs);
    for (std::size_t block = 0; block < 4; ++block) {
      for (std::size_t place = 0; place < programs; ++place) {
        std::set<std::size_t> seen;
        for (std::size_t round = 0; round < programs; ++round) seen.insert(order[block * programs + round][place]);
        EXPECT_EQ(seen.size(), programs);
      }
    }
    for (const auto& round : order) EXPECT_EQ(std::set(round.begin(), round.end()).size(), programs);
  }
}

TEST(Turns, OfTwoAreMirroredInPairs) {
  std::set<std::size_t> first;
  const auto order = turns(2, 40, 1);
  for (std::size_t i = 0; i < 40; i += 2) {
    EXPECT_EQ(order[i], (std::vector{order[i + 1][1], order[i + 1][0]})) << "ABBA";
    first.insert(order[i][0]);
  }
  EXPECT_EQ(first.size(), 2u) << "which one begins is drawn";
  EXPECT_EQ(turns(2, 40, 1), order);
  EXPECT_NE(turns(2, 40, 2), order);
  EXPECT_EQ(turns(2, 3, 1).size(), 3u);
}

TEST(Turns, EachLookDoublesWhatIsKnown) {
  EXPECT_EQ(doubling_looks(160), (std::vector<std::size_t>{10, 20, 40, 80, 160}));
  EXPECT_EQ(doubling_looks(100), (std::vector<std::size_t>{10, 20, 40, 80, 100}));
  EXPECT_EQ(doubling_looks(10), (std::vector<std::size_t>{10}));
  EXPECT_EQ(doubling_looks(3), (std::vector<std::size_t>{3}));
}

}  // namespace
}  // namespace attnscope::harness::live
