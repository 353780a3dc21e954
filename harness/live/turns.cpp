#include "harness/live/turns.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <optional>

#include "harness/errors.h"
#include "harness/input/random.h"
#include "harness/plan/reproduction.h"
#include "harness/schedule/run_case.h"
#include "harness/worker/child_process.h"
#include "harness/worker/protocol.h"
#include "reports/jsonl.h"

namespace attnscope::harness::live {

namespace {

std::vector<std::size_t> shuffled(std::size_t count, input::Random& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i)))]);
  }
  return order;
}

}  // namespace

std::vector<std::vector<std::size_t>> turns(std::size_t programs, std::size_t rounds, std::uint64_t seed) {
  input::Random random(seed);
  std::vector<std::vector<std::size_t>> order;
  while (order.size() < rounds) {
    const auto first = shuffled(programs, random), shifts = shuffled(programs, random);
    for (const std::size_t shift : shifts) {
      std::vector<std::size_t> round;
      for (std::size_t i = 0; i < programs; ++i) round.push_back(first[(i + shift) % programs]);
      order.push_back(std::move(round));
    }
  }
  order.resize(rounds);
  return order;
}

std::vector<std::size_t> doubling_looks(std::size_t most) {
  std::vector<std::size_t> looks;
  for (std::size_t rounds = 10; rounds < most; rounds *= 2) looks.push_back(rounds);
  looks.push_back(most);
  return looks;
}

Rounds measure_in_turns(std::span<const std::string> programs, const plan::PlannedCase& planned, const Options& options,
                        const std::function<bool(const Rounds&)>& enough) {
  Rounds records(programs.size());
  // Each case has an order of its own, the same in every repetition.
  const std::uint64_t seed = options.settings.seed ^ plan::stable_hash(plan::key(planned.c));
  measure::Settings settings = options.settings;
  for (const auto& round : turns(programs.size(), options.looks.back(), seed)) {
    bool measured = true;
    for (const std::size_t program : round) {
      if (worker::stop_requested() != 0) return records;
      const std::string started_at = device::utc_now();
      auto record = schedule::run_case(planned, settings, options.timeout_s, programs[program]);
      record.started_at = started_at;
      record.seed = static_cast<std::int64_t>(options.settings.seed);
      record.repro = plan::reproduction(planned.c, options.settings.seed);
      measured = measured && has_measurement(record.status);
      records[program].push_back(std::move(record));
    }
    if (!measured) break;
    settings.validate = false;  // the same program, inputs and parameters
    const bool is_look = std::ranges::find(options.looks, records.front().size()) != options.looks.end();
    if (is_look && enough && enough(records)) break;
  }
  return records;
}

reports::Environment environment_of(const std::string& program, const device::Invocation& invocation) {
  constexpr double patience_s = 60;
  std::optional<reports::Environment> environment;
  const worker::ChildEnd end = worker::run_child(
      worker::environment_request(invocation), {patience_s, 0},
      [&](const nlohmann::json& message) {
        if (message.contains("environment")) environment = reports::environment_from_json(message["environment"]);
      },
      program);
  if (environment) return *environment;
  throw UsageError(fmt::format("{}: does not answer as an attnscope{}; expected an executable of this version", program,
                               end.last_words.empty() ? "" : " (" + end.last_words + ")"));
}

}  // namespace attnscope::harness::live
