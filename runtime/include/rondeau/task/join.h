// join and try_join: several branches run inside one task until all are done.
#pragma once

#include <concepts>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/arm_group.h>
#include <rondeau/task/branch.h>

namespace rondeau::task {

template <class... Branches>
class [[nodiscard("join does nothing until it is awaited")]] Join final
    : public detail::ArmGroup<Join<Branches...>, 0, typename detail::ArmOf<Branches>::type...> {
  using Base = detail::ArmGroup<Join, 0, typename detail::ArmOf<Branches>::type...>;
  friend Base;
  static constexpr std::string_view kName = "join";

 public:
  using Result = std::tuple<typename detail::ArmOf<Branches>::type::Value...>;
  static constexpr CancelSafety cancel_safety = detail::worst_safety<Branches...>;
  explicit Join(Branches&&... branches) : Base(std::in_place, std::forward<Branches>(branches)...) {}

  /// The first branch goes first in every run, instead of each in its turn.
  Join&& biased() && noexcept {
    biased_ = true;
    return std::move(*this);
  }

  Result await_resume() {
    this->end_losers();
    // The one that threw is taken first, so that its exception is the one that passes on.
    if (failed_ != Base::kCount) this->with_arm(failed_, [](auto& arm) { static_cast<void>(arm.take()); });
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return Result{std::get<I>(this->arms_).take()...};
    }(typename Base::Indices());
  }

 private:
  std::size_t first_arm() const noexcept { return 0; }
  bool rotates() const noexcept { return !biased_; }
  bool decides(std::size_t index) noexcept {
    this->with_arm(index, [&](auto& arm) {
      if (arm.failed()) failed_ = index;
    });
    return failed_ != Base::kCount || ++done_ == Base::kCount;
  }
  void exhausted() const noexcept {}
  std::size_t done_ = 0;
  std::size_t failed_ = Base::kCount;
  bool biased_ = false;
};

/// Runs all branches concurrently (not in parallel) and gives a tuple of their values, std::monostate for void.
///
/// Of branches that can go on in the same run of the task another is the first each time, unless it is `.biased()`. An
/// exception in one destroys the others and passes on. A Task given by name goes on elsewhere where the join ends
/// without it. Cancellation: that of the branches.
template <class... Branches>
  requires(sizeof...(Branches) > 0)
Join<Branches...> join(Branches&&... branches) {
  return Join<Branches...>(std::forward<Branches>(branches)...);
}

}  // namespace rondeau::task

namespace rondeau::detail {

/// Looks whether its result is an error.
template <class Inner>
class TryArm : public SettledArm<Inner> {
 public:
  using SettledArm<Inner>::SettledArm;
  bool accepts() noexcept { return this->settle(), true; }
  bool failed() const noexcept { return SettledArm<Inner>::failed() || !this->peek(); }
};
template <class B>
using TryArmOf = TryArm<typename ArmOf<B>::type>;

/// The error they have in common, or Error.
template <class First, class... Rest>
struct CommonError {
  using type = std::conditional_t<(std::same_as<First, Rest> && ...), First, base::Error>;
};

template <class B>
struct GivesResult {
  static constexpr bool checked = base::is_result<typename ArmOf<B>::type::Value>;
  static_assert(checked, "rondeau: each branch of a try_join gives a Result");
};

}  // namespace rondeau::detail

namespace rondeau::task {

template <class... Branches>
class [[nodiscard("try_join does nothing until it is awaited")]] TryJoin final
    : public detail::ArmGroup<TryJoin<Branches...>, 0, detail::TryArmOf<Branches>...> {
  using Base = detail::ArmGroup<TryJoin, 0, detail::TryArmOf<Branches>...>;
  friend Base;
  static constexpr std::string_view kName = "try_join";
  template <class B>
  using ResultOf = typename detail::TryArmOf<B>::Value;

 public:
  using Values = std::tuple<detail::NoVoid<typename ResultOf<Branches>::value_type>...>;
  using Result = base::Result<Values, typename detail::CommonError<typename ResultOf<Branches>::error_type...>::type>;
  static constexpr CancelSafety cancel_safety = detail::worst_safety<Branches...>;
  explicit TryJoin(Branches&&... branches) : Base(std::in_place, std::forward<Branches>(branches)...) {}

  /// The first branch goes first in every run, instead of each in its turn.
  TryJoin&& biased() && noexcept {
    biased_ = true;
    return std::move(*this);
  }

  Result await_resume() {
    this->end_losers();
    if (failed_ == Base::kCount) return values(typename Base::Indices());
    std::optional<typename Result::error_type> error;
    this->with_arm(failed_, [&](auto& arm) { error.emplace(arm.take().error()); });
    this->end_arms();
    return base::Unexpected{*std::move(error)};
  }

 private:
  template <std::size_t... I>
  Result values(std::index_sequence<I...>) {
    return Result{Values{value_of(std::get<I>(this->arms_).take())...}};
  }
  template <class V, class E>
  static detail::NoVoid<V> value_of(base::Result<V, E> result) {
    if constexpr (std::is_void_v<V>) {
      return {};
    } else {
      return *std::move(result);
    }
  }
  std::size_t first_arm() const noexcept { return 0; }
  bool rotates() const noexcept { return !biased_; }
  bool decides(std::size_t index) noexcept {
    this->with_arm(index, [&](auto& arm) {
      if (arm.failed()) failed_ = index;
    });
    return failed_ != Base::kCount || ++done_ == Base::kCount;
  }
  void exhausted() const noexcept {}
  std::size_t done_ = 0;
  std::size_t failed_ = Base::kCount;
  bool biased_ = false;
};

/// As join for branches that give a Result: the first error in time destroys the others and is the result.
///
/// The error is that of the branches where all have the same, else an Error.
template <class... Branches>
  requires(sizeof...(Branches) > 0 && (detail::GivesResult<Branches>::checked && ...))
TryJoin<Branches...> try_join(Branches&&... branches) {
  return TryJoin<Branches...>(std::forward<Branches>(branches)...);
}

}  // namespace rondeau::task

namespace rondeau {
using task::join;
using task::try_join;
}  // namespace rondeau
