#include "suite/attention/session.h"

#include <cstring>
#include <fmt/format.h>
#include <stdexcept>

#include "suite/backends/meta/meta_backend.h"
#include "suite/ops/initializers.h"
#include "suite/transformer/feed_forward.h"

namespace attnscope::attention {

using ops::ArgumentSpec;
using ops::Role;
using tensor::Category;
using tensor::HostArray;
using tensor::MemoryPool;

namespace {

bool has_gradient(Role role) { return role == Role::input || role == Role::parameter; }

void require_positive(const Problem& p) {
  if (p.batch < 1 || p.heads < 1 || p.seq_len < 1 || p.head_dim < 1) {
    throw std::invalid_argument(fmt::format("batch, heads, n and head_dim must be at least 1, got {}", to_string(p)));
  }
}

}  // namespace

struct Session::State {
  const Variant& variant;
  Problem problem;
  ops::Backend& backend;
  MemoryPool pool;
  ops::ArgumentStore arguments;
  ops::CostLedger ledger;
  ops::Profiler* profiler = nullptr;
  Tensor output;
  std::vector<ops::NamedResult> results;
  std::map<std::string, Tensor> gradients;
  MemoryReport memory;

  State(const Variant& variant, const Problem& problem, ops::Backend& backend, const SessionOptions& options)
      : variant(variant),
        problem(problem),
        backend(backend),
        pool(backend.executes() ? &backend.memory() : nullptr, options.memory_limit_bytes),
        arguments(pool, backend, options.seed, options.given) {}

  HostArray to_host(const Tensor& tensor) const {
    HostArray array{tensor.shape(), std::vector<double>(static_cast<std::size_t>(tensor.elements()))};
    backend.read(tensor, array.values);
    return array;
  }

  Tensor upstream() { return arguments.get("d_out", output.shape(), Role::mask, ops::gaussian(0, 1), output.dtype()); }

  void run() {
    output = {};
    gradients.clear();
    results.clear();
    ledger.clear();
    const tensor::MemoryUsage before = pool.live();
    pool.reset_peak();

    ops::Context ctx(backend, pool, arguments, ledger, results);
    ctx.set_profiler(profiler);
    if (problem.mode != Mode::training) {
      output = variant.run(ctx, problem);
    } else {
      run_training(ctx);
    }

    const tensor::MemoryUsage& peak = pool.peak();
    memory = {.arguments_bytes = before.total(),
              .peak_bytes = peak.total() - before.total(),
              .peak_activations_bytes = peak[Category::activations] - before[Category::activations],
              .peak_workspace_bytes = peak[Category::workspace] - before[Category::workspace],
              .reserved_bytes = pool.reserved_peak(),
              .allocations = pool.allocations()};
  }

  void run_training(ops::Context& ctx) {
    ops::Tape tape;
    ctx.set_tape(&tape);
    output = variant.run(ctx, problem);
    ctx.set_tape(nullptr);
    ctx.set_backward(true);
    // Backward ops may overwrite their upstream gradient; the caller's d_out is an input and stays as it is.
    const Tensor given = upstream();
    Tensor gradient(pool, output.shape(), output.dtype(), Category::activations);
    ctx.execute("copy", {.bytes_read = given.bytes(), .bytes_written = given.bytes()},
                [&](ops::Backend& backend) { backend.copy(given, gradient); });
    ops::Gradients seeds;
    seeds.add(ctx, output.id(), std::move(gradient));
    for (const ops::NamedResult& result : results) {
      if (result.loss_weight == 0) continue;
      Tensor weight = ctx.empty(result.value.shape(), result.value.dtype());
      ctx.execute("fill", {.bytes_written = weight.bytes()},
                  [&](ops::Backend& backend) { backend.fill(weight, result.loss_weight); });
      seeds.add(ctx, result.value.id(), std::move(weight));
    }
    ops::Gradients found = tape.backward(ctx, std::move(seeds));
    for (const ArgumentSpec& spec : arguments.specs()) {
      if (!has_gradient(spec.role)) continue;
      Tensor result = found.take(arguments.tensor(spec.name).id());
      if (!result.defined()) {  // no path from the argument to the output
        result = ctx.empty(spec.shape, arguments.tensor(spec.name).dtype());
        ctx.execute("fill", {.bytes_written = result.bytes()}, [&](ops::Backend& backend) { backend.fill(result, 0); });
      }
      gradients.emplace(spec.name, std::move(result));
    }
  }
};

Session::Session(const Variant& variant, const Problem& problem, ops::Backend& backend, SessionOptions options) {
  require_positive(problem);
  if (const auto reason = variant.refusal(problem)) {
    throw std::invalid_argument(fmt::format("{} cannot run {}: {}", variant.info().name, to_string(problem), *reason));
  }
  state_ = std::make_unique<State>(variant, problem, backend, options);
  if (!backend.executes()) return;
  // A run without data tells which arguments there are, so that all of them exist before anything is measured.
  backends::MetaBackend meta(backend);
  Session plan(variant, problem, meta, options);
  plan.run();
  plan.state_->arguments.require_all_given_used();
  for (const ArgumentSpec& spec : plan.arguments()) plan.state_->arguments.declare_in(state_->arguments, spec.name);
}

Session::~Session() = default;

void Session::run() {
  if (!state_->backend.executes()) {
    // Arguments are declared by a first run and live before the one that is reported.
    state_->run();
  }
  state_->run();
}

HostArray Session::output() const {
  if (!state_->output.defined()) throw std::logic_error("session: output() before run()");
  return state_->to_host(state_->output);
}

HostArray Session::gradient(const std::string& name) const {
  const auto found = state_->gradients.find(name);
  if (found == state_->gradients.end()) {
    throw std::invalid_argument(
        fmt::format("session: no gradient of '{}' (training mode, inputs and parameters only)", name));
  }
  return state_->to_host(found->second);
}

std::vector<std::string> Session::results() const {
  std::vector<std::string> names;
  for (const ops::NamedResult& result : state_->results) names.push_back(result.name);
  return names;
}

std::vector<std::string> Session::decisions() const {
  std::vector<std::string> names;
  for (const ops::NamedResult& result : state_->results) {
    if (result.decision) names.push_back(result.name);
  }
  return names;
}

HostArray Session::result(const std::string& name) const {
  for (const ops::NamedResult& result : state_->results) {
    if (result.name == name) return state_->to_host(result.value);
  }
  throw std::invalid_argument(
      fmt::format("session: no result '{}'; this run gave {}", name, fmt::join(results(), ", ")));
}

double Session::auxiliary_objective() const {
  double sum = 0;
  for (const ops::NamedResult& result : state_->results) {
    if (result.loss_weight != 0) sum += result.loss_weight * state_->to_host(result.value).values.front();
  }
  return sum;
}

const ops::CostLedger& Session::cost() const { return state_->ledger; }
const MemoryReport& Session::memory() const { return state_->memory; }
const std::vector<ArgumentSpec>& Session::arguments() const { return state_->arguments.specs(); }
HostArray Session::argument(const std::string& name) const { return state_->to_host(state_->arguments.tensor(name)); }
void Session::set_profiler(ops::Profiler* profiler) { state_->profiler = profiler; }

Prediction predict(const Variant& variant, const Problem& problem, const ops::Backend& target) {
  backends::MetaBackend meta(target);
  Session session(variant, problem, meta);
  session.run();
  return {session.cost().total(), session.memory(), session.arguments()};
}

std::int64_t dense_flops(const Problem& p) {
  std::int64_t pairs = p.causal ? p.seq_len * (p.seq_len + 1) / 2 : p.seq_len * p.seq_len;
  if (p.mode == Mode::decode) pairs = p.seq_len + 1;
  std::int64_t core = 4 * p.batch * p.heads * pairs * p.head_dim;
  // Products of X with an E×E matrix: four, and in a block two with an E×4E one.
  const std::int64_t square = 2 * p.batch * p.rows() * p.model_dim() * p.model_dim();
  std::int64_t projections = p.scope == Scope::core ? 0 : 4 * square;
  if (p.scope == Scope::block) projections += 2 * transformer::hidden_multiple * square;
  if (p.mode == Mode::training) {
    core = core * 7 / 2;  // forward + 2.5 × forward
    projections *= 3;
  }
  return core + projections;
}

}  // namespace attnscope::attention
