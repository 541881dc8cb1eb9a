// join_all, try_join_all, race: as many branches inside one task as a range has elements.
#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/base/result.h>
#include <rondeau/detail/arm.h>
#include <rondeau/detail/node_group.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/task/task.h>

namespace rondeau::detail {

template <class A>
using AwaitedOf = decltype(std::declval<A>().operator co_await().await_resume());

/// An element that is no Task, a JoinHandle for example, as one. `A` is a reference where the range keeps it.
template <class A>
task::Task<AwaitedOf<A>> await_element(A element) {
  co_return co_await std::forward<A>(element);
}

/// What `*iterator` of a range given as R&& is turned into. Tasks are taken out of containers that are given away.
template <class R>
struct ElementOf {
  using Reference = std::ranges::range_reference_t<R>;
  static constexpr bool kIsTask = is_task<std::remove_cvref_t<Reference>>;
  static constexpr bool kGivenAway = !std::is_lvalue_reference_v<R> && !std::ranges::view<std::remove_cvref_t<R>>;
  static_assert(!kIsTask || kGivenAway || !std::is_lvalue_reference_v<Reference>,
                "rondeau: Tasks are taken out of a container that is given away: pass std::move(tasks)");

  static auto task(Reference&& element) {
    if constexpr (kIsTask) {
      return std::remove_cvref_t<Reference>(std::move(element));
    } else if constexpr (kGivenAway || !std::is_lvalue_reference_v<Reference>) {
      return await_element<std::remove_cvref_t<Reference>>(std::move(element));
    } else {
      return await_element<Reference>(element);
    }
  }
  using Value = typename decltype(task(std::declval<Reference>()))::value_type;
};

/// The branches of join_all and the like: taken from the range one by one, as there is room.
template <class R>
class RangeGroup : public NodeGroup {
 public:
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Loses;

 protected:
  using Value = typename ElementOf<R>::Value;
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  RangeGroup(R&& range, std::size_t limit)
      : NodeGroup(limit), range_(std::in_place, std::views::all(std::forward<R>(range))) {}
  ~RangeGroup() {
    // Tasks in there were given away, and nobody forgot those that did not begin.
    const Ending ending;
    next_.reset();
    range_.reset();
  }

  bool begin_next() final {
    if (!next_) next_.emplace(std::ranges::begin(*range_));
    if (*next_ == std::ranges::end(*range_)) return false;
    auto task = ElementOf<R>::task(**next_);
    ++*next_;
    if (!task) fail_empty_task();
    const std::size_t index = begun_++;
    begun(index);
    auto frame = std::move(task).release();
    begin(frame, frame.promise(), index);
    return true;
  }
  /// Makes room for the result.
  virtual void begun(std::size_t) {}
  std::size_t count() const noexcept { return begun_; }

  static Promise<Value>& promise_of(std::coroutine_handle<> frame) noexcept {
    return std::coroutine_handle<Promise<Value>>::from_address(frame.address()).promise();
  }

 private:
  using View = std::views::all_t<R>;
  std::optional<View> range_;  // until the end
  std::optional<std::ranges::iterator_t<View>> next_;
  std::size_t begun_ = 0;
};

}  // namespace rondeau::detail

namespace rondeau::task {

/// What join_all() returns.
template <class R>
class [[nodiscard("join_all does nothing until it is awaited")]] JoinAll final : public detail::RangeGroup<R> {
  using Base = detail::RangeGroup<R>;
  using typename Base::Value;
  using Stored = detail::NoVoid<Value>;

 public:
  using Result = std::conditional_t<std::is_void_v<Value>, void, std::vector<Stored>>;

  JoinAll(R&& range, std::size_t limit) : Base(std::forward<R>(range), limit) {}
  ~JoinAll() { this->end_nodes(); }

  Result await_resume() {
    this->end_nodes();
    this->rethrow();
    if (failed_) std::rethrow_exception(failed_);
    if constexpr (!std::is_void_v<Value>) {
      std::vector<Stored> values;
      values.reserve(values_.size());
      for (auto& each : values_) values.push_back(*std::move(each));
      return values;
    }
  }

 private:
  void begun(std::size_t index) override {
    if constexpr (!std::is_void_v<Value>) values_.resize(index + 1);
  }
  bool branch_ended(std::size_t index, std::coroutine_handle<> frame) noexcept override {
    auto& promise = this->promise_of(frame);
    try {
      if constexpr (std::is_void_v<Value>) {
        promise.take();
      } else {
        values_[index].emplace(promise.take());
      }
      return false;
    } catch (...) {
      failed_ = std::current_exception();
      return true;
    }
  }

  std::vector<std::optional<Stored>> values_;
  std::exception_ptr failed_;
};

/// Runs what the range's elements are, Tasks or JoinHandles, concurrently in the calling task; gives a vector of their
/// values in the order of the range (nothing where they have none).
///
/// A view is asked for its next element only when there is room: at most `limit` are begun and not ended. A wake costs
/// the same however many there are. An exception in one destroys the others and passes on.
/// Cancellation: that of the elements. Lifetime: a container of Tasks is given away; JoinHandles may be lent.
template <std::ranges::input_range R>
JoinAll<R> join_all(R&& range, std::size_t limit = std::numeric_limits<std::size_t>::max()) {
  return JoinAll<R>(std::forward<R>(range), limit);
}

/// What try_join_all() returns.
template <class R>
class [[nodiscard("try_join_all does nothing until it is awaited")]] TryJoinAll final : public detail::RangeGroup<R> {
  using Base = detail::RangeGroup<R>;
  using typename Base::Value;
  static_assert(base::is_result<Value>, "rondeau: each element of a try_join_all gives a Result");
  using Stored = detail::NoVoid<typename Value::value_type>;
  static constexpr bool kVoid = std::is_void_v<typename Value::value_type>;

 public:
  using Result = base::Result<std::conditional_t<kVoid, void, std::vector<Stored>>, typename Value::error_type>;

  TryJoinAll(R&& range, std::size_t limit) : Base(std::forward<R>(range), limit) {}
  ~TryJoinAll() { this->end_nodes(); }

  Result await_resume() {
    this->end_nodes();
    this->rethrow();
    if (failed_) std::rethrow_exception(failed_);
    if (error_) return base::Unexpected{*std::move(error_)};
    if constexpr (kVoid) {
      return {};
    } else {
      std::vector<Stored> values;
      values.reserve(values_.size());
      for (auto& each : values_) values.push_back(*std::move(each));
      return Result(std::move(values));
    }
  }

 private:
  void begun(std::size_t index) override {
    if constexpr (!kVoid) values_.resize(index + 1);
  }
  bool branch_ended(std::size_t index, std::coroutine_handle<> frame) noexcept override {
    try {
      Value result = this->promise_of(frame).take();
      if (!result) {
        error_.emplace(std::move(result).error());
      } else if constexpr (!kVoid) {
        values_[index].emplace(*std::move(result));
      }
    } catch (...) {
      failed_ = std::current_exception();
    }
    return failed_ || error_;
  }

  std::vector<std::optional<Stored>> values_;
  std::optional<typename Value::error_type> error_;
  std::exception_ptr failed_;
};

/// As join_all for what gives a Result: the first error in time destroys the others and is the result.
template <std::ranges::input_range R>
TryJoinAll<R> try_join_all(R&& range, std::size_t limit = std::numeric_limits<std::size_t>::max()) {
  return TryJoinAll<R>(std::forward<R>(range), limit);
}

/// Which element of a race was first, and what it gave (std::monostate where that is nothing).
template <class T>
struct Raced {
  std::size_t index;
  T value;
};

/// What race() returns.
template <class R>
class [[nodiscard("race does nothing until it is awaited")]] Race final : public detail::RangeGroup<R> {
  using Base = detail::RangeGroup<R>;
  using typename Base::Value;
  using Stored = detail::NoVoid<Value>;

 public:
  explicit Race(R&& range) : Base(std::forward<R>(range), std::numeric_limits<std::size_t>::max()) {}
  ~Race() { this->end_nodes(); }

  Raced<Stored> await_resume() {
    this->end_nodes();
    this->rethrow();
    if (failed_) std::rethrow_exception(failed_);
    if (!value_) base::fail("a race needs at least one branch; look whether the range is empty");
    return {index_, *std::move(value_)};
  }

 private:
  bool branch_ended(std::size_t index, std::coroutine_handle<> frame) noexcept override {
    index_ = index;
    try {
      if constexpr (std::is_void_v<Value>) {
        this->promise_of(frame).take();
        value_.emplace();
      } else {
        value_.emplace(this->promise_of(frame).take());
      }
    } catch (...) {
      failed_ = std::current_exception();
    }
    return true;
  }

  std::size_t index_ = 0;
  std::optional<Stored> value_;
  std::exception_ptr failed_;
};

/// As select over a range of at least one element: the first that ends wins, an exception included; the others are
/// destroyed before it returns, the last one begun first. One that ends at once keeps later ones from being begun.
template <std::ranges::input_range R>
Race<R> race(R&& range) {
  return Race<R>(std::forward<R>(range));
}

}  // namespace rondeau::task

namespace rondeau {
using task::join_all;
using task::race;
using task::Raced;
using task::try_join_all;
}  // namespace rondeau
