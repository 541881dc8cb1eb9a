// select: several branches wait at once inside one task; the first that is ready wins, the others are ended.
#pragma once

#include <array>
#include <functional>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include <rondeau/detail/group.h>

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

template <class... Branches>
class [[nodiscard("select does nothing until it is awaited")]] Select final
    : public detail::ArmGroup<Select<Branches...>, Branches...> {
  using Base = detail::ArmGroup<Select, Branches...>;
  friend Base;
  static constexpr std::string_view kName = "select";

 public:
  using Result = Selected<typename detail::ArmOf<Branches>::type::Value...>;

  explicit Select(Branches&&... branches) : Base(std::forward<Branches>(branches)...) {}

  /// Branches start in the order written instead of beginning with a random one.
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
  bool decides(std::size_t index) noexcept {
    winner_ = index;
    return true;
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

/// `auto won = co_await select(rx.recv(), sleep_for(1s), std::move(task));`
///
/// Branches run inside the calling task, on one thread at a time. The first to be ready wins; one that is ready at once
/// keeps later ones from starting. Losers given as Task are destroyed before select returns, in reverse order of start
/// (a loser with an open scope is waited for: ending in order beats promptness); an awaiter is taken out of what it
/// waits in, and one given as lvalue may be awaited again.
/// Cancellation: that of the branches. Lifetime: awaiters are borrowed until the select is awaited to its end.
template <class... Branches>
  requires(sizeof...(Branches) > 0)
Select<Branches...> select(Branches&&... branches) {
  return Select<Branches...>(std::forward<Branches>(branches)...);
}

}  // namespace rondeau::task

namespace rondeau {
using task::select;
using task::Selected;
}  // namespace rondeau
