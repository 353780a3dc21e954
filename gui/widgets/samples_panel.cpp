#include "gui/widgets/samples_panel.h"

#include <QComboBox>
#include <QVBoxLayout>

#include "gui/model/compared_points.h"
#include "gui/model/point_details.h"
#include "gui/model/sample_scene.h"

namespace attnscope::gui::widgets {

SamplesPanel::SamplesPanel(model::Session& session, QWidget* parent)
    : QWidget(parent), session_(session), style_(new QComboBox(this)), plot_(new plot::PlotWidget(this)) {
  style_->setObjectName(QStringLiteral("sampleStyle"));
  style_->setAccessibleName(tr("How samples are shown"));
  // In the order of model::SampleStyle.
  style_->addItems({tr("Distribution"), tr("Strips"), tr("Run order")});
  style_->setItemData(0, tr("Share of the samples that took no longer"), Qt::ToolTipRole);
  style_->setItemData(1, tr("Every sample at its time"), Qt::ToolTipRole);
  style_->setItemData(2, tr("Times as they were measured: drift and steps show here"), Qt::ToolTipRole);
  plot_->setObjectName(QStringLiteral("samplePlot"));
  plot_->setAccessibleName(tr("Samples of the selected point"));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(6, 6, 6, 6);
  layout->addWidget(style_);
  layout->addWidget(plot_, 1);
  connect(style_, &QComboBox::currentIndexChanged, this, &SamplesPanel::rebuild);
  connect(&session_.selection, &model::SelectionHub::current_changed, this, &SamplesPanel::rebuild);
  connect(&session_.selection, &model::SelectionHub::marked_changed, this, &SamplesPanel::rebuild);
  connect(&session_.runs, &model::RunStore::runs_changed, this, &SamplesPanel::rebuild);
  rebuild();
}

void SamplesPanel::rebuild() {
  std::vector<model::SampledCase> cases;
  for (const model::PointKey& key : model::compared_points(session_.selection)) {
    const reports::Record* record = session_.runs.find_record(key);
    if (!record) continue;
    QString name = model::details_title(*record);
    if (session_.runs.runs().size() > 1) name += QStringLiteral(" · ") + session_.runs.find_run(key.run)->name;
    cases.push_back({name, record, session_.styles.slot(QString::fromStdString(record->variant))});
  }
  plot_->set_scene(model::build_samples(cases, static_cast<model::SampleStyle>(style_->currentIndex())));
}

}  // namespace attnscope::gui::widgets
