#include "gui/plot/exporter.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QFileInfo>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QSaveFile>
#include <QSvgGenerator>
#include <algorithm>

#include "gui/plot/layout.h"
#include "gui/plot/readout.h"
#include "gui/plot/renderer.h"

namespace attnscope::gui::plot {
namespace {

constexpr int resolution = 96;

// Rows of hidden curves serve clicking; a figure shows what is visible.
PlotScene figure_of(const PlotScene& scene) {
  PlotScene figure = scene;
  figure.legend_shows_hidden = false;
  return figure;
}

Theme theme_of(const ExportOptions& options) {
  Theme theme = options.theme;
  // A figure for one column of a paper is read at the size of its caption.
  constexpr int column_width = 480, column_font = 10;
  if (options.size.width() < column_width) theme.font.setPixelSize(std::min(column_font, theme.font.pixelSize()));
  if (options.transparent) theme.background.setAlpha(0);
  return theme;
}

void paint_with(QPainter& painter, const PlotScene& figure, const ExportOptions& options, Target target) {
  const Theme theme = theme_of(options);
  const PlotLayout layout = compute_layout(figure, QRectF(QPointF(), QSizeF(options.size)), theme);
  PlotRenderer(figure, layout, theme, target).paint(painter);
}

void paint_into(QPaintDevice& device, const PlotScene& figure, const ExportOptions& options, Target target) {
  QPainter painter;
  if (!painter.begin(&device)) throw ExportError("cannot draw into the file: the device refused to open");
  paint_with(painter, figure, options, target);
}

// Qt writes the one family it drew with; elsewhere that font may be missing, and a browser then falls back to serif.
void use_font_stack(QByteArray& svg, const QFont& font) {
  QStringList stack{font.family()};
  for (const char* family : {"DejaVu Sans", "Verdana", "Arial", "sans-serif"}) {
    if (!stack.contains(QLatin1String(family))) stack << QLatin1String(family);
  }
  static const QRegularExpression family(QStringLiteral("font-family=\"[^\"]*\""));
  QString text = QString::fromUtf8(svg);
  text.replace(family, QStringLiteral("font-family=\"%1\"").arg(stack.join(QStringLiteral(", ")).toHtmlEscaped()));
  svg = text.toUtf8();
}

QString display_title(const PlotScene& scene) {
  return scene.title.isEmpty() ? QStringLiteral("%1 / %2").arg(scene.y.title, scene.x.title) : scene.title;
}

}  // namespace

void paint_figure(QPainter& painter, const PlotScene& scene, const ExportOptions& options) {
  paint_with(painter, figure_of(scene), options, Target::vector);
}

QImage render_image(const PlotScene& scene, const ExportOptions& options) {
  QImage image(options.size * options.scale, QImage::Format_ARGB32_Premultiplied);
  if (image.isNull()) throw ExportError("the picture is too large to hold in memory; choose a smaller size or scale");
  image.setDevicePixelRatio(options.scale);
  image.fill(Qt::transparent);
  paint_into(image, figure_of(scene), options, Target::screen);
  return image;
}

QByteArray render_svg(const PlotScene& scene, const ExportOptions& options) {
  QBuffer buffer;
  const PlotScene figure = figure_of(scene);
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setSize(options.size);
  generator.setViewBox(QRect(QPoint(), options.size));
  generator.setResolution(resolution);
  generator.setTitle(display_title(figure));
  generator.setDescription(text_summary(figure));
  paint_into(generator, figure, options, Target::vector);
  QByteArray svg = buffer.data();
  use_font_stack(svg, options.theme.font);
  return svg;
}

QByteArray render_pdf(const PlotScene& scene, const ExportOptions& options) {
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  const PlotScene figure = figure_of(scene);
  {
    QPdfWriter writer(&buffer);
    writer.setResolution(resolution);
    writer.setPageSize(
        QPageSize(QSizeF(options.size) * 72.0 / resolution, QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setPageMargins({});
    writer.setTitle(display_title(figure));
    writer.setCreator(QStringLiteral("attnscope"));
    paint_into(writer, figure, options, Target::vector);
  }
  return buffer.data();
}

QStringList export_suffixes() { return {QStringLiteral("png"), QStringLiteral("svg"), QStringLiteral("pdf")}; }

void export_plot(const PlotScene& scene, const QString& path, const ExportOptions& options) {
  const QString suffix = QFileInfo(path).suffix().toLower();
  QByteArray bytes;
  if (suffix == QLatin1String("png")) {
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    render_image(scene, options).save(&buffer, "PNG");
  } else if (suffix == QLatin1String("svg")) {
    bytes = render_svg(scene, options);
  } else if (suffix == QLatin1String("pdf")) {
    bytes = render_pdf(scene, options);
  } else {
    throw ExportError(QStringLiteral("%1: cannot write a figure as '%2'; use one of %3")
                          .arg(path, suffix, export_suffixes().join(QStringLiteral(", ")))
                          .toStdString());
  }
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
    throw ExportError(QStringLiteral("%1: %2").arg(path, file.errorString()).toStdString());
  }
}

}  // namespace attnscope::gui::plot
