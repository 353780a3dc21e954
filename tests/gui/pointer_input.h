// Wheel turns and drops, which QTest does not send.
#pragma once

#include <QStringList>
#include <QWidget>

namespace attnscope::gui::testing {

void turn_wheel(QWidget* widget, QPointF at, int angle, Qt::KeyboardModifiers modifiers = Qt::NoModifier);
// True when the widget accepts the drag.
bool drop_files(QWidget* widget, const QStringList& paths, Qt::KeyboardModifiers modifiers = Qt::NoModifier);

}  // namespace attnscope::gui::testing
