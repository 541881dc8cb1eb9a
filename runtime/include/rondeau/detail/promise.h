// The promise of every coroutine of ours: who awaits it, in which strand it runs, its result.
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/detail/frame_statistics.h>
#include <rondeau/detail/leaf.h>

namespace rondeau::task {
template <class T>
class Task;
}

namespace rondeau::detail {

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task::Task<T>> = true;

template <class A>
inline constexpr bool always_false = false;

/// First base of every promise, at offset 0 and never aligned above 16: so a frame's address gives it, whatever T is.
struct PromiseBase {
  PromiseBase* parent = nullptr;            ///< who awaits this coroutine; null for the first of a strand
  Strand* strand = nullptr;                 ///< set when the coroutine is started
  union {
    std::source_location made = {};       ///< until it is started, in debug builds: the coroutine's definition
    std::coroutine_handle<>* owner;       ///< then, with a parent: the handle that would destroy the frame
    std::source_location spawned_at;      ///< the first of a task: where that was spawned
  };
  std::source_location awaits_at;         ///< its last co_await

  static PromiseBase& of(std::coroutine_handle<> frame) noexcept {
    return std::coroutine_handle<PromiseBase>::from_address(frame.address()).promise();
  }
  std::coroutine_handle<> frame() noexcept { return std::coroutine_handle<PromiseBase>::from_promise(*this); }

  /// For ~Task, which says which coroutine was forgotten. Nothing of it is left in release builds, nor of the counting
  /// where that was not asked for.
  void made_at([[maybe_unused]] std::source_location where) noexcept {
    count_frame(frame(), where);
#ifndef NDEBUG
    made = where;
#endif
  }

  static void* operator new(std::size_t size) { return new_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { delete_frame(memory, size); }

  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> ended) const noexcept {
      PromiseBase& promise = ended.promise();
      return promise.parent != nullptr ? promise.parent->frame() : promise.strand_ended();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }

  template <class T>
  auto await_transform(task::Task<T>&& task, std::source_location here = std::source_location::current()) noexcept {
    if (!task) base::fail("a Task is awaited once; this one was awaited, spawned or moved from before", here);
    awaits_at = here;
    return std::move(task).awaiter();
  }
  template <class T>
  void await_transform(task::Task<T>& task) = delete;  // a Task is awaited once: co_await std::move(task)

  template <LeafAwaiter A>
  A&& await_transform(A&& awaiter, std::source_location here = std::source_location::current()) noexcept {
    awaits_at = here;
    awaiter.strand = strand;
    return std::forward<A>(awaiter);
  }
  template <class A>
    requires(!LeafAwaiter<A> && !is_task<std::remove_cvref_t<A>>)
  decltype(auto) await_transform(A&& awaitable, std::source_location here = std::source_location::current()) {
    awaits_at = here;
    if constexpr (requires { std::forward<A>(awaitable).operator co_await(); }) {
      using Inner = decltype(std::forward<A>(awaitable).operator co_await());
      return Bound<Inner>(std::forward<A>(awaitable), strand, here);
    } else {
      static_assert(always_false<A>,
                    "rondeau: this type cannot be awaited in a rondeau::Task; bridge a callback with "
                    "rondeau::task::suspend([](Waker waker) { ... })");
    }
  }

  /// Holds what operator co_await returned: an Awaiter of ours, or a Task.
  template <class Inner>
  struct Bound {
    template <class A>
    Bound(A&& awaitable, Strand* where, std::source_location) : inner(std::forward<A>(awaitable).operator co_await()) {
      if constexpr (LeafAwaiter<Inner>) inner.strand = where;
    }
    /// One that says where it was used wrongly.
    template <class A>
      requires requires(A& awaitable, std::source_location here) { awaitable.awaiter_at(here); }
    Bound(A&& awaitable, Strand* where, std::source_location here) : inner(awaitable.awaiter_at(here)) {
      inner.strand = where;
    }
    bool await_ready() { return inner.await_ready(); }
    template <class P>
    auto await_suspend(std::coroutine_handle<P> waiting) {
      return inner.await_suspend(waiting);
    }
    decltype(auto) await_resume() { return inner.await_resume(); }
    Inner inner;
  };

  /// Where `frame`, a coroutine of ours, waits; with none: here.
  static std::source_location place_of(std::coroutine_handle<> frame,
                                       std::source_location here = std::source_location::current()) noexcept {
    return frame ? of(frame).awaits_at : here;
  }

  /// The first coroutine of a strand ended: the task is complete, or the combinator takes over.
  std::coroutine_handle<> strand_ended() noexcept {
    strand->leaf = nullptr;
    if (!strand->branch) return std::noop_coroutine();
    auto& ended = static_cast<Branch&>(*strand);
    return ended.owner->branch_done(ended);
  }
};

template <class T>
class Promise final : public PromiseBase {
  static_assert(!std::is_reference_v<T>, "rondeau: a Task returns a value; return a pointer or std::reference_wrapper");
  static_assert(alignof(T) <= 16, "rondeau: a Task's result may not be aligned above 16 bytes; return a unique_ptr");

 public:
  Promise() noexcept {}
  ~Promise() {
    if (outcome_ == Outcome::Value) std::destroy_at(&value_);
    if (outcome_ == Outcome::Exception) std::destroy_at(&exception_);
  }

  task::Task<T> get_return_object(std::source_location where = std::source_location::current()) noexcept;

  template <class U = T>
    requires std::constructible_from<T, U>
  void return_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U>) {
    std::construct_at(&value_, std::forward<U>(value));
    outcome_ = Outcome::Value;
  }
  void unhandled_exception() noexcept {
    std::construct_at(&exception_, std::current_exception());
    outcome_ = Outcome::Exception;
  }

  Outcome outcome() const noexcept { return outcome_; }
  T& value() noexcept { return value_; }
  std::exception_ptr& exception() noexcept { return exception_; }

  T take() {
    if (outcome_ == Outcome::Exception) std::rethrow_exception(std::move(exception_));
    return std::move(value_);
  }

 private:
  union {
    T value_;
    std::exception_ptr exception_;
  };
  Outcome outcome_ = Outcome::None;
};

template <>
class Promise<void> final : public PromiseBase {
 public:
  task::Task<void> get_return_object(std::source_location where = std::source_location::current()) noexcept;
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { exception_ = std::current_exception(); }
  Outcome outcome() const noexcept { return exception_ == nullptr ? Outcome::Value : Outcome::Exception; }
  std::exception_ptr& exception() noexcept { return exception_; }
  void take() {
    if (exception_ != nullptr) std::rethrow_exception(std::move(exception_));
  }

 private:
  std::exception_ptr exception_;
};

}  // namespace rondeau::detail
