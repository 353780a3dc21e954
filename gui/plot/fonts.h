// The font that plots fall back to on machines without any: DejaVu Sans, bundled as a resource when the build found it.
#pragma once

#include <QString>

namespace attnscope::gui::plot {

// Registers the bundled font and returns its family; "" when the build has none.
QString bundled_font_family();

// Makes the bundled font the application's when the system offers no font at all (text would be boxes).
void ensure_usable_font();

// Makes the bundled font the application's in any case, so that a figure looks the same on every machine.
void use_bundled_font();

}  // namespace attnscope::gui::plot
