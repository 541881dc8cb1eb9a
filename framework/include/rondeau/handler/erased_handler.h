// ErasedHandler: any handler, without its type. What follows behind is ordinary code.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <rondeau/extract/context.h>
#include <rondeau/handler/response_future.h>
#include <rondeau/schema/operation.h>

namespace rondeau::handler {

/// What a parameter of a handler wants; a constant per type.
struct ParameterInfo {
  std::span<const std::string_view> path_names;        ///< parameters its own pattern must have
  std::span<const std::string_view> outer_path_names;  ///< parameters the whole pattern must have
  const void* extension = nullptr;                     ///< type key of an Extension, or nullptr
  std::string_view extension_name;                     ///< of its type
  std::span<const ParameterInfo* const> inside;        ///< of a Depends: what its function takes
  bool reads_body = false;
  bool streams_body = false;
  schema::Wrapped wrapped = schema::Wrapped::Plain;
  void (*describe)(schema::Operation& operation) = nullptr;  ///< null: there is nothing to tell
};

/// What a handler wants; a constant per signature.
struct HandlerInfo {
  std::span<const ParameterInfo* const> parameters;
  const void* state = nullptr;  ///< type key of the state it was compiled against
  bool needs_state = false;
  bool buffers_body = false;  ///< the whole body is in memory before it is called
  bool streams_body = false;  ///< it reads the body by itself
  bool waits = false;         ///< some parameter can be made only after something was waited for
  bool needs_steps = false;   ///< any of the three
  void (*describe_result)(schema::Operation& operation) = nullptr;
};

/// What its parameters and its result tell.
void describe(const HandlerInfo& info, schema::Operation& operation);

/// The callable with its captures, and a plain function that extracts, calls, and makes a response.
class ErasedHandler {
 public:
  using Call = void (*)(const void* closure, extract::Context& context, ResponseFuture& out);
  using CallWaiting = task::Task<void> (*)(const void* closure, http::RequestBlock& block, void* state,
                                           ResponseFuture& out);
  using Destroy = void (*)(const void* closure);

  ErasedHandler() noexcept = default;
  /// `waiting` is there if info->waits.
  ErasedHandler(const void* closure, Destroy destroy, Call call, CallWaiting waiting, const HandlerInfo* info) noexcept
      : closure_(closure), destroy_(destroy), call_(call), waiting_(waiting), info_(info) {}
  ErasedHandler(ErasedHandler&& other) noexcept
      : closure_(other.closure_),
        destroy_(std::exchange(other.destroy_, nullptr)),
        call_(std::exchange(other.call_, nullptr)),
        waiting_(other.waiting_),
        info_(other.info_) {}
  ErasedHandler& operator=(ErasedHandler&& other) noexcept {
    std::swap(closure_, other.closure_);
    std::swap(destroy_, other.destroy_);
    std::swap(call_, other.call_);
    std::swap(waiting_, other.waiting_);
    std::swap(info_, other.info_);
    return *this;
  }
  ~ErasedHandler() {
    if (destroy_ != nullptr) destroy_(closure_);
  }

  explicit operator bool() const noexcept { return call_ != nullptr; }
  const HandlerInfo& info() const noexcept { return *info_; }
  /// Leaves the answer, or the task that will give it, in `out`, which is empty before.
  void operator()(extract::Context& context, ResponseFuture& out) const { call_(closure_, context, out); }
  /// The same for one that waits: parameter by parameter, up to the first that is rejected. Block, state and `out`
  /// outlive the task.
  task::Task<void> call_waiting(http::RequestBlock& block, void* state, ResponseFuture& out) const {
    return waiting_(closure_, block, state, out);
  }

 private:
  const void* closure_ = nullptr;
  Destroy destroy_ = nullptr;
  Call call_ = nullptr;
  CallWaiting waiting_ = nullptr;
  const HandlerInfo* info_ = nullptr;
};

}  // namespace rondeau::handler
