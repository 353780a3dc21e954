#include "gui/model/notes.h"

#include <algorithm>

namespace attnscope::gui::model {

std::vector<Annotation> Notes::at_place(const QString& place) const {
  std::vector<Annotation> found;
  std::copy_if(all_.begin(), all_.end(), std::back_inserter(found),
               [&](const Annotation& note) { return note.place == place; });
  return found;
}

void Notes::add(const Annotation& note) {
  if (note.text.trimmed().isEmpty()) return;
  all_.push_back(note);
  emit changed();
}

void Notes::remove(const Annotation& note) {
  if (std::erase(all_, note) > 0) emit changed();
}

void Notes::set_all(std::vector<Annotation> notes) {
  if (notes == all_) return;
  all_ = std::move(notes);
  emit changed();
}

plot::PlotScene Notes::annotated(plot::PlotScene scene) const {
  for (const Annotation& note : at_place(scene.identity)) scene.notes.push_back({note.at, note.text, note.at});
  return scene;
}

}  // namespace attnscope::gui::model
