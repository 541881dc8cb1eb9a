// select: several branches wait at once inside one task; the first that is ready wins, the others are ended.
#pragma once

#include <array>
#include <functional>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include <rondeau/detail/arm_group.h>
#include <rondeau/task/branch.h>

namespace rondeau::detail {

/// A number below `limit` from the runtime's generator: for fair orders.
std::size_t random_below(std::size_t limit) noexcept;

}  // namespace rondeau::detail

namespace rondeau::task {

/// Which branch won, and what it gave (std::monostate for a branch without a value).
template <class... T>
class [[nodiscard]] Selected {
 public:
  template <std::size_t I, class V>
  Selected(std::in_place_index_t<I> which, V&& value) : value_(which, std::forward<V>(value)) {}

  std::size_t index() const noexcept { return value_.index(); }
  template <std::size_t I>
  bool is() const noexcept {
    return index() == I;
  }
  /// The value of branch I, which must be the one that won.
  template <std::size_t I>
  auto& get() & {
    return std::get<I>(value_);
  }
  template <std::size_t I>
  auto&& get() && {
    return std::get<I>(std::move(value_));
  }
  /// Calls the handler of the branch that won, one handler per branch, with its value (without one for monostate).
  template <class... Handlers>
  decltype(auto) match(Handlers&&... handlers) && {
    static_assert(sizeof...(Handlers) == sizeof...(T), "rondeau: match takes one handler per branch");
    return dispatch<0>(std::forward<Handlers>(handlers)...);
  }

 private:
  template <std::size_t I, class Handler, class... Rest>
  decltype(auto) dispatch(Handler&& handler, Rest&&... rest) {
    if constexpr (sizeof...(Rest) > 0) {
      if (index() != I) return dispatch<I + 1>(std::forward<Rest>(rest)...);
    }
    if constexpr (std::is_invocable_v<Handler>) {
      return std::invoke(std::forward<Handler>(handler));
    } else {
      return std::invoke(std::forward<Handler>(handler), std::get<I>(std::move(value_)));
    }
  }
  std::variant<T...> value_;
};

}  // namespace rondeau::task

namespace rondeau::detail {

/// Names the branch where it may not be given like this.
template <class B>
struct CheckedBranch {
  static_assert(loses_nothing<B>,
                "rondeau: this branch of a select may lose what it has done when another one wins; keep it in a variable "
                "and pass it by name, or say losing(branch)");
  static constexpr bool checked = true;
};

/// As many of the last arguments as are no branches.
template <class... B>
inline constexpr std::size_t kOtherwises = (std::size_t{0} + ... + (is_otherwise<B> ? 1 : 0));

template <class... B>
inline constexpr bool otherwise_is_last = [] {
  const bool each[] = {is_otherwise<B>...};
  for (std::size_t i = 0; i + 1 < sizeof...(B); ++i) {
    if (each[i]) return false;
  }
  return true;
}();

template <class... B>
struct CheckedOrder {
  static_assert(otherwise_is_last<B...>, "rondeau: otherwise(function) is the last argument of a select");
  static_assert(kOtherwises<B...> < sizeof...(B), "rondeau: a select has at least one branch");
  static constexpr bool checked = true;
};

template <class Derived, class... B>
using SelectArms = ArmGroup<Derived, kOtherwises<B...>, typename ArmOf<B>::type...>;

}  // namespace rondeau::detail

namespace rondeau::task {

template <class... Branches>
class [[nodiscard("select does nothing until it is awaited")]] Select final
    : public detail::SelectArms<Select<Branches...>, Branches...> {
  using Base = detail::SelectArms<Select, Branches...>;
  friend Base;
  static constexpr std::string_view kName = "select";

 public:
  using Result = Selected<typename detail::ArmOf<Branches>::type::Value...>;
  static constexpr CancelSafety cancel_safety = detail::worst_safety<Branches...>;

  explicit Select(Branches&&... branches) : Base(std::in_place, std::forward<Branches>(branches)...) {}

  /// Branches start, and go on, in the order written instead of beginning with a random one.
  Select&& biased() && noexcept {
    biased_ = true;
    return std::move(*this);
  }

  Result await_resume() {
    this->end_losers();
    return take(typename Base::Indices());
  }

 private:
  std::size_t first_arm() const noexcept { return biased_ ? 0 : detail::random_below(Base::kCount); }
  bool rotates() const noexcept { return !biased_; }
  bool decides(std::size_t index) noexcept {
    winner_ = index;
    return true;
  }
  void exhausted() noexcept {
    if constexpr (Base::kCount == Base::kArms) {
      base::fail("every branch of this select is disabled; add otherwise(function) as its last argument",
                 detail::PromiseBase::place_of(this->frame));
    }
    winner_ = Base::kCount;
  }
  template <std::size_t... I>
  Result take(std::index_sequence<I...>) {
    using Take = Result (*)(Select&);
    static constexpr Take kTakes[] = {
        [](Select& self) { return Result(std::in_place_index<I>, std::get<I>(self.arms_).take()); }...};
    return kTakes[winner_](*this);
  }

  std::size_t winner_ = 0;
  bool biased_ = false;
};

/// `auto won = co_await select(rx.recv(), sleep_for(1s), task);`
///
/// Branches run inside the calling task, on one thread at a time. The first to be ready wins; one that is ready at once
/// keeps later ones from starting. A Task or an awaitable given by name only pauses when it loses, and goes on when it
/// is given to the next select (or awaited). Losers given as temporaries are ended before select returns, in reverse
/// order of start: a Task is destroyed (one with an open scope is waited for: ending in order beats promptness), an
/// awaiter is taken out of what it waits in. Those that would lose what they have done must be told so: losing(branch).
///
/// `when(condition, branch)` leaves a branch out, `accept_if(branch, predicate)` refuses results; where none is left,
/// `otherwise(function)`, as the last argument, gives the value, and without it the process aborts.
/// Cancellation: that of the branches. Lifetime: what is given by name, and awaiters, are borrowed until the select is
/// awaited to its end.
template <class... Branches>
  requires(sizeof...(Branches) > 0 && (detail::CheckedBranch<Branches>::checked && ...) &&
           detail::CheckedOrder<Branches...>::checked)
Select<Branches...> select(Branches&&... branches) {
  return Select<Branches...>(std::forward<Branches>(branches)...);
}

/// What cancel() returns.
template <class T>
class [[nodiscard("cancel does nothing until it is awaited")]] Cancel final : public detail::EndPaused {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;
  explicit Cancel(Task<T>& task) noexcept
      : EndPaused(task.started() ? static_cast<detail::PausedBranch*>(task.promise().strand) : nullptr), task_(task) {}
  void await_resume() noexcept {
    disarm();
    if (task_.started()) {
      task_ = {};
    } else {
      discard(std::move(task_));
    }
  }

 private:
  Task<T>& task_;
};

/// Ends a Task that was given to a select by name: its scopes' children first, then its frames. `task` is empty then.
///
/// Cancellation: safe; the task cannot go on, so call it again.
template <class T>
Cancel<T> cancel(Task<T>& task) noexcept {
  return Cancel<T>(task);
}

}  // namespace rondeau::task

namespace rondeau {
using task::cancel;
using task::select;
using task::Selected;
}  // namespace rondeau
