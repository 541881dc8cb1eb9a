// Context: what a piece of work runs under, and the tasks it spawns too: deadline, trace, priority, inherited locals.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include <rondeau/detail/context_node.h>
#include <rondeau/detail/under_context.h>

namespace rondeau::task {

/// A counted, immutable value. Tasks take the one of who spawned them, blocking calls that of who called.
///
/// Thread safety: any thread.
class Context {
 public:
  /// Nothing: no deadline, no trace, Priority::Normal.
  Context() noexcept = default;
  /// What the code that runs on this thread runs under: a task's, a blocking call's, or nothing.
  static Context current() noexcept;
  /// In the destructors of what is being ended: why. Elsewhere None.
  static CancelReason cancel_reason() noexcept;

  Context(const Context& other) noexcept : node_(detail::keep_context(other.node_)) {}
  Context(Context&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  Context& operator=(Context other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Context() { detail::drop_context(node_); }

  /// The earliest of the deadlines it is under.
  std::optional<base::Instant> deadline() const noexcept {
    if (node_ == nullptr || node_->deadline == base::Instant::far_future()) return std::nullopt;
    return node_->deadline;
  }
  /// All zero where there is none.
  TraceContext trace() const noexcept { return node_ == nullptr ? TraceContext() : node_->trace; }
  Priority priority() const noexcept { return node_ == nullptr ? Priority::Normal : node_->priority; }

  /// The same but for one thing. A deadline is only ever shortened.
  Context with_deadline(base::Instant deadline) const;
  Context with_trace(const TraceContext& trace) const;
  /// For the tasks that are spawned under it; the one that runs keeps the priority it was spawned with.
  Context with_priority(Priority priority) const;

  /// Calls `function`, which does not wait, under it, for as long as it runs.
  template <class F>
  decltype(auto) sync_scope(F&& function) const {
    const detail::InstalledContext installed(node_);
    return std::invoke(std::forward<F>(function));
  }

 private:
  template <class B>
  friend class WithContext;
  explicit Context(const detail::ContextNode* counted) noexcept : node_(counted) {}
  template <class Change>
  Context changed(Change change) const;

  const detail::ContextNode* node_ = nullptr;
};

/// What with_context() returns.
template <class B>
class [[nodiscard("with_context does nothing until it is awaited")]] WithContext final
    : public detail::UnderContext<WithContext<B>, B> {
  using Base = detail::UnderContext<WithContext<B>, B>;

 public:
  WithContext(Context context, B&& branch) noexcept : Base(std::forward<B>(branch)), context_(std::move(context)) {}
  ~WithContext() { this->disarm(); }
  void change(detail::ContextNode& node) noexcept {
    const detail::OwnValue* own = node.own;
    node.derive(context_.node_);
    node.own = own;
  }

 private:
  const Context context_;
};

/// Runs `branch` under `context`: `co_await with_context(Context::current().with_trace(trace), handle(request))`.
///
/// It takes what timeout takes: a Task, an awaitable of the library, a combinator. A deadline in it is only told to who asks;
/// time::with_deadline also ends the work. Task locals that are not inherited stay those of the caller. Cancellation: that of the branch. Lifetime: as for timeout.
template <class B>
WithContext<B> with_context(Context context, B&& branch) {
  return WithContext<B>(std::move(context), std::forward<B>(branch));
}

}  // namespace rondeau::task

namespace rondeau {
using task::Context;
using task::with_context;
}  // namespace rondeau
