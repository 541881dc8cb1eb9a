// join and try_join: several branches run inside one task until all are done.
#pragma once

#include <string_view>
#include <tuple>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/detail/group.h>

namespace rondeau::task {

template <class... Branches>
class [[nodiscard("join does nothing until it is awaited")]] Join final
    : public detail::ArmGroup<Join<Branches...>, Branches...> {
  using Base = detail::ArmGroup<Join, Branches...>;
  friend Base;
  static constexpr std::string_view kName = "join";

 public:
  using Result = std::tuple<typename detail::ArmOf<Branches>::type::Value...>;
  explicit Join(Branches&&... branches) : Base(std::forward<Branches>(branches)...) {}

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
  bool decides(std::size_t index) noexcept {
    this->with_arm(index, [&](auto& arm) {
      if (arm.failed()) failed_ = index;
    });
    return failed_ != Base::kCount || ++done_ == Base::kCount;
  }
  std::size_t done_ = 0;
  std::size_t failed_ = Base::kCount;
};

/// Runs all branches concurrently (not in parallel) and gives a tuple of their values, std::monostate for void.
///
/// An exception in one destroys the others and passes on. Cancellation: that of the branches.
template <class... Branches>
  requires(sizeof...(Branches) > 0)
Join<Branches...> join(Branches&&... branches) {
  return Join<Branches...>(std::forward<Branches>(branches)...);
}

template <class... T>
class [[nodiscard("try_join does nothing until it is awaited")]] TryJoin final
    : public detail::ArmGroup<TryJoin<T...>, Task<base::Result<T>>...> {
  using Base = detail::ArmGroup<TryJoin, Task<base::Result<T>>...>;
  friend Base;
  static constexpr std::string_view kName = "try_join";

 public:
  using Result = base::Result<std::tuple<detail::NoVoid<T>...>>;
  explicit TryJoin(Task<base::Result<T>>&&... tasks) : Base(std::move(tasks)...) {}

  Result await_resume() {
    this->end_losers();
    if (failed_ != Base::kCount) {
      base::Error error;
      this->with_arm(failed_, [&](auto& arm) { error = std::move(arm.take()).error(); });
      return base::Unexpected{std::move(error)};
    }
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return Result{std::tuple<detail::NoVoid<T>...>{value_of(std::get<I>(this->arms_).take())...}};
    }(typename Base::Indices());
  }

 private:
  template <class V>
  static detail::NoVoid<V> value_of(base::Result<V> result) {
    if constexpr (std::is_void_v<V>) {
      return {};
    } else {
      return *std::move(result);
    }
  }
  std::size_t first_arm() const noexcept { return 0; }
  bool decides(std::size_t index) noexcept {
    this->with_arm(index, [&](auto& arm) {
      if (arm.failed() || !arm.peek()) failed_ = index;
    });
    return failed_ != Base::kCount || ++done_ == Base::kCount;
  }
  std::size_t done_ = 0;
  std::size_t failed_ = Base::kCount;
};

/// As join for tasks that return Result: the first error in time ends the others and is the result.
template <class... T>
TryJoin<T...> try_join(Task<base::Result<T>>... tasks) {
  return TryJoin<T...>(std::move(tasks)...);
}

}  // namespace rondeau::task

namespace rondeau {
using task::join;
using task::try_join;
}  // namespace rondeau
