// All mouse gestures and keys of the window, made from its actions (F1).
#pragma once

class QWidget;

namespace attnscope::gui::widgets {

// Opens the sheet above the window, without blocking it; deletes itself when closed.
void show_shortcut_sheet(QWidget* window);

}  // namespace attnscope::gui::widgets
