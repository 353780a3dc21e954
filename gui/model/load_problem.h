// Something that could not be read. The rest of the file, and the other files, are loaded all the same.
#pragma once

#include <QString>

namespace attnscope::gui::model {

struct LoadProblem {
  QString path;
  int line = 0;  // 1-based; 0 when the whole file is meant
  QString message;
  bool is_fatal = false;  // nothing of the file was loaded
  QString text() const;   // "runs/a.jsonl:17: …"
};

}  // namespace attnscope::gui::model
