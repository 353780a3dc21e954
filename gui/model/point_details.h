// The numbers of one case, for the inspector.
#pragma once

#include <QString>
#include <QStringList>
#include <span>
#include <vector>

#include "gui/model/run_store.h"
#include "reports/model_cards.h"

namespace attnscope::gui::model {

struct Detail {
  QString label, value;
  QString explanation;  // what the number means
  bool operator==(const Detail&) const = default;
};

QString details_title(const reports::Record& record);
// In the order of interest; what is not available is left out.
std::vector<Detail> point_details(const LoadedRun& run, const reports::Record& record);

// The numbers of several cases side by side: a row for each label that any of them has, a value for each case ("" where
// it has none).
struct DetailRow {
  QString label, explanation;
  QStringList values;
  bool differs() const;
};
struct ComparedCaseKey {
  const LoadedRun* run;
  const reports::Record* record;
};
std::vector<DetailRow> compared_details(std::span<const ComparedCaseKey> cases);

// What the variant is, as rich text: title, authors, year and arXiv number with its link, the survey's class and the
// complexity it claims, and the summary.
QString card_text(const reports::ModelCard& card);

}  // namespace attnscope::gui::model
