// CancellationToken: "please come to an end", for one task or for a tree of them.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include <rondeau/detail/atomics.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/wait_list.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/task/select.h>
#include <rondeau/task/task.h>

namespace rondeau::detail {

template <class Atomics>
struct BasicTokenNode;
using TokenNode = BasicTokenNode<StdAtomics>;

/// What the public classes do with a node; its inside is the source's.
template <class Atomics>
struct BasicTokenTree {
  using TokenNode = BasicTokenNode<Atomics>;
  using WaitNode = BasicWaitNode<Atomics>;
  using Wake = typename Atomics::Wake;

  static TokenNode* make_root();
  static TokenNode* make_child(TokenNode& parent);
  static void add_handle(TokenNode& node) noexcept;
  static void drop_handle(TokenNode& node) noexcept;
  static void cancel(TokenNode& node, std::string_view reason) noexcept;
  static bool is_cancelled(const TokenNode& node) noexcept;
  static std::string_view reason(const TokenNode& node) noexcept;
  static bool enqueue(TokenNode& node, WaitNode& waiter, Wake wake) noexcept;
  static void leave(TokenNode& node, WaitNode& waiter) noexcept;
};

using TokenTree = BasicTokenTree<StdAtomics>;
extern template struct BasicTokenTree<StdAtomics>;

}  // namespace rondeau::detail

namespace rondeau::sync {

class CancellationDropGuard;

/// Asks for an end and is asked whether one is wanted. Copies are the same token.
///
/// Cancelling a token cancels all its present and future children, never its parent. Cooperative: who holds a token
/// looks at it (`is_cancelled`) or waits for it (`cancelled`, in a select).
/// Thread safety: any thread. Any depth and number of children: nothing recurses.
class CancellationToken {
 public:
  CancellationToken() : node_(detail::TokenTree::make_root()) {}
  CancellationToken(const CancellationToken& other) noexcept : node_(other.node_) {
    detail::TokenTree::add_handle(*node_);
  }
  CancellationToken& operator=(const CancellationToken& other) noexcept {
    CancellationToken copy(other);
    std::swap(node_, copy.node_);
    return *this;
  }
  ~CancellationToken() { detail::TokenTree::drop_handle(*node_); }

  /// A token that is cancelled with this one, or alone.
  CancellationToken child_token() const { return CancellationToken(detail::TokenTree::make_child(*node_)); }

  /// Idempotent; the first reason stays. Wakes everyone who waits for this token or one below it.
  void cancel(std::string_view reason = {}) const noexcept { detail::TokenTree::cancel(*node_, reason); }
  bool is_cancelled() const noexcept { return detail::TokenTree::is_cancelled(*node_); }
  /// What cancel() was told; empty before. Valid as long as this token lives.
  std::string_view reason() const noexcept { return detail::TokenTree::reason(*node_); }

  class [[nodiscard("cancelled does nothing until it is awaited")]] Cancelled final
      : public detail::Awaiter<Cancelled> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Cancelled(detail::TokenNode* node) noexcept : node_(node) { detail::TokenTree::add_handle(*node_); }
    ~Cancelled() {
      disarm();
      detail::TokenTree::drop_handle(*node_);
    }
    bool try_now() const noexcept { return detail::TokenTree::is_cancelled(*node_); }
    bool enqueue() noexcept { return detail::TokenTree::enqueue(*node_, waiter_, this->strand->wake()); }
    bool fired() const noexcept { return try_now(); }
    void disarm() noexcept {
      if (!waiter_.idle()) detail::TokenTree::leave(*node_, waiter_);
    }
    void await_resume() noexcept { disarm(); }

   private:
    detail::TokenNode* node_;
    detail::WaitNode waiter_;
  };
  /// Waits until the token is cancelled. Cancellation: safe. Keeps the token alive.
  Cancelled cancelled() const noexcept { return Cancelled(node_); }

  /// Runs the task until it ends or the token is cancelled; empty then, and the task has been destroyed (one with an
  /// open scope is waited for). A Task<void> gives std::monostate.
  ///
  /// Where both are ready at once the task wins. One that comes after the cancellation never starts.
  /// Cancellation: that of the task.
  template <class T>
  task::Task<std::optional<detail::NoVoid<T>>> run_until_cancelled(task::Task<T> task) const {
    return run(*this, std::move(task));
  }

  /// Cancels this token when the guard is destroyed.
  CancellationDropGuard drop_guard() const noexcept;

  bool operator==(const CancellationToken&) const noexcept = default;

 private:
  explicit CancellationToken(detail::TokenNode* node) noexcept : node_(node) {}

  template <class T>
  static task::Task<std::optional<detail::NoVoid<T>>> run(CancellationToken token, task::Task<T> task) {
    if (token.is_cancelled()) {
      task::discard(std::move(task));
      co_return std::nullopt;
    }
    auto first = co_await task::select(task::losing(std::move(task)), token.cancelled()).biased();
    if (first.index() == 1) co_return std::nullopt;
    co_return std::move(first).template get<0>();
  }

  detail::TokenNode* node_;
};

/// Cancels its token when destroyed, unless disarmed.
class [[nodiscard("a guard that is not kept cancels at once")]] CancellationDropGuard {
 public:
  explicit CancellationDropGuard(CancellationToken token) noexcept : token_(std::move(token)) {}
  CancellationDropGuard(CancellationDropGuard&& other) noexcept
      : token_(other.token_), armed_(std::exchange(other.armed_, false)) {}
  CancellationDropGuard& operator=(CancellationDropGuard&&) = delete;
  ~CancellationDropGuard() {
    if (armed_) token_.cancel();
  }
  /// Gives the token back, not cancelled.
  CancellationToken disarm() && noexcept {
    armed_ = false;
    return token_;
  }

 private:
  CancellationToken token_;
  bool armed_ = true;
};

inline CancellationDropGuard CancellationToken::drop_guard() const noexcept {
  return CancellationDropGuard(*this);
}

/// token.run_until_cancelled(task), for the end of a line: `spawn(with_cancellation_token(serve(socket), token))`.
template <class T>
task::Task<std::optional<detail::NoVoid<T>>> with_cancellation_token(task::Task<T> task, CancellationToken token) {
  return token.run_until_cancelled(std::move(task));
}

}  // namespace rondeau::sync

namespace rondeau {
using sync::CancellationDropGuard;
using sync::CancellationToken;
using sync::with_cancellation_token;
}  // namespace rondeau
