#include <fmt/format.h>
#include <iostream>

#include "harness/cli/shell.h"
#include "harness/device/devices.h"
#include "harness/measure/compare.h"
#include "harness/numpy/npz.h"
#include "harness/plan/axes.h"
#include "harness/plan/case.h"
#include "harness/plan/selection.h"
#include "reports/filter.h"
#include "suite/attention/registry.h"
#include "suite/attention/session.h"

namespace attnscope::harness::cli {

namespace {

using attention::Mode;
using attention::Problem;
using attention::Scope;
using numpy::Arrays;
using tensor::HostArray;

struct EvalOptions {
  std::string variant, in, out, device = "cpu", dtype, scope, seed = "1", heads, threads = "0", decode;
  std::vector<std::string> parameters;
  bool gradients = false, causal = false;
};

const HostArray& required(const Arrays& arrays, const std::string& name, const std::string& file,
                          std::string_view why) {
  const auto found = arrays.find(name);
  if (found != arrays.end()) return found->second;
  std::string present;
  for (const auto& [other, array] : arrays) present += (present.empty() ? "" : ", ") + other;
  throw UsageError(fmt::format("{}: array '{}' is missing: {}; the file holds {}", file, name, why, present));
}

void require_rank(const HostArray& array, int rank, const std::string& name, const std::string& file,
                  std::string_view expected) {
  if (array.shape.rank() != rank || array.shape.elements() == 0) {
    throw UsageError(
        fmt::format("{}: array '{}' has shape {}; expected {}", file, name, to_string(array.shape), expected));
  }
}

std::int64_t count_option(const std::string& text, std::string_view what, std::int64_t least) {
  const auto value = reports::parse_count(text);
  if (!value || *value < least)
    throw UsageError(fmt::format("{}: '{}' is not a whole number of at least {}", what, text, least));
  return *value;
}

// Rows of q or x: the sequence, or the one token that is decoded against a state of --decode N.
void set_length(Problem& problem, std::int64_t rows, const EvalOptions& options) {
  problem.seq_len = rows;
  if (problem.mode != Mode::decode) return;
  if (rows != 1) throw UsageError(fmt::format("{}: --decode takes one token, got {} rows", options.in, rows));
  problem.seq_len = count_option(options.decode, "--decode", 1);
}

// The problem that the shapes of the arrays say.
Problem problem_of(const EvalOptions& options, const Arrays& arrays) {
  Problem problem;
  problem.mode = options.gradients ? Mode::training : Mode::forward;
  if (!options.decode.empty()) {
    if (options.gradients) throw UsageError("eval: --decode computes one token forward; it has no --grad");
    problem.mode = Mode::decode;
  }
  problem.causal = options.causal;
  const std::string scope = !options.scope.empty() ? options.scope : arrays.contains("x") ? "layer" : "core";
  problem.scope = attention::scope_from_string(plan::canonical_value(plan::find_axis("scope"), scope)).value();
  if (problem.scope != Scope::core) {
    const HostArray& x = required(arrays, "x", options.in, "layer scope computes on x [B, N, E]");
    require_rank(x, 3, "x", options.in, "[B, N, E]");
    if (options.heads.empty()) throw UsageError("eval: layer scope needs --heads H; E of x is H·D wide");
    problem.heads = count_option(options.heads, "--heads", 1);
    problem.batch = x.shape[0];
    set_length(problem, x.shape[1], options);
    if (x.shape[2] % problem.heads != 0) {
      throw UsageError(fmt::format("{}: array 'x' is E = {} wide, which is no multiple of --heads {}", options.in,
                                   x.shape[2], problem.heads));
    }
    problem.head_dim = x.shape[2] / problem.heads;
    return problem;
  }
  const HostArray& q = required(arrays, "q", options.in, "core scope computes on q, k and v [B, H, N, D]");
  require_rank(q, 4, "q", options.in, "[B, H, N, D]");
  problem.batch = q.shape[0];
  problem.heads = q.shape[1];
  set_length(problem, q.shape[2], options);
  problem.head_dim = q.shape[3];
  for (const char* name : {"k", "v"}) {
    const auto found = arrays.find(name);
    if (found == arrays.end() || found->second.shape == q.shape) continue;
    throw UsageError(fmt::format("{}: array '{}' has shape {}; expected {}, the shape of q", options.in, name,
                                 to_string(found->second.shape), to_string(q.shape)));
  }
  return problem;
}

std::unique_ptr<attention::Variant> variant_of(const EvalOptions& options) {
  const auto names = plan::select_variants({options.variant});
  if (names.size() != 1)
    throw UsageError(fmt::format("eval: '{}' names {} variants; give one", options.variant, names.size()));
  std::vector<plan::ParameterValues> parameters;
  for (const std::string& text : options.parameters) {
    const bool qualified = text.substr(0, text.find('=')).find('.') != std::string::npos;
    plan::ParameterValues parameter = plan::parse_parameter(qualified ? text : names.front() + "." + text);
    if (parameter.values.size() != 1) throw UsageError(fmt::format("-P {}: eval takes one value", text));
    if (parameter.variant != names.front())
      throw UsageError(fmt::format("-P {}: the variant is {}", text, names.front()));
    parameters.push_back(std::move(parameter));
  }
  const plan::ParameterSet set = plan::expand_parameters(names.front(), parameters).front();
  if (!set.impossible.empty()) throw UsageError(set.impossible);
  plan::Case c;
  c.variant = names.front();
  c.params = set.params;
  return plan::make_variant(c);
}

// Without --grad, d_out is not used; anything else that nobody asks for is an error of the session.
Arrays given_arrays(const EvalOptions& options, Arrays arrays) {
  if (!options.gradients) arrays.erase("d_out");
  return arrays;
}

// Queries, keys and values are what `eval` is about: none of them is made up. A variant may do without keys.
void require_inputs(const attention::Variant& variant, const Problem& problem, const ops::Backend& backend,
                    const Arrays& arrays, const std::string& file) {
  if (variant.refusal(problem)) return;  // the session says so
  for (const ops::ArgumentSpec& spec : attention::predict(variant, problem, backend).arguments) {
    if (spec.name == "q" || spec.name == "k" || spec.name == "v") {
      required(arrays, spec.name, file, "core scope computes on q, k and v [B, H, N, D]");
    }
  }
}

ExitCode eval(const EvalOptions& options, const Shell& shell) {
  const auto variant = variant_of(options);
  const Arrays arrays = numpy::read_npz(options.in);
  const Problem problem = problem_of(options, arrays);
  const std::string dtype = !options.dtype.empty() ? options.dtype : options.device == "reference" ? "f64" : "f32";
  const auto backend =
      device::make_backend(options.device, dtype, static_cast<int>(count_option(options.threads, "--threads", 0)));

  attention::SessionOptions session_options;
  session_options.seed = static_cast<std::uint64_t>(count_option(options.seed, "--seed", 0));
  session_options.given = given_arrays(options, arrays);
  Arrays results;
  if (problem.scope == Scope::core) require_inputs(*variant, problem, *backend, arrays, options.in);
  try {
    attention::Session session(*variant, problem, *backend, std::move(session_options));
    session.run();
    results["out"] = session.output();
    if (options.gradients) {
      for (const std::string& name : measure::differentiable_arguments(session))
        results["d_" + name] = session.gradient(name);
      if (!arrays.contains("d_out")) results["d_out"] = session.argument("d_out");
    }
    for (const std::string& name : session.results()) results[name] = session.result(name);
    for (const ops::ArgumentSpec& spec : session.arguments()) {
      if (!arrays.contains(spec.name)) results[spec.name] = session.argument(spec.name);
    }
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("{}: {}", options.in, error.what()));
  }
  numpy::write_npz(options.out, results,
                   backend->dtype() == tensor::DType::f64 ? numpy::Element::f8 : numpy::Element::f4);
  shell.note(fmt::format("{} on {} ({}), {}: {} arrays in {}", options.variant, options.device, dtype,
                         to_string(problem), results.size(), options.out));
  return ExitCode::ok;
}

}  // namespace

void add_eval(CLI::App& app, Shell& shell) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* sub =
      add_subcommand<EvalOptions>(app, shell, "eval", "runs a variant on your arrays (NumPy .npz)", options, eval);
  sub->add_option("variant", options->variant, "its name")->required()->type_name("VARIANT");
  sub->add_option("--in", options->in, ".npz with q, k, v [B,H,N,D] or x [B,N,E]; parameters, masks and d_out by name")
      ->required()
      ->type_name("FILE");
  sub->add_option("--out", options->out, ".npz to write: out, d_NAME, and what was generated")
      ->required()
      ->type_name("FILE");
  sub->add_flag("--grad", options->gradients, "also gradients of every input and parameter");
  sub->add_flag("--causal", options->causal, "a position sees only itself and earlier ones");
  sub->add_option("--scope", options->scope, "core, layer or block (default: by the arrays)")
      ->type_name("{core,layer,block}");
  sub->add_option("--decode", options->decode, "N: one token against a state of N earlier ones")->type_name("N");
  sub->add_option("--heads", options->heads, "heads of layer scope")->type_name("H");
  sub->add_option("--device", options->device, "cpu, reference or cuda:N; see `attnscope list devices`")
      ->type_name("DEVICE");
  sub->add_option("--dtype", options->dtype,
                  "f32, f64, tf32, bf16 or fp16, as the device can (default: f32, f64 on reference)")
      ->type_name("{f32,f64,tf32,bf16,fp16}");
  sub->add_option("--threads", options->threads, "threads of the cpu; 0: all")->type_name("N");
  sub->add_option("-P,--param", options->parameters, "OPTION=VALUE: a hyper-parameter")
      ->type_name("OPTION=VALUE")
      ->allow_extra_args(false);
  sub->add_option("--seed", options->seed, "of what the file does not give")->type_name("N");
}

}  // namespace attnscope::harness::cli
