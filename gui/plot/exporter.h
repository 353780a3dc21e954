// Figures in files: PNG, SVG and PDF, drawn by the same renderer as the window. Light by default, whatever the screen
// shows: dark figures in papers come from exporting the screen's theme.
#pragma once

#include <QByteArray>
#include <QImage>
#include <QSize>
#include <QString>
#include <QStringList>
#include <stdexcept>

#include "gui/plot/figure.h"
#include "gui/plot/theme.h"

class QPainter;

namespace attnscope::gui::plot {

struct ExportOptions {
  QSize size{900, 600};  // in CSS pixels of 1/96 inch
  double scale = 2;      // PNG only: device pixels per pixel
  bool transparent = false;
  Theme theme = Theme::light();
};

// The text says which file and why.
struct ExportError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Paints the figure at the painter's origin, in its own pixels: for previews.
void paint_figure(QPainter& painter, Figure figure, const ExportOptions& options);

QImage render_image(Figure figure, const ExportOptions& options);
// Clipped geometry, text as text in a font stack that browsers resolve, a <title> and a <desc>.
QByteArray render_svg(Figure figure, const ExportOptions& options);
// One page of exactly the figure's size, fonts embedded, text searchable.
QByteArray render_pdf(Figure figure, const ExportOptions& options);

// Suffixes that export_plot understands: png, svg, pdf.
QStringList export_suffixes();
// Writes the figure in the format of the path's suffix; the file appears whole or not at all. Throws ExportError.
void export_plot(Figure figure, const QString& path, const ExportOptions& options);

}  // namespace attnscope::gui::plot
