// A scene as text, one fact a line, for comparing with what is expected.
#pragma once

#include <QStringList>

#include "gui/plot/scene.h"

namespace attnscope::gui::testing {

QStringList dump(const plot::PlotScene& scene);

}  // namespace attnscope::gui::testing
