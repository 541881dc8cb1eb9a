// Generator<T>: a coroutine as a range, for loops that wait for nothing.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/detail/frame_statistics.h>

namespace rondeau::task {

/// `for (auto& item : primes())`. The body gives items with co_yield, and may not co_await.
///
/// Lazy: the body runs to its first item when begin() is called. One frame, destroyed with the generator at whatever
/// co_yield it stands. What the body throws comes out of begin() and ++. An item may be moved from; it lives until the
/// next ++. `Generator<const T&>` and `Generator<T&>` give references.
/// Thread safety: one user at a time. Lifetime: iterators end with the generator, and not move meanwhile.
template <class T>
class [[nodiscard("a Generator does nothing until it is iterated over")]] Generator {
  using Item = std::remove_reference_t<T>;

 public:
  class promise_type;
  class Iterator;
  using value_type = std::remove_cvref_t<T>;

  explicit Generator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  Generator(Generator&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Generator& operator=(Generator&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Generator() {
    if (frame_) frame_.destroy();
  }

  /// Once; the body runs to its first item.
  Iterator begin() {
    if (frame_) frame_.promise().advance();
    return Iterator(frame_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::coroutine_handle<promise_type> frame_;
};

template <class T>
class Generator<T>::promise_type {
 public:
  Generator get_return_object(std::source_location where = std::source_location::current()) noexcept {
    auto frame = std::coroutine_handle<promise_type>::from_promise(*this);
    detail::count_frame(frame, where);
    return Generator(frame);
  }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  std::suspend_always final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  // Not thrown on from here: clang 19 then destroys the body's locals once more when the frame goes.
  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }

  /// The item lives in the body until that goes on.
  std::suspend_always yield_value(Item& item) noexcept {
    item_ = std::addressof(item);
    return {};
  }
  std::suspend_always yield_value(Item&& item) noexcept
    requires(!std::is_lvalue_reference_v<T>)
  {
    item_ = std::addressof(item);
    return {};
  }
  /// A const item is copied, so that what is given may be moved from.
  auto yield_value(const Item& item)
    requires(!std::is_reference_v<T> && !std::is_const_v<T> && std::is_copy_constructible_v<T>)
  {
    struct Copied : std::suspend_always {
      Copied(const Item& from, Item*& place) : copy(from) { place = std::addressof(copy); }
      Item copy;
    };
    return Copied(item, item_);
  }
  template <class A>
  void await_transform(A&&) = delete;  // a Generator may not wait: use AsyncGenerator

  static void* operator new(std::size_t size) { return detail::new_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { detail::delete_frame(memory, size); }

  void advance() {
    std::coroutine_handle<promise_type>::from_promise(*this).resume();
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
  Item& item() const noexcept { return *item_; }

 private:
  Item* item_ = nullptr;
  std::exception_ptr thrown_;
};

template <class T>
class Generator<T>::Iterator {
 public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = Generator::value_type;

  explicit Iterator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  Iterator(Iterator&&) noexcept = default;
  Iterator& operator=(Iterator&&) noexcept = default;

  Item& operator*() const noexcept { return frame_.promise().item(); }
  Item* operator->() const noexcept { return std::addressof(**this); }
  Iterator& operator++() {
    frame_.promise().advance();
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const noexcept { return !frame_ || frame_.done(); }

 private:
  std::coroutine_handle<promise_type> frame_;
};

}  // namespace rondeau::task

namespace rondeau {
using task::Generator;
}
