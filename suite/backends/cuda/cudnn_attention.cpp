// A GPU's library of attention: cuDNN.
#include <fmt/format.h>
#include <map>
#include <variant>

#include "suite/backends/cuda/cudnn_plan.h"
#include "suite/backends/cuda/library_attention.h"

namespace attnscope::backends::gpu {

namespace {

cudnn::AttentionShape shape_of(const ops::LibraryAttentionArgs& args) {
  const auto& q = args.q.shape();
  return {q[0], q[1], q[2], args.k.shape()[2], q[3], args.v.shape()[3], args.q.dtype()};
}

// The library and the device in it, which works in the order of the device's queue.
class Session {
 public:
  explicit Session(Device& device) {
    library_.require(library_.create(&handle_), "opening the device");
    library_.require(library_.set_stream(handle_, device.queue()), "taking the device's queue");
  }
  ~Session() {
    if (handle_ != nullptr) library_.destroy(handle_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const cudnn::Library& library() const { return library_; }
  cudnn::Handle handle() const { return handle_; }

 private:
  cudnn::Library library_;
  cudnn::Handle handle_ = nullptr;
};

}  // namespace

struct LibraryAttention::State {
  using Planned = std::variant<cudnn::AttentionPlan, std::string>;  // a plan, or why there is none

  explicit State(Device& device) : device(device) {}

  Device& device;
  std::optional<Session> session;
  std::map<cudnn::AttentionShape, Planned> plans;

  Planned plan(const cudnn::AttentionShape& shape) {
    try {
      if (!session) session.emplace(device);
      return cudnn::AttentionPlan(session->library(), shape, {.handle = session->handle()});
    } catch (const cudnn::Error& error) {
      return error.what();
    }
  }
  const Planned& planned(const cudnn::AttentionShape& shape) {
    const auto found = plans.find(shape);
    return found != plans.end() ? found->second : plans.emplace(shape, plan(shape)).first->second;
  }
};

LibraryAttention::LibraryAttention(Device& device) : state_(std::make_unique<State>(device)) {}
LibraryAttention::~LibraryAttention() = default;

std::optional<std::string> LibraryAttention::refusal(const ops::LibraryAttentionArgs& args) {
  if (!tensor::is_half(args.q.dtype())) {
    return fmt::format("dtype {}: cuDNN's attention computes in bf16 and fp16", tensor::to_string(args.q.dtype()));
  }
  const State::Planned& planned = state_->planned(shape_of(args));
  const auto* reason = std::get_if<std::string>(&planned);
  return reason != nullptr ? std::optional(*reason) : std::nullopt;
}

std::int64_t LibraryAttention::workspace(const ops::LibraryAttentionArgs& args) {
  return std::get<cudnn::AttentionPlan>(state_->planned(shape_of(args))).workspace_bytes();
}

void LibraryAttention::run(const ops::LibraryAttentionArgs& args, const tensor::Tensor& workspace) {
  const auto& plan = std::get<cudnn::AttentionPlan>(state_->planned(shape_of(args)));
  plan.run(state_->session->handle(), args.q.data<void>(), args.k.data<void>(), args.v.data<void>(),
           args.out.data<void>(), static_cast<float>(args.scale),
           workspace.defined() ? workspace.data<void>() : nullptr);
}

}  // namespace attnscope::backends::gpu
