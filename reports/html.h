// A run as one page that stands alone: environment, tables, figures and what follows from them. No script, no network.
#pragma once

#include <span>
#include <string>

#include "reports/model_cards.h"
#include "reports/record.h"

namespace attnscope::reports {

// The page of `records`, which are some or all of `run`'s; the run gives environment and file name. Cards give the
// survey's claim beside each measured exponent; without a card the cell says so. HTML5 that is also well-formed XML.
std::string to_html(const Run& run, std::span<const Record> records, std::span<const ModelCard> cards);

}  // namespace attnscope::reports
