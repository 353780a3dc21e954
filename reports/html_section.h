// The part of a page about one setting: figures, exponents, crossovers and Pareto front.
#pragma once

#include <span>
#include <string>

#include "reports/model_cards.h"
#include "reports/run_analysis.h"

namespace attnscope::reports {

// "<section id="setting-NUMBER">…</section>".
std::string html_section(const Setting& setting, std::span<const ModelCard> cards, std::size_t number);

}  // namespace attnscope::reports
