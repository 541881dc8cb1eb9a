// AsyncGenerator<T>: a coroutine that gives items one after the other, and may wait in between.
#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <source_location>
#include <utility>

#include <rondeau/detail/generator_body.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/task/task.h>

namespace rondeau::detail {

template <class T>
class GeneratorPromise;

}  // namespace rondeau::detail

namespace rondeau::task {

/// A stream written as a coroutine, with `co_yield` and `co_await`:
///
///     AsyncGenerator<Page> pages(Client client) {
///       std::optional<Token> token;
///       do {
///         Page page = co_await client.list(token);
///         token = page.next;
///         co_yield std::move(page);
///       } while (token);
///     }
///     while (auto page = co_await generator.next()) …
///
/// Lazy: nothing runs before the first next(), and between two calls nothing runs either. One frame. Destroying it
/// destroys the body wherever it stands, at a co_yield or at a co_await; only where the body has an open scope that must
/// be awaited: `co_await cancel(generator)`. After its end, and moved from, it gives nothing.
/// Thread safety: one user at a time; it may go to another task and thread between two calls. Lifetime: it must outlive
/// the next() that is awaited, and not move meanwhile.
template <class T>
class [[nodiscard("an AsyncGenerator does nothing until its next() is awaited")]] AsyncGenerator {
 public:
  using promise_type = detail::GeneratorPromise<T>;
  using value_type = T;
  class Next;
  class End;

  AsyncGenerator() noexcept = default;
  explicit AsyncGenerator(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  AsyncGenerator(AsyncGenerator&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  AsyncGenerator& operator=(AsyncGenerator&& other) noexcept {
    if (this != &other) {
      destroy();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~AsyncGenerator() { destroy(); }

  /// The next item; empty at the end. What the body throws comes out of here, and is its end.
  ///
  /// Cancellation: safe. The body stays at the co_await where it waits, which is taken out of what it waits in (the place
  /// in a fair queue is lost) and goes on at the next call. Where the frame around the await is destroyed, the body's
  /// open scopes are ended first.
  Next next() noexcept { return Next(body()); }

  /// What cancel() returns.
  End end() noexcept { return End(body(), frame_); }

 private:
  detail::GeneratorBody* body() const noexcept {
    return frame_ ? &std::coroutine_handle<promise_type>::from_address(frame_.address()).promise() : nullptr;
  }
  void destroy() noexcept {
    if (frame_) detail::destroy_generator(*body());
  }
  std::coroutine_handle<> frame_;
};

}  // namespace rondeau::task

namespace rondeau::detail {

template <class T>
class GeneratorPromise final : public GeneratorBody {
  static_assert(!std::is_reference_v<T>, "rondeau: an AsyncGenerator gives values; give pointers or std::reference_wrapper");
  static_assert(alignof(T) <= 16, "rondeau: a generator's item may not be aligned above 16 bytes; give a unique_ptr");

 public:
  GeneratorPromise() noexcept {}
  ~GeneratorPromise() {
    if (has_item) std::destroy_at(&item_);
  }
  task::AsyncGenerator<T> get_return_object(std::source_location where = std::source_location::current()) noexcept {
    auto frame = std::coroutine_handle<GeneratorPromise>::from_promise(*this);
    count_frame(frame, where);
    self = frame;
    return task::AsyncGenerator<T>(frame);
  }
  Yield yield_value(T item) noexcept(std::is_nothrow_move_constructible_v<T>) {
    std::construct_at(&item_, std::move(item));
    return {*this};
  }
  /// After GeneratorNext::finish().
  std::optional<T> take() {
    const Destroyed destroyed{item_};
    return std::optional<T>(std::move(item_));
  }

 private:
  struct Destroyed {
    T& item;
    ~Destroyed() { std::destroy_at(&item); }
  };
  union {
    T item_;
  };
};

}  // namespace rondeau::detail

namespace rondeau::task {

template <class T>
class [[nodiscard("next does nothing until it is awaited")]] AsyncGenerator<T>::Next final
    : public detail::GeneratorNext {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  explicit Next(detail::GeneratorBody* body) noexcept : GeneratorNext(body) {}
  std::optional<T> await_resume() {
    if (!finish()) return std::nullopt;
    return static_cast<promise_type&>(*body_).take();
  }
};

template <class T>
class [[nodiscard("cancel does nothing until it is awaited")]] AsyncGenerator<T>::End final
    : public detail::GeneratorEnd {
 public:
  static constexpr CancelSafety cancel_safety = CancelSafety::Safe;

  End(detail::GeneratorBody* body, std::coroutine_handle<>& frame) noexcept : GeneratorEnd(body, frame) {}
};

/// `co_await cancel(generator)` ends it in order: what scopes in its body hold is ended and waited for, then the body is
/// destroyed. Cancellation: safe; whoever cancels waits for the scopes (ending in order beats promptness).
template <class T>
typename AsyncGenerator<T>::End cancel(AsyncGenerator<T>& generator) noexcept {
  return generator.end();
}

}  // namespace rondeau::task

namespace rondeau {
using task::AsyncGenerator;
}
