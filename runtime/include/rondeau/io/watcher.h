// Watcher, Watch: one task that is told when any of many readers has something to tell.
//
// A task of its own for each reader that merely lies idle would cost a task each, and starting and ending one each time
// a reader is put aside and taken up again. Here that costs a link in the reader's own list of waits.
#pragma once

#include <concepts>
#include <source_location>
#include <utility>

#include <rondeau/detail/leaf.h>
#include <rondeau/detail/registration.h>
#include <rondeau/detail/waiter.h>
#include <rondeau/io/reader.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::io {

/// The task that is told. It lives in a frame of that task, and is awaited by it outside of select, join and the like;
/// a timeout may stand around the await.
///
/// Thread safety: any thread may wake and watch while it lives; who keeps it and its watches has a lock for that.
class Watcher {
 public:
  /// For the task that runs; aborts outside of one.
  explicit Watcher(std::source_location where = std::source_location::current());
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  template <class F>
  class [[nodiscard("wait does nothing until it is awaited")]] Wait final : public detail::Awaiter<Wait<F>> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;

    explicit Wait(F has_news) : has_news_(std::move(has_news)) {}
    bool try_now() noexcept {
      return has_news_();
    }
    bool enqueue() const noexcept {
      RONDEAU_DEBUG_ASSERT(this->strand->slot == 0);
      return true;
    }
    bool fired() noexcept {
      return has_news_();
    }
    void disarm() const noexcept {}
    void await_resume() const noexcept {}

   private:
    F has_news_;
  };

  /// Waits until `has_news()` is true; it is asked at once, and whenever a watch is over or wake() was called, by the
  /// task's own thread. It may not throw. Cancellation: safe.
  template <std::predicate F>
  Wait<F> wait(F has_news) {
    return Wait<F>(std::move(has_news));
  }
  /// has_news() has changed.
  void wake() const noexcept { wake_.wake_by_reference(); }

 private:
  friend class Watch;
  const detail::Wake wake_;
};

/// A look at one reader, on a watcher's behalf. Not destroyed, moved or used for another reader before end().
class Watch {
 public:
  Watch() noexcept { waiter_.interest = detail::kReadInterest; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// False: the reader has something to tell, or is said to: try_read tells.
  ///
  /// Else the watcher is woken when that comes. Lifetime: end() comes before the end of the watcher and of the reader.
  bool begin(const Watcher& watcher, Reader& reader) noexcept {
    waiter_.wake = watcher.wake_;
    return reader.start_wait(waiter_);
  }
  /// It was begun, and the reader has something to tell. Ended or never begun: true as well.
  bool is_over() const noexcept { return !waiter_.linked(); }
  /// Idempotent.
  void end(Reader& reader) noexcept {
    if (waiter_.linked()) reader.end_wait(waiter_);
  }

 private:
  detail::Waiter waiter_;
};

}  // namespace rondeau::io
