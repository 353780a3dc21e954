#include "tests/suite/variant_shapes.h"

#include "tests/suite/variant_testing.h"

namespace attnscope::variant_testing {
namespace {

VariantCase training(VariantCase c) {
  c.problem.mode = Mode::training;
  return c;
}

VariantCase with_batch(VariantCase c, std::int64_t batch) {
  c.problem.batch = batch;
  return c;
}

VariantCase with_length(VariantCase c, std::int64_t length) {
  c.problem.seq_len = length;
  return c;
}

VariantCase with_heads(VariantCase c, std::int64_t heads) {
  c.problem.heads = heads;
  c.options.erase("dilation");  // has a value per head
  return c;
}

}  // namespace

Shapes shapes_of(const VariantCase& c) {
  const auto variant = make_variant(c);
  const auto backend = make_backend("reference");
  Shapes shapes;
  for (const ops::ArgumentSpec& spec : attention::predict(*variant, c.problem, *backend).arguments)
    shapes[spec.name] = spec.shape.extents();
  return shapes;
}

std::set<std::string> per_example(const VariantCase& c) {
  const Shapes shapes = shapes_of(training(c)), more = shapes_of(training(with_batch(c, c.problem.batch + 1)));
  std::set<std::string> names;
  for (const auto& [name, shape] : shapes)
    if (more.contains(name) && more.at(name).front() != shape.front()) names.insert(name);
  return names;
}

std::set<std::string> per_position(const VariantCase& c) {
  const std::int64_t length = c.problem.seq_len;
  const Shapes shapes = shapes_of(training(c)), fewer = shapes_of(training(with_length(c, length - 1)));
  const auto rows = [](const std::vector<std::int64_t>& shape) { return shape[shape.size() - 2]; };
  std::set<std::string> names;
  for (const std::string& name : per_example(c))
    if (rows(shapes.at(name)) == length && rows(fewer.at(name)) == length - 1) names.insert(name);
  return names;
}

std::map<std::string, std::size_t> head_axes(const VariantCase& c) {
  const Shapes shapes = shapes_of(training(c)), more = shapes_of(training(with_heads(c, c.problem.heads + 1)));
  std::map<std::string, std::size_t> axes;
  for (const auto& [name, shape] : shapes)
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
      if (more.at(name)[axis] != shape[axis]) axes[name] = axis;
  return axes;
}

oracle::Array cut(const oracle::Array& array, const std::vector<std::int64_t>& shape) {
  oracle::Array part = array;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    std::vector<std::int64_t> first;
    for (std::int64_t i = 0; i < shape[axis]; ++i) first.push_back(i);
    part = select(part, axis, first);
  }
  return part;
}

}  // namespace attnscope::variant_testing
