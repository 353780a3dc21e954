#include "reports/html.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <map>

#include "reports/html_section.h"
#include "reports/html_table.h"
#include "reports/markdown.h"
#include "reports/markup.h"
#include "reports/run_analysis.h"

namespace attnscope::reports {

namespace {

constexpr std::string_view style_sheet = R"(
:root{color-scheme:light}
body{font:15px/1.5 system-ui,sans-serif;color:#202327;background:#fff;max-width:76rem;margin:0 auto;padding:1rem 1.5rem 4rem}
h1{font-size:1.6rem;margin:.6rem 0}
h2{font-size:1.25rem;margin:2.4rem 0 .4rem;border-top:1px solid #dfe2e6;padding-top:1rem}
h3{font-size:1.05rem;margin:1.6rem 0 .3rem}
p.note,figcaption,caption{color:#5d636b;font-size:.9rem;text-align:left}
div.table{overflow-x:auto}
table{border-collapse:collapse;font-size:.86rem;margin:.5rem 0}
th,td{padding:.22rem .7rem;text-align:left;vertical-align:top;border-bottom:1px solid #eceef1}
thead th{border-bottom:2px solid #7a8088;vertical-align:bottom}
tbody th{font-weight:600;white-space:nowrap}
.number{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
figure{margin:1rem 0}
svg{width:100%;height:auto;max-width:60rem;display:block}
summary{cursor:pointer;font-weight:600}
nav ul{columns:2;padding-left:1.2rem}
)";

std::string text_of(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// "cpu.model" and so on: nested objects as paths, lists in one line.
void add_values(const nlohmann::json& object, const std::string& path, HtmlTable& table) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = path.empty() ? key : path + "." + key;
    if (value.is_object()) {
      add_values(value, name, table);
    } else if (std::string text = text_of(value); !text.empty()) {
      table.add({name, std::move(text)});
    }
  }
}

std::string environments_text(const Run& run) {
  std::string out = "<section id=\"environment\"><h2>Environment</h2>\n";
  if (run.environments.empty()) out += "<p>The file holds no environment record.</p>\n";
  for (const Environment& environment : run.environments) {
    HtmlTable table("Environment " + environment.env_id, {{"name"}, {"value"}});
    add_values(environment.values, "", table);
    out += table.text();
  }
  return out + "</section>\n";
}

std::string status_summary(std::span<const Record> records) {
  std::map<Status, std::size_t> counts;
  for (const Record& record : records) ++counts[record.status];
  std::string text = fmt::format("{} cases", records.size());
  for (const auto& [status, count] : counts) text += fmt::format(", {} {}", count, to_string(status));
  return text;
}

// "AMD EPYC, Debian GNU/Linux 12, 2026-11-25": what the reader wants to know first.
std::string machine_summary(const Run& run) {
  if (run.environments.empty()) return {};
  const nlohmann::json& values = run.environments.front().values;
  std::string text;
  for (const auto* path : {"/cpu/model", "/gpu/name", "/os", "/date"}) {
    const nlohmann::json::json_pointer pointer(path);
    if (!values.contains(pointer) || !values.at(pointer).is_string()) continue;
    const std::string value = values.at(pointer).get<std::string>();
    if (!value.empty()) text += (text.empty() ? "" : ", ") + value;
  }
  return text;
}

std::string time_text(const Record& record) {
  if (!record.time_median_ns) return "";
  std::string text = format_quantity(*record.time_median_ns, Unit::nanoseconds);
  if (record.time_ci_lo_ns && record.time_ci_hi_ns) {
    text += fmt::format(" ({}–{})", format_quantity(*record.time_ci_lo_ns, Unit::nanoseconds),
                        format_quantity(*record.time_ci_hi_ns, Unit::nanoseconds));
  }
  return text;
}

std::string cases_text(std::span<const Record> records) {
  HtmlTable table("Every case of the run, with the 95 % interval of the median time", {{"variant"},
                                                                                       {"mode"},
                                                                                       {"scope"},
                                                                                       {"mask"},
                                                                                       {"n", true},
                                                                                       {"time", true},
                                                                                       {"peak memory", true},
                                                                                       {"FLOPs", true},
                                                                                       {"rate", true},
                                                                                       {"parameters"},
                                                                                       {"status"}});
  const auto quantity = [](const auto& value, Unit unit) {
    return value ? format_quantity(static_cast<double>(*value), unit) : std::string{};
  };
  for (const Record& r : records) {
    std::string status(to_string(r.status));
    if (!r.status_reason.empty()) status += ": " + r.status_reason;
    table.add({r.variant, r.mode, r.scope, r.causal.value_or(0) == 1 ? "causal" : "full",
               quantity(sequence_length(r), Unit::count), time_text(r), quantity(r.peak_memory_bytes, Unit::bytes),
               quantity(r.flops_model, Unit::flop), quantity(r.flop_per_s, Unit::flop_per_second), r.params, status});
  }
  return "<section id=\"cases\"><h2>Cases</h2>\n<details><summary>All " + std::to_string(records.size()) +
         " cases</summary>\n" + table.text() + "</details></section>\n";
}

}  // namespace

std::string to_html(const Run& run, std::span<const Record> records, std::span<const ModelCard> cards) {
  const std::vector<Setting> settings = analyze_settings(records);
  const std::string name = run.path.empty() ? "run" : std::filesystem::path(run.path).filename().string();
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
  out += fmt::format("<title>{}: attention costs</title>\n<style>{}</style>\n</head>\n<body>\n", escape_markup(name),
                     style_sheet);
  out += fmt::format("<header><h1>What attention costs: {}</h1>\n<p>{}</p>\n<p>{}.</p></header>\n", escape_markup(name),
                     escape_markup(machine_summary(run)), escape_markup(status_summary(records)));
  out += "<nav aria-label=\"Contents\"><ul>\n";
  for (std::size_t i = 0; i < settings.size(); ++i) {
    out += fmt::format("<li><a href=\"#setting-{}\">{}</a></li>\n", i + 1, escape_markup(settings[i].title));
  }
  out +=
      "<li><a href=\"#cases\">Cases</a></li>\n<li><a href=\"#environment\">Environment</a></li>\n</ul></nav>\n<main>\n";
  for (std::size_t i = 0; i < settings.size(); ++i) out += html_section(settings[i], cards, i + 1);
  out += cases_text(records);
  out += environments_text(run);
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace attnscope::reports
