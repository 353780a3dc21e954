// The numbers of one case, for the inspector.
#pragma once

#include <QString>
#include <vector>

#include "gui/model/run_store.h"

namespace attnscope::gui::model {

struct Detail {
  QString label, value;
  QString explanation;  // what the number means
  bool operator==(const Detail&) const = default;
};

QString details_title(const reports::Record& record);
// In the order of interest; what is not available is left out.
std::vector<Detail> point_details(const LoadedRun& run, const reports::Record& record);

}  // namespace attnscope::gui::model
