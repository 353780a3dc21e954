#include "gui/model/profile_scene.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>
#include <map>

#include "gui/model/case_axis.h"
#include "gui/plot/quantity.h"
#include "gui/plot/theme.h"
#include "reports/profile.h"

namespace attnscope::gui::model {
namespace {

using plot::PlotScene;
using plot::Quantity;
using reports::OpSpan;
using reports::OpTotal;
using reports::Profile;
using reports::Record;

struct Words {
  Q_DECLARE_TR_FUNCTIONS(model::ProfileScene)
};

struct Subject {
  const LoadedRun* run = nullptr;
  const Record* record = nullptr;
  PointKey key;
  bool was_selected = false;
};

// The selected case, profiled or not; else the longest one of those shown that is profiled.
Subject subject_of(const ViewInput& input) {
  Subject subject;
  if (input.current) {
    const LoadedRun* run = input.find_run(input.current->run);
    const auto index = static_cast<std::size_t>(input.current->record);
    if (run && index < run->run.records.size()) return {run, &run->run.records[index], *input.current, true};
  }
  for (const LoadedRun& run : input.runs) {
    for (std::size_t i = 0; i < run.run.records.size(); ++i) {
      const Record& record = run.run.records[i];
      if (!record.profile.is_object() || !input.visibility.shows(run, record)) continue;
      const bool is_longer =
          !subject.record || sequence_length(record).value_or(0) > sequence_length(*subject.record).value_or(0);
      if (is_longer && reports::profile_of(record)) subject = {&run, &record, {run.id, static_cast<int>(i)}, false};
    }
  }
  return subject;
}

QString op_name(const std::string& op, bool backward) {
  const QString name = QString::fromStdString(op);
  return backward ? Words::tr("%1, backward").arg(name) : name;
}

QString percent(double share) { return QStringLiteral("%1 %").arg(100 * share, 0, 'f', share < 0.0995 ? 1 : 0); }

// "matmul: 61 % of the time, 45 % of the roofline"
QString legend_of(const OpTotal& total) {
  const QString name = op_name(total.op, total.backward);
  return total.roofline_frac ? Words::tr("%1: %2 of the time, %3 of the roofline")
                                   .arg(name, percent(total.time_share), percent(*total.roofline_frac))
                             : Words::tr("%1: %2 of the time").arg(name, percent(total.time_share));
}

QString name_of(const OpSpan& span) {
  const auto format = [](Quantity quantity, auto value) {
    return plot::format_quantity(quantity, static_cast<double>(value));
  };
  QStringList lines{
      op_name(span.op, span.backward),
      Words::tr("%1 long, from %2")
          .arg(format(Quantity::time_ns, span.duration_ns), format(Quantity::time_ns, span.start_ns)),
      Words::tr("%1, %2 moved").arg(format(Quantity::flop, span.flops), format(Quantity::bytes, span.bytes))};
  if (span.flops > 0 && span.duration_ns > 0) {
    lines << Words::tr("%1FLOP/s")
                 .arg(format(Quantity::per_second, static_cast<double>(span.flops) / (span.duration_ns * 1e-9)) +
                      QLatin1Char(' '));
  }
  lines << Words::tr("memory pool: %1").arg(format(Quantity::bytes, span.pool_bytes));
  return lines.join(QLatin1Char('\n'));
}

QString caption_of(const Subject& subject, const Profile& profile, std::span<const OpTotal> totals) {
  const Record& record = *subject.record;
  QStringList parts;
  for (const std::string* text : {&record.device, &record.dtype, &record.scope}) parts << QString::fromStdString(*text);
  double in_ops = 0;
  for (const OpTotal& total : totals) in_ops += total.time_share;
  QString caption = parts.join(QStringLiteral(" · "));
  caption += Words::tr("; the run of median duration of %1 profiled ones: %2")
                 .arg(profile.runs)
                 .arg(plot::format_quantity(Quantity::time_ns, profile.wall_ns));
  if (record.time_median_ns) {
    caption +=
        Words::tr(" (%1 without profiling)").arg(plot::format_quantity(Quantity::time_ns, *record.time_median_ns));
  }
  caption += Words::tr("; %1 of it between ops").arg(percent(std::max(0.0, 1 - in_ops)));
  caption += Words::tr("; the pool holds inputs and parameters too");
  if (std::any_of(totals.begin(), totals.end(), [](const OpTotal& t) { return t.roofline_frac.value_or(0) > 1; }))
    caption +=
        Words::tr("; beyond 100 % of the roofline: data in a cache faster than the memory that the ceiling is of");
  if (!subject.was_selected) caption += Words::tr("; no case is selected: the longest profiled one is shown");
  return caption;
}

void add_pool(plot::PlotScene& scene, const Profile& profile, PointKey key) {
  plot::Curve pool;
  pool.name = pool.group = Words::tr("memory pool");
  pool.slot = plot::neutral_slot;
  pool.marker = plot::Marker::none;
  pool.step = true;
  for (const OpSpan& span : profile.spans)
    pool.points.push_back({span.start_ns, static_cast<double>(span.pool_bytes), {}, false, key.packed()});
  if (!profile.spans.empty()) {
    const double last = static_cast<double>(profile.spans.back().pool_bytes);
    pool.points.push_back({profile.wall_ns, last, {}, false, key.packed()});
  }
  scene.curves.push_back(std::move(pool));
}

QString empty_message(const Subject& subject) {
  if (!subject.record) {
    return Words::tr(
        "No profile among the cases shown. `attnscope run --profile` keeps the time per op and the memory pool.");
  }
  return Words::tr("The selected case was not profiled. To profile it:\n%1 --profile")
      .arg(QString::fromStdString(subject.record->repro));
}

}  // namespace

PlotScene build_profile(const ViewInput& input, const ViewOptions& options) {
  plot::PlotScene scene;
  scene.x = {plot::Scale::linear, {}, Words::tr("time from the start of the run"), Quantity::time_ns};
  scene.y = {plot::Scale::linear, {}, Words::tr("memory pool (bytes)"), Quantity::bytes};
  scene.grid = options.grid;
  scene.title = Words::tr("Profile");
  const Subject subject = subject_of(input);
  const auto profile = subject.record ? reports::profile_of(*subject.record) : std::nullopt;
  scene.identity = QStringLiteral("profile/%1").arg(subject.key.packed());
  scene.empty_message = empty_message(subject);
  if (!profile) return scene;

  const Record& record = *subject.record;
  scene.title = Words::tr("Profile of %1, N = %2, %3")
                    .arg(QString::fromStdString(record.variant),
                         plot::format_tick(Quantity::count, sequence_length(record).value_or(0)),
                         QString::fromStdString(record.mode));
  const std::vector<OpTotal> totals = reports::totals_by_op(*profile, record);
  struct Look {
    QString group;
    int slot;
  };
  // The ops that matter have a colour each, the rest share the neutral one.
  std::map<std::pair<std::string, bool>, Look> looks;
  for (std::size_t i = 0; i < totals.size(); ++i) {
    const bool is_major = i < static_cast<std::size_t>(plot::palette_size);
    looks[{totals[i].op, totals[i].backward}] = {is_major ? legend_of(totals[i]) : Words::tr("other ops"),
                                                 is_major ? static_cast<int>(i) : plot::neutral_slot};
  }
  for (const OpSpan& span : profile->spans) {
    const Look& look = looks[{span.op, span.backward}];
    plot::Cell cell;
    cell.area = QRectF(span.start_ns, 0, span.duration_ns, static_cast<double>(span.pool_bytes));
    cell.text = QString::fromStdString(span.op);
    cell.name = name_of(span);
    cell.slot = look.slot;
    cell.group = look.group;
    cell.key = subject.key.packed();
    scene.cells.push_back(std::move(cell));
  }
  // Legend rows appear in the order of the cells: the longest first.
  std::stable_sort(scene.cells.begin(), scene.cells.end(), [](const plot::Cell& a, const plot::Cell& b) {
    return static_cast<unsigned>(a.slot) < static_cast<unsigned>(b.slot);  // neutral last
  });
  add_pool(scene, *profile, subject.key);
  scene.caption = caption_of(subject, *profile, totals);
  plot::fit_axes(scene);
  scene.y.range.hi *= 1.05;  // fields fill the frame; the staircase on top of them must not lie on it
  return scene;
}

}  // namespace attnscope::gui::model
