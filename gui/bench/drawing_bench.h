// What drawing costs: frames of a hover, steps of a zoom, a large cloud.
#pragma once

namespace attnscope::gui::bench {

// Medians, in milliseconds of wall time.
struct DrawingTimes {
  double hover_ms = 0;    // a frame while the pointer moves, 60 series of 20 points with bands
  double gesture_ms = 0;  // a step while the wheel turns: lines only
  double zoom_ms = 0;     // the whole picture of the same, bands included
  double sharp_ms = 0;    // the same at two device pixels a pixel
  double scatter_ms = 0;  // 100,000 points
};

// Needs an application object.
DrawingTimes measure_drawing(int repeat);

}  // namespace attnscope::gui::bench
