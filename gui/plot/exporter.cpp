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

#include "gui/plot/figure.h"
#include "gui/plot/readout.h"

namespace attnscope::gui::plot {
namespace {

constexpr int resolution = 96;

// Rows of hidden curves serve clicking; a figure shows what is visible.
std::vector<PlotScene> without_hidden(Figure figure) {
  std::vector<PlotScene> scenes(figure.begin(), figure.end());
  for (PlotScene& scene : scenes) scene.legend_shows_hidden = false;
  return scenes;
}

Theme theme_of(const ExportOptions& options) {
  Theme theme = options.theme;
  // A figure for one column of a paper is read at the size of its caption.
  constexpr int column_width = 480, column_font = 10;
  if (options.size.width() < column_width) theme.font.setPixelSize(std::min(column_font, theme.font.pixelSize()));
  if (options.transparent) theme.background.setAlpha(0);
  return theme;
}

void paint_with(QPainter& painter, Figure figure, const ExportOptions& options, Target target) {
  plot::paint_figure(painter, without_hidden(figure), QRectF(QPointF(), QSizeF(options.size)), theme_of(options),
                     target);
}

void paint_into(QPaintDevice& device, Figure figure, const ExportOptions& options, Target target) {
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

// What describes a single plot, for all panels.
template <typename Describe>
QString of_each(Figure figure, Describe describe) {
  QStringList texts;
  for (const PlotScene& scene : figure) texts << describe(scene);
  texts.removeDuplicates();
  return texts.join(QStringLiteral("; "));
}

QString display_title(Figure figure) {
  return of_each(figure, [](const PlotScene& scene) {
    return scene.title.isEmpty() ? QStringLiteral("%1 / %2").arg(scene.y.title, scene.x.title) : scene.title;
  });
}

}  // namespace

void paint_figure(QPainter& painter, Figure figure, const ExportOptions& options) {
  paint_with(painter, figure, options, Target::vector);
}

QImage render_image(Figure figure, const ExportOptions& options) {
  QImage image(options.size * options.scale, QImage::Format_ARGB32_Premultiplied);
  if (image.isNull()) throw ExportError("the picture is too large to hold in memory; choose a smaller size or scale");
  image.setDevicePixelRatio(options.scale);
  image.fill(Qt::transparent);
  paint_into(image, figure, options, Target::screen);
  return image;
}

QByteArray render_svg(Figure figure, const ExportOptions& options) {
  QBuffer buffer;
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setSize(options.size);
  generator.setViewBox(QRect(QPoint(), options.size));
  generator.setResolution(resolution);
  generator.setTitle(display_title(figure));
  generator.setDescription(of_each(without_hidden(figure), text_summary));
  paint_into(generator, figure, options, Target::vector);
  QByteArray svg = buffer.data();
  use_font_stack(svg, options.theme.font);
  return svg;
}

QByteArray render_pdf(Figure figure, const ExportOptions& options) {
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
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

void export_plot(Figure figure, const QString& path, const ExportOptions& options) {
  const QString suffix = QFileInfo(path).suffix().toLower();
  QByteArray bytes;
  if (suffix == QLatin1String("png")) {
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    render_image(figure, options).save(&buffer, "PNG");
  } else if (suffix == QLatin1String("svg")) {
    bytes = render_svg(figure, options);
  } else if (suffix == QLatin1String("pdf")) {
    bytes = render_pdf(figure, options);
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
