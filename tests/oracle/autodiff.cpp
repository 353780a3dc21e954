#include "tests/oracle/autodiff.h"

#include <cmath>
#include <numeric>

namespace attnscope::oracle {

// Nodes in order of creation; each knows its operands and its derivatives with respect to them.
struct Graph {
  struct Node {
    std::int64_t x, y;
    double dx, dy;
  };
  std::vector<Node> nodes;

  static thread_local Graph* current;

  static Var add(double value, const Var& x, double dx, const Var& y = 0.0, double dy = 0.0) {
    if (current == nullptr || (x.node_ < 0 && y.node_ < 0)) return value;
    current->nodes.push_back({x.node_, y.node_, dx, dy});
    return {value, static_cast<std::int64_t>(current->nodes.size()) - 1};
  }

  Var leaf(double value) {
    nodes.push_back({-1, -1, 0.0, 0.0});
    return {value, static_cast<std::int64_t>(nodes.size()) - 1};
  }

  // d(root)/d(node) for every node.
  std::vector<double> gradients(const Var& root) const {
    std::vector<double> gradient(nodes.size(), 0.0);
    if (root.node_ < 0) return gradient;
    gradient[static_cast<std::size_t>(root.node_)] = 1.0;
    for (std::size_t i = nodes.size(); i-- > 0;) {
      if (gradient[i] == 0.0) continue;
      const Node& node = nodes[i];
      if (node.x >= 0) gradient[static_cast<std::size_t>(node.x)] += gradient[i] * node.dx;
      if (node.y >= 0) gradient[static_cast<std::size_t>(node.y)] += gradient[i] * node.dy;
    }
    return gradient;
  }

  static std::size_t index(const Var& leaf) { return static_cast<std::size_t>(leaf.node_); }
};

thread_local Graph* Graph::current = nullptr;

Var operator+(const Var& x, const Var& y) { return Graph::add(x.value_ + y.value_, x, 1.0, y, 1.0); }
Var operator-(const Var& x, const Var& y) { return Graph::add(x.value_ - y.value_, x, 1.0, y, -1.0); }
Var operator*(const Var& x, const Var& y) { return Graph::add(x.value_ * y.value_, x, y.value_, y, x.value_); }
Var operator/(const Var& x, const Var& y) {
  return Graph::add(x.value_ / y.value_, x, 1.0 / y.value_, y, -x.value_ / (y.value_ * y.value_));
}
Var exp(const Var& x) { return Graph::add(std::exp(x.value_), x, std::exp(x.value_)); }
Var log(const Var& x) { return Graph::add(std::log(x.value_), x, 1.0 / x.value_); }
Var sqrt(const Var& x) { return Graph::add(std::sqrt(x.value_), x, 0.5 / std::sqrt(x.value_)); }
Var tanh(const Var& x) {
  const double value = std::tanh(x.value_);
  return Graph::add(value, x, 1.0 - value * value);
}
Var sin(const Var& x) { return Graph::add(std::sin(x.value_), x, std::cos(x.value_)); }
Var cos(const Var& x) { return Graph::add(std::cos(x.value_), x, -std::sin(x.value_)); }

VarArray::VarArray(std::vector<std::int64_t> extents) : shape(std::move(extents)) {
  const std::int64_t count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  values.resize(static_cast<std::size_t>(count));
}

Array values_of(const VarArray& array) {
  Array plain(array.shape);
  for (std::size_t i = 0; i < plain.values.size(); ++i) plain.values[i] = array.values[i].value();
  return plain;
}

Result differentiate(const Arrays& in, const std::set<std::string>& constants,
                     const std::function<Forward(const VarArrays&)>& forward) {
  // The memory of the last graph serves again: there are many, and they are large.
  static thread_local std::vector<Graph::Node> spare;
  Graph graph{std::move(spare)};
  graph.nodes.clear();
  VarArrays arrays;
  for (const auto& [name, array] : in) {
    if (name == "d_out") continue;
    VarArray copy(array.shape);
    for (std::size_t i = 0; i < copy.values.size(); ++i) {
      copy.values[i] = constants.contains(name) ? Var(array.values[i]) : graph.leaf(array.values[i]);
    }
    arrays.emplace(name, std::move(copy));
  }
  Graph::current = &graph;
  const Forward found = forward(arrays);
  Var objective = found.loss;
  const Array& d_out = in.at("d_out");
  for (std::size_t i = 0; i < d_out.values.size(); ++i) objective += found.output.values[i] * d_out.values[i];
  Graph::current = nullptr;

  Result result{values_of(found.output), {}, found.states, found.loss.value()};
  const std::vector<double> gradient = graph.gradients(objective);
  for (const auto& [name, array] : arrays) {
    if (constants.contains(name)) continue;
    Array d(array.shape);
    for (std::size_t i = 0; i < d.values.size(); ++i) d.values[i] = gradient[Graph::index(array.values[i])];
    result.gradients.emplace(name, std::move(d));
  }
  spare = std::move(graph.nodes);
  return result;
}

}  // namespace attnscope::oracle
