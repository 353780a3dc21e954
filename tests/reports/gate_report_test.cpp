#include "reports/gate_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "reports/xml_text.h"
#include "tests/reports/timed_records.h"

namespace attnscope::reports {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::timed_record;

// One larger case, one new case with a name that every format must escape, one that stays the same.
struct Sample {
  std::vector<Record> base{timed_record("a", {1}), timed_record("b", {1})};
  std::vector<Record> other{base[0], base[1], timed_record("<n&w> \"|\x01\"", {1})};
  GateReport report;

  Sample() {
    ++*other[0].peak_memory_bytes;
    const Column& memory = *find_column("peak_memory_bytes");
    const Policy policy{.rules = {{"memory", &memory, 0, 0.99, Direction::higher}}, .waivers = {}, .confirm = 0};
    report = {{"old", "new"}, {{"compiler", {"GNU 12", "GNU 13"}, false}}, evaluate(policy, base, other), {"a note"}};
  }
};

std::string text_of(const GateReport& report, TableStyle style) {
  std::ostringstream out;
  write_gate(out, report, style);
  return out.str();
}

TEST(GateReport, TellsPeopleWhatFailed) {
  const Sample sample;
  const std::string terminal = text_of(sample.report, TableStyle::terminal);
  EXPECT_THAT(terminal, HasSubstr("gate FAILED: 1 regression, 1 new, 1 same\n"));
  EXPECT_THAT(terminal, AllOf(HasSubstr("compiler"), HasSubstr("GNU 13"), HasSubstr("1048576 → 1048577 (+1)")));
  EXPECT_LT(terminal.find("GNU 13"), terminal.find("1048577")) << "what differs around comes first";
  EXPECT_THAT(terminal, AllOf(Not(HasSubstr("\x01")), HasSubstr("a note")));
  const std::string markdown = text_of(sample.report, TableStyle::markdown);
  EXPECT_THAT(markdown, AllOf(HasSubstr("**Performance gate: FAILED**"), HasSubstr("\\<n&w\\> \"\\|")));
}

TEST(GateReport, TellsProgramsEverything) {
  const Sample sample;
  const nlohmann::json json = to_json(sample.report);
  EXPECT_EQ(json.at("passed"), false);
  EXPECT_EQ(json.at("counts").at("regression"), 1);
  ASSERT_EQ(json.at("findings").size(), 3u);
  const auto& finding = json.at("findings").at(1);
  EXPECT_EQ(finding.at("outcome"), "regression");
  EXPECT_EQ(finding.at("metric"), "peak_memory_bytes");
  EXPECT_EQ(finding.at("base"), 1048576);
  EXPECT_EQ(finding.at("other"), 1048577);
}

TEST(GateReport, SpeaksJUnit) {
  const Sample sample;
  std::ostringstream out;
  write_junit(out, sample.report);
  EXPECT_EQ(out.str(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"attnscope gate\" tests=\"3\" failures=\"1\">\n"
            "  <testsuite name=\"memory\" tests=\"2\" failures=\"1\" skipped=\"0\">\n"
            "    <testcase classname=\"memory\" name=\"a\">\n"
            "      <failure message=\"ratio 1 + 1e-06, interval exact: 1048576 → 1048577 (+1)\" type=\"regression\"/>\n"
            "    </testcase>\n"
            "    <testcase classname=\"memory\" name=\"b\"/>\n"
            "  </testsuite>\n"
            "  <testsuite name=\"status\" tests=\"1\" failures=\"0\" skipped=\"0\">\n"
            "    <testcase classname=\"status\" name=\"&lt;n&amp;w&gt; &quot;|\xEF\xBF\xBD&quot;\"/>\n"
            "  </testsuite>\n"
            "</testsuites>\n");
}

TEST(XmlText, KeepsWhatXmlCanHold) {
  EXPECT_EQ(xml_escaped("a<b>&\"'c"), "a&lt;b&gt;&amp;&quot;&apos;c");
  EXPECT_EQ(xml_escaped("tab\tline\nend\r"), "tab&#9;line&#10;end&#13;");
  EXPECT_EQ(xml_escaped("ä→𝄞"), "ä→𝄞");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(xml_escaped(std::string("a\0b", 3)), "a" + bad + "b");
  EXPECT_EQ(xml_escaped("\x1b[31m"), bad + "[31m");
  EXPECT_EQ(xml_escaped("\xC3("), bad + "(") << "a cut character";
  EXPECT_EQ(xml_escaped("\xC0\xAF"), bad + bad) << "an overlong one";
  EXPECT_EQ(xml_escaped("\xED\xA0\x80"), bad + bad + bad) << "half a surrogate pair";
  EXPECT_EQ(xml_escaped("\xEF\xBF\xBF"), bad) << "no XML character";
}

}  // namespace
}  // namespace attnscope::reports
