// send_timeout: a message that is sent in time, or comes back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <rondeau/base/instant.h>
#include <rondeau/base/result.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/task.h>
#include <rondeau/time/timeout.h>

namespace rondeau::time {

/// The channel had no room in time, or nobody will receive any more. Holds the message.
template <class T>
class [[nodiscard]] SendTimeoutError {
 public:
  enum class Kind : std::uint8_t { TimedOut, Closed };

  SendTimeoutError() noexcept = default;
  SendTimeoutError(Kind kind, T message) : kind_(kind), message_(std::move(message)) {}

  bool is_timeout() const noexcept { return kind_ == Kind::TimedOut; }
  bool is_closed() const noexcept { return kind_ == Kind::Closed; }
  /// The message that was not sent.
  T& value() & noexcept { return *message_; }
  T value() && { return *std::move(message_); }
  std::string message() const { return is_timeout() ? "the channel stayed full" : "the channel is closed"; }
  operator base::Error() const {
    return is_timeout() ? base::Error(base::Errc::TimedOut) : base::Error(base::Errc::Closed);
  }

 private:
  Kind kind_ = Kind::Closed;
  std::optional<T> message_;  // empty only in a Result without an error
};

/// Waits at most `span` for room, in order, and sends: `co_await send_timeout(tx, std::move(message), 100ms)`
///
/// With room at once it sends whatever the span. Errors: TimedOut, Closed; the error holds the message.
/// Cancellation: the message is lost (it was not sent), and the place in the queue.
template <class T>
task::Task<base::Result<void, SendTimeoutError<T>>> send_timeout(sync::Sender<T> sender,
                                                                 std::type_identity_t<T> message, base::Duration span) {
  using Kind = typename SendTimeoutError<T>::Kind;
  auto permit = co_await timeout(span, sender.reserve());
  if (!permit) {
    const bool late = permit.error() == base::Errc::TimedOut;
    co_return base::Unexpected{SendTimeoutError<T>(late ? Kind::TimedOut : Kind::Closed, std::move(message))};
  }
  std::move(*permit).send(std::move(message));
  co_return {};
}

}  // namespace rondeau::time

namespace rondeau {
using time::send_timeout;
}
