// Streams of what is there already.
#pragma once

#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondeau/detail/leaf.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::detail {

/// Never resolves.
class [[nodiscard]] Never final : public Awaiter<Never> {
 public:
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
  bool try_now() const noexcept { return false; }
  bool enqueue() const noexcept { return true; }
  bool fired() const noexcept { return false; }
  void disarm() const noexcept {}
  void await_resume() const noexcept {}
};

template <class Range>
using ElementOf = std::remove_cvref_t<decltype(*std::begin(std::declval<std::remove_reference_t<Range>&>()))>;

template <class Range>
task::AsyncGenerator<ElementOf<Range>> iterated(Range range) {
  for (auto&& element : range) {
    if constexpr (std::is_lvalue_reference_v<Range>) {
      co_yield element;
    } else {
      co_yield std::move(element);
    }
  }
}

}  // namespace rondeau::detail

namespace rondeau::task {

/// The elements of a container or range: copies where it is given as lvalue, which is borrowed; else it is owned, and its
/// elements are moved out.
template <class Range>
auto iter(Range&& range) {
  return detail::iterated<Range>(std::forward<Range>(range));
}
template <class T>
AsyncGenerator<T> iter(std::initializer_list<T> items) {
  return iter(std::vector<T>(items));
}
/// One item.
template <class T>
AsyncGenerator<T> once(T item) {
  co_yield std::move(item);
}
/// No item.
template <class T>
AsyncGenerator<T> empty() noexcept {
  return {};
}
/// Never an item, and no end.
template <class T>
AsyncGenerator<T> pending() {
  co_await detail::Never();
}

}  // namespace rondeau::task
