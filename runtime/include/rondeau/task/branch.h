// How a branch is given to select: when, accept_if, otherwise; and what may be lost: losing, cancel_safe.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

#include <rondeau/detail/arm.h>

namespace rondeau::task {

/// What when() returns.
template <class B>
struct [[nodiscard]] When {
  using Branch = B;
  bool enabled;
  B&& branch;
};

/// A branch that is started only where `enabled` is true: `select(when(open, rx.recv()), …)`.
template <class B>
When<B> when(bool enabled, B&& branch) {
  return {enabled, std::forward<B>(branch)};
}

/// What accept_if() returns.
template <class B, class P>
struct [[nodiscard]] AcceptIf {
  using Branch = B;
  P predicate;
  B&& branch;
};

/// A branch whose result may be refused: where `predicate(const result&)` is false (for a branch without a value:
/// `predicate()`), the result is dropped, the branch counts as disabled, and the select waits for the others.
template <class B, class P>
AcceptIf<B, std::decay_t<P>> accept_if(B&& branch, P&& predicate) {
  return {std::forward<P>(predicate), std::forward<B>(branch)};
}

/// What otherwise() returns.
template <class F>
struct [[nodiscard]] Otherwise {
  F function;
};

/// The last argument of a select: called where every branch is disabled, and its value is the select's.
template <class F>
  requires std::invocable<std::decay_t<F>&>
Otherwise<std::decay_t<F>> otherwise(F&& function) {
  return {std::forward<F>(function)};
}

/// What losing() returns.
template <class B>
struct [[nodiscard]] Losing {
  using Branch = B;
  B&& branch;
};

/// Says to select that what the branch has done may be lost: bytes it has read, a message it was to send.
template <class B>
Losing<B> losing(B&& branch) {
  return {std::forward<B>(branch)};
}

/// A Task of which destroying loses nothing; awaited as the Task, and a branch of select like any awaitable.
template <class T>
class [[nodiscard("a Task does nothing until it is awaited or spawned")]] CancelSafe {
 public:
  explicit CancelSafe(Task<T> task) noexcept : task_(std::move(task)) {}

  /// For spawn, join and others that take a Task.
  Task<T> task() && noexcept { return std::move(task_); }
  Task<T>& task() & noexcept { return task_; }
  auto operator co_await() && noexcept { return std::move(task_).awaiter(); }

 private:
  Task<T> task_;
};

/// By the author of a coroutine that loses nothing when it is destroyed at any of its awaits: each of them is safe by
/// itself, and nothing is kept in locals from one to the next.
template <class T>
CancelSafe<T> cancel_safe(Task<T> task) {
  return CancelSafe<T>(std::move(task));
}

}  // namespace rondeau::task

namespace rondeau::detail {

template <class Inner>
class LosingArm : public Inner {
 public:
  template <class B>
  explicit LosingArm(task::Losing<B>&& losing) : Inner(std::forward<B>(losing.branch)) {}
};
template <class B>
struct ArmOf<task::Losing<B>> {
  using type = LosingArm<typename ArmOf<B>::type>;
};

template <class Inner>
class WhenArm : public Inner {
 public:
  template <class B>
  explicit WhenArm(task::When<B>&& when) : Inner(std::forward<B>(when.branch)) {
    this->enabled = when.enabled;
  }
};
template <class B>
struct ArmOf<task::When<B>> {
  using type = WhenArm<typename ArmOf<B>::type>;
};

template <class Inner, class P>
class AcceptingArm : public SettledArm<Inner> {
 public:
  template <class B>
  explicit AcceptingArm(task::AcceptIf<B, P>&& accept)
      : SettledArm<Inner>(std::forward<B>(accept.branch)), predicate_(std::move(accept.predicate)) {}

  /// What is thrown, by the branch or by the predicate, is accepted: it passes on.
  bool accepts() noexcept {
    this->settle();
    if (this->failed()) return true;
    try {
      if constexpr (std::is_invocable_v<P&>) {
        return std::invoke(predicate_);
      } else {
        return std::invoke(predicate_, this->peek());
      }
    } catch (...) {
      this->thrown_ = std::current_exception();
      return true;
    }
  }

 private:
  P predicate_;
};
template <class B, class P>
struct ArmOf<task::AcceptIf<B, P>> {
  using type = AcceptingArm<typename ArmOf<B>::type, P>;
};

/// No branch: stands in for a result.
template <class F>
class OtherwiseArm {
 public:
  using Value = NoVoid<std::invoke_result_t<F&>>;
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
  explicit OtherwiseArm(task::Otherwise<F>&& otherwise) : function_(std::move(otherwise.function)) {}

  Value take() {
    if constexpr (std::same_as<Value, std::monostate>) {
      return std::invoke(function_), Value();
    } else {
      return std::invoke(function_);
    }
  }

 private:
  F function_;
};
template <class F>
struct ArmOf<task::Otherwise<F>> {
  using type = OtherwiseArm<F>;
};

template <class T>
class CancelSafeArm : public Arm<task::Task<T>> {
 public:
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
  explicit CancelSafeArm(task::CancelSafe<T>&& safe) noexcept : Arm<task::Task<T>>(std::move(safe).task()) {}
};
template <class T>
class CancelSafeNamedArm : public Arm<task::Task<T>&> {
 public:
  explicit CancelSafeNamedArm(task::CancelSafe<T>& safe) noexcept : Arm<task::Task<T>&>(safe.task()) {}
};
template <class T>
struct ArmOf<task::CancelSafe<T>> {
  using type = CancelSafeArm<T>;
};
template <class T>
struct ArmOf<task::CancelSafe<T>&> {
  using type = CancelSafeNamedArm<T>;
};

template <class B>
inline constexpr bool is_otherwise = false;
template <class F>
inline constexpr bool is_otherwise<task::Otherwise<F>> = true;

/// An awaiter given by name loses nothing with a select: it is awaited again. Not so one that begins anew then, nor a
/// combinator, whose own branches have lost.
template <class B>
inline constexpr bool is_awaited_again = false;
template <LeafAwaiter A>
inline constexpr bool is_awaited_again<A&> =
    !std::derived_from<A, Group> && !requires { A::begins_anew; };

/// May a select that another branch wins drop it without being told so?
template <class B>
inline constexpr bool loses_nothing =
    is_awaited_again<B> || ArmOf<B>::type::cancel_safety != task::CancelSafety::Loses;
template <class B>
inline constexpr bool loses_nothing<task::Losing<B>> = true;
template <class B>
inline constexpr bool loses_nothing<task::When<B>> = loses_nothing<B>;
template <class B, class P>
inline constexpr bool loses_nothing<task::AcceptIf<B, P>> = loses_nothing<B>;

/// What destroying a combinator of these loses.
template <class... B>
inline constexpr task::CancelSafety worst_safety = [] {
  auto worst = task::CancelSafety::Safe;
  for (const task::CancelSafety each : {task::CancelSafety::Safe, ArmOf<B>::type::cancel_safety...}) {
    if (each > worst) worst = each;
  }
  return worst;
}();

}  // namespace rondeau::detail

namespace rondeau {
using task::accept_if;
using task::cancel_safe;
using task::CancelSafe;
using task::losing;
using task::otherwise;
using task::when;
}  // namespace rondeau
