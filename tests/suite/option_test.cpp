#include "suite/attention/option.h"

#include <gtest/gtest.h>

namespace attnscope::attention {
namespace {

struct Example {
  OptionList list;
  Option<std::int64_t> window{list, "window", 256, at_least<std::int64_t>(0), "keys on each side"};
  Option<double> epsilon{list, "epsilon", 1e-6, {0, 1}, "added to the denominator"};
  Option<bool> bias{list, "bias", false, "biases"};
  Choice sharing{list, "sharing", "headwise", {"none", "headwise"}, "who shares"};
  IntegerList dilation{list, "dilation", {1}, at_least<std::int64_t>(1), "steps"};
};

std::string error_of(OptionList& list, std::string_view name, std::string_view value) {
  try {
    list.set(name, value);
  } catch (const OptionError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Options, KeepDefaultsAndTakeTexts) {
  Example example;
  EXPECT_EQ(example.list.text(), "window=256;epsilon=1e-06;bias=false;sharing=headwise;dilation=1");
  example.list.set("window", "8");
  example.list.set("epsilon", "0.5");
  example.list.set("bias", "true");
  example.list.set("sharing", "none");
  example.list.set("dilation", "1+2+4");
  EXPECT_EQ(example.window, 8);
  EXPECT_EQ(example.epsilon, 0.5);
  EXPECT_TRUE(example.bias);
  EXPECT_TRUE(example.sharing.is("none"));
  EXPECT_EQ(example.dilation.values(), (std::vector<std::int64_t>{1, 2, 4}));
  EXPECT_EQ(example.list.text(), "window=8;epsilon=0.5;bias=true;sharing=none;dilation=1+2+4");
  EXPECT_EQ(example.window.info().default_value, "256") << "the default is what describe prints, whatever is set";
}

TEST(Options, SayWhatWasGivenAndWhatIsAllowed) {
  Example example;
  EXPECT_EQ(error_of(example.list, "window", "-1"), "window: got -1, expected a whole number >= 0");
  EXPECT_EQ(error_of(example.list, "window", "8x"), "window: got '8x', expected a whole number >= 0");
  EXPECT_EQ(error_of(example.list, "window", ""), "window: got '', expected a whole number >= 0");
  EXPECT_EQ(error_of(example.list, "epsilon", "2"), "epsilon: got 2, expected a number from 0 to 1");
  EXPECT_EQ(error_of(example.list, "epsilon", "nan"), "epsilon: got nan, expected a number from 0 to 1");
  EXPECT_EQ(error_of(example.list, "bias", "yes"), "bias: got 'yes', expected true or false");
  EXPECT_EQ(error_of(example.list, "sharing", "all"), "sharing: got 'all', expected one of none, headwise");
  EXPECT_EQ(error_of(example.list, "dilation", "1+0"),
            "dilation: got 0, expected a list of whole numbers >= 1, joined by +");
  EXPECT_EQ(error_of(example.list, "windw", "1"),
            "no option 'windw'; there are window, epsilon, bias, sharing, dilation");
  EXPECT_EQ(example.list.text(), "window=256;epsilon=1e-06;bias=false;sharing=headwise;dilation=1")
      << "a refused value changes nothing";
}

}  // namespace
}  // namespace attnscope::attention
