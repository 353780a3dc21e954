// What a number on an axis counts, and how it reads: engineering units for people.
#pragma once

#include <QString>

namespace attnscope::gui::plot {

enum class Quantity {
  plain,       // 0.25
  count,       // 512, 1k (= 1024), 4k, 1M: sequence lengths
  time_ns,     // 1.25 ms; above 1000 s in min, h, d
  bytes,       // 3.5 GiB
  flop,        // 12.9 GFLOP
  per_second,  // 12.9k (decimal): a rate whose unit stands in the axis title
  ratio,       // 1.42×
};

// Three significant digits: "1.25 ms".
QString format_quantity(Quantity quantity, double value);

// The unit that raw values are in: "ns"; "" for numbers without one.
QString unit_of(Quantity quantity);

// As short as it can be: "1 ms", "2.5 GiB", for tick labels.
QString format_tick(Quantity quantity, double value);

}  // namespace attnscope::gui::plot
