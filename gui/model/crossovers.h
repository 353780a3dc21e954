// From which length on one series is cheaper than another, for any pair that can be compared: reports/crossover.h on
// the viewer's series and metrics.
#pragma once

#include <QString>
#include <span>
#include <vector>

#include "gui/model/metric.h"
#include "gui/model/series.h"
#include "reports/crossover.h"

namespace attnscope::gui::model {

// The costs of a series by length, of a metric where high is good their reciprocals. Of several cases at one length the
// last measured counts; cases that failed validation are left out, those without a value are the holes.
reports::Curve cost_curve(const Series& series, const Metric& metric);

// Same run and everything else but the variant and its parameters, at each length that both have; only then does it
// mean something which is cheaper.
bool are_comparable(const Series& a, const Series& b);

// Of a crossing, which is rarely a whole power of two: "453", "2.1k".
QString length_text(double n);

// In short, where `a` is cheaper: "all", "≥453", "<2.1k", "–" for nowhere, "…" for changes to and fro; "?" follows what
// most but not 95 % of the resamples show. "≥16k M": not because it is cheaper, but because `b` drops out from there on
// (M memory, T timed out, C crashed); "<16k M" because `a` does.
QString short_text(const reports::Crossover& crossover);
// The same in words, with intervals.
QString long_text(const reports::Crossover& crossover, const QString& a, const QString& b);

// False when nothing is known of the pair.
bool is_decided(const reports::Crossover& crossover);

// Share of the lengths, on a logarithmic axis, on which `a` is cheaper or the only one that has not dropped out. Of a
// decided pair.
double share_cheaper(const reports::Crossover& crossover);

// Ranges of measured lengths on which `a` is cheaper.
std::vector<plot::Range> ranges_cheaper(const reports::Crossover& crossover);

}  // namespace attnscope::gui::model
