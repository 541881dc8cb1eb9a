// readable_by: wait for something to read, until a deadline; the smallest wait an idle connection can have.
#pragma once

#include <rondeau/base/instant.h>
#include <rondeau/detail/leaf.h>
#include <rondeau/detail/registration.h>
#include <rondeau/detail/waiter.h>
#include <rondeau/io/reader.h>
#include <rondeau/task/cancel_safety.h>
#include <rondeau/time/alarm.h>

namespace rondeau::time {

class [[nodiscard("readable_by does nothing until it is awaited")]] ReadableBy final
    : public detail::Awaiter<ReadableBy> {
 public:
  static constexpr task::CancelSafety cancel_safety = task::CancelSafety::Safe;

  ReadableBy(io::Reader& reader, Alarm& alarm, base::Instant deadline) noexcept
      : reader_(reader), alarm_(alarm), deadline_(deadline) {
    waiter_.interest = detail::kReadInterest;
  }
  ~ReadableBy() { disarm(); }

  bool try_now() noexcept {
    disarm();
    waiter_.wake = strand->wake();
    return !reader_.start_wait(waiter_);
  }
  /// try_now() has begun the wait.
  bool enqueue() noexcept { return !expired(); }
  bool fired() noexcept { return !waiter_.linked() || expired(); }
  void disarm() noexcept {
    if (waiter_.linked()) reader_.end_wait(waiter_);
  }
  /// Whoever goes on with it may be another task.
  void pause_wait() noexcept {
    disarm();
    alarm_.leave();
  }
  void describe_wait(detail::WaitDescription& wait) const noexcept {
    wait.object = &reader_;
    wait.descriptor = reader_.described_descriptor();
    wait.direction = "readable";
    wait.deadline = deadline_;
  }
  bool await_resume() noexcept {
    disarm();
    return !expired_;
  }

 private:
  bool expired() noexcept { return expired_ = alarm_.passed(deadline_, *strand); }

  io::Reader& reader_;
  Alarm& alarm_;
  const base::Instant deadline_;
  detail::Waiter waiter_;
  bool expired_ = false;
};

/// Waits until `reader.try_read()` has something to tell; false when the deadline passed first.
///
/// Cancellation: safe. Lifetime: reader and alarm outlive the await. The alarm belongs to the awaiting task alone.
inline ReadableBy readable_by(io::Reader& reader, Alarm& alarm, base::Instant deadline) noexcept {
  return ReadableBy(reader, alarm, deadline);
}

}  // namespace rondeau::time
