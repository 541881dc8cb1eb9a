// io::Mock: a stream that plays a script, for testing what speaks a protocol. stream_mock: the same for items.
#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <rondeau/base/instant.h>
#include <rondeau/base/test_failure.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/timer_entry.h>
#include <rondeau/io/stream.h>
#include <rondeau/task/cancel_safety.h>

namespace rondeau::time {

class MockScript;

/// The other side of a connection, as a list of steps that are taken in order:
///
///     auto mock = io::Mock("client").read("PING\r\n").wait(5ms).write("PONG\r\n");
///     co_await serve(mock);
///
/// A read gives what a `read` step has, as much as there is room for, and waits while the script expects a write. What
/// is written must be what the `write` step says; it may come in parts. After the last step reading gives the end.
/// A write that is not expected, or differs, and steps that are left when it is destroyed, are failures (see
/// base::report_test_failure) that tell the step, its number and the mock's name; the write then gives Errc::Other.
/// Thread safety: one reader and one writer at a time. Lifetime: `wait` steps need a runtime.
class Mock final : public io::Stream {
 public:
  /// `name` stands in what it says of failures.
  explicit Mock(std::string name = "mock", std::source_location where = std::source_location::current());
  Mock(Mock&&) noexcept = default;
  Mock& operator=(Mock&&) = delete;
  ~Mock() override;

  Mock& read(std::string_view bytes) &;
  Mock& read(std::span<const std::byte> bytes) &;
  /// The next read fails so.
  Mock& read_error(base::Error error) &;
  Mock& write(std::string_view bytes) &;
  Mock& write(std::span<const std::byte> bytes) &;
  /// The next write fails so.
  Mock& write_error(base::Error error) &;
  /// Neither reads nor writes go on for so long, from when the first of them gets here.
  Mock& wait(base::Duration span) &;

  template <class Bytes>
  Mock&& read(const Bytes& bytes) && {
    return std::move(static_cast<Mock&>(*this).read(bytes));
  }
  Mock&& read_error(base::Error error) && { return std::move(static_cast<Mock&>(*this).read_error(std::move(error))); }
  template <class Bytes>
  Mock&& write(const Bytes& bytes) && {
    return std::move(static_cast<Mock&>(*this).write(bytes));
  }
  Mock&& write_error(base::Error error) && {
    return std::move(static_cast<Mock&>(*this).write_error(std::move(error)));
  }
  Mock&& wait(base::Duration span) && { return std::move(static_cast<Mock&>(*this).wait(span)); }

  /// Steps that were not taken yet.
  std::size_t steps_left() const noexcept;

  base::Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  base::Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override;
  base::Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept override;
  base::Result<void> try_shutdown(io::How how) noexcept override;
  bool start_wait(io::Waiter& waiter) noexcept override;
  void end_wait(io::Waiter& waiter) noexcept override;

 private:
  std::shared_ptr<MockScript> script_;
};

/// A stream of items with pauses: `auto items = stream_mock<int>().next(1).wait(5ms).next(2);`
///
/// `co_await items.next()` gives them in order, then nothing. Steps that are left when it is destroyed are a failure.
/// Thread safety: one user at a time. Lifetime: must outlive the await.
template <class T>
class StreamMock {
 public:
  explicit StreamMock(std::string name, std::source_location where) : name_(std::move(name)), where_(where) {}
  StreamMock(StreamMock&&) noexcept = default;
  StreamMock& operator=(StreamMock&&) = delete;
  ~StreamMock() {
    if (steps_.empty() || std::uncaught_exceptions() > 0) return;
    base::report_test_failure(name_ + ": " + std::to_string(steps_.size()) + " steps were left when it was destroyed",
                              where_);
  }

  StreamMock&& next(T item) && {
    steps_.emplace_back(std::move(item));
    return std::move(*this);
  }
  StreamMock&& wait(base::Duration span) && {
    steps_.emplace_back(Pause{span, std::nullopt});
    return std::move(*this);
  }

  class [[nodiscard("next does nothing until it is awaited")]] Next final : public detail::Awaiter<Next> {
   public:
    static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;
    explicit Next(StreamMock& mock) noexcept : mock_(mock) {}
    ~Next() { disarm(); }
    bool try_now() {
      mock_.drop_past_pauses();
      return !mock_.pause();
    }
    bool enqueue() noexcept {
      disarm();
      return detail::arm_timer(timer_, *mock_.pause()->until, this->strand->wake(), *this->strand->task->scheduler);
    }
    bool fired() noexcept { return timer_.fired() && (try_now() || !enqueue()); }
    void disarm() noexcept {
      if (timer_.awaited()) detail::cancel_timer(timer_);
    }
    std::optional<T> await_resume() {
      mock_.drop_past_pauses();
      if (mock_.steps_.empty()) return std::nullopt;
      std::optional<T> item(std::move(std::get<T>(mock_.steps_.front())));
      mock_.steps_.pop_front();
      return item;
    }

   private:
    StreamMock& mock_;
    detail::TimerEntry timer_;
  };
  /// The next item. Cancellation: safe, none is lost.
  Next next() & noexcept { return Next(*this); }

 private:
  struct Pause {
    base::Duration span;
    std::optional<base::Instant> until;  // set by the first who gets here
  };

  Pause* pause() noexcept { return steps_.empty() ? nullptr : std::get_if<Pause>(&steps_.front()); }
  void drop_past_pauses() {
    for (Pause* first = pause(); first != nullptr; first = pause()) {
      if (!first->until) first->until = base::Instant::now() + first->span;
      if (base::Instant::now() < *first->until) return;
      steps_.pop_front();
    }
  }

  std::deque<std::variant<T, Pause>> steps_;
  std::string name_;
  std::source_location where_;
};

/// See StreamMock.
template <class T>
StreamMock<T> stream_mock(std::string name = "stream mock",
                          std::source_location where = std::source_location::current()) {
  return StreamMock<T>(std::move(name), where);
}

}  // namespace rondeau::time

namespace rondeau::io {
using time::Mock;
using time::stream_mock;
using time::StreamMock;
}  // namespace rondeau::io
