#include "harness/gpu/activity_session.h"

#include <cstdlib>
#include <mutex>

namespace attnscope::harness::gpu {

namespace {

constexpr std::size_t buffer_size = std::size_t{4} << 20;
constexpr std::size_t buffer_alignment = 8;  // ACTIVITY_RECORD_ALIGNMENT

// CUPTI's callbacks carry nothing of ours with them.
std::mutex session_mutex;
ActivitySession* open_session = nullptr;

}  // namespace

void ActivitySession::offer_buffer(std::uint8_t** buffer, std::size_t* size, std::size_t* most_records) {
  *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(buffer_alignment, buffer_size));
  *size = *buffer != nullptr ? buffer_size : 0;
  *most_records = 0;  // as many as fit
}

void ActivitySession::take_buffer(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t valid) {
  {
    const std::lock_guard lock(session_mutex);
    CUpti_Activity* record = nullptr;
    while (open_session != nullptr && valid > 0 &&
           open_session->cupti_.cuptiActivityGetNextRecord.call(buffer, valid, &record) == CUPTI_SUCCESS) {
      open_session->take_(*record);
    }
  }
  std::free(buffer);
}

Result<std::unique_ptr<ActivitySession>> ActivitySession::open(const CuptiLibrary& cupti,
                                                               const std::vector<CUpti_ActivityKind>& kinds,
                                                               Take take) {
  std::unique_ptr<ActivitySession> session(new ActivitySession(cupti, std::move(take)));
  {
    const std::lock_guard lock(session_mutex);
    if (open_session != nullptr) return Unavailable{"another trace is being made in this process"};
    open_session = session.get();
  }
  if (const auto failed = session->enable(kinds)) return *failed;
  return session;
}

std::optional<Unavailable> ActivitySession::enable(const std::vector<CUpti_ActivityKind>& kinds) {
  if (auto failed = cupti_.cuptiActivityRegisterCallbacks(&offer_buffer, &take_buffer)) return failed;
  // Reading the count of dropped records sets it to zero.
  std::size_t dropped = 0;
  if (auto failed = cupti_.cuptiActivityGetNumDroppedRecords(nullptr, 0, &dropped)) return failed;
  for (const CUpti_ActivityKind kind : kinds) {
    if (auto failed = cupti_.cuptiActivityEnable(kind)) return failed;
    enabled_.push_back(kind);
  }
  return std::nullopt;
}

void ActivitySession::disable() {
  for (const CUpti_ActivityKind kind : enabled_) cupti_.cuptiActivityDisable(kind);
  enabled_.clear();
}

Result<std::size_t> ActivitySession::finish() {
  if (const auto failed = cupti_.cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED)) return *failed;
  disable();
  std::size_t dropped = 0;
  if (const auto failed = cupti_.cuptiActivityGetNumDroppedRecords(nullptr, 0, &dropped)) return *failed;
  return dropped;
}

ActivitySession::~ActivitySession() {
  if (!enabled_.empty()) {
    // Not finished. What has been recorded must not reach the next session.
    disable();
    cupti_.cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  }
  const std::lock_guard lock(session_mutex);
  if (open_session == this) open_session = nullptr;
}

}  // namespace attnscope::harness::gpu
