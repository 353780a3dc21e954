#include "harness/measure/profile.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "reports/profile.h"
#include "suite/ops/profiler.h"

namespace attnscope::harness::measure {

namespace {

class Recorder final : public ops::Profiler {
 public:
  void on_op(const ops::OpEvent& event) override {
    spans.push_back({std::string(event.op), event.backward, event.start_ns, event.duration_ns, event.cost.flops(),
                     event.cost.other, event.cost.exponentials, event.cost.bytes(), event.pool_live_bytes});
  }
  std::vector<reports::OpSpan> spans;
};

}  // namespace

void measure_profile(attention::Session& session, reports::Record& record) {
  constexpr std::size_t runs = 5;
  std::vector<reports::Profile> profiles;
  for (std::size_t i = 0; i < runs; ++i) {
    Recorder recorder;
    session.set_profiler(&recorder);
    const auto start = std::chrono::steady_clock::now();
    session.run();
    const double wall_ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
    profiles.push_back({static_cast<std::int64_t>(runs), wall_ns, std::move(recorder.spans)});
  }
  session.set_profiler(nullptr);
  std::ranges::nth_element(profiles, profiles.begin() + runs / 2, {}, &reports::Profile::wall_ns);
  record.profile = reports::to_json(profiles[runs / 2]);
}

}  // namespace attnscope::harness::measure
