// Why a channel did not take, or did not give, a message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/base/error.h>

namespace rondeau::sync {

/// Nobody will receive it any more. Holds the message.
template <class T>
class [[nodiscard]] SendError {
 public:
  SendError() noexcept = default;
  explicit SendError(T message) : message_(std::move(message)) {}

  /// The message that was not sent.
  T& value() & noexcept { return *message_; }
  T value() && { return *std::move(message_); }
  std::string message() const { return "the channel is closed"; }
  operator base::Error() const { return base::Error(base::Errc::Closed); }

 private:
  std::optional<T> message_;  // empty only in a Result without an error
};

/// There is no room now, or nobody will receive it any more. Holds the message.
template <class T>
class [[nodiscard]] TrySendError {
 public:
  enum class Kind : std::uint8_t { Full, Closed };

  TrySendError() noexcept = default;
  TrySendError(Kind kind, T message) : kind_(kind), message_(std::move(message)) {}

  bool is_full() const noexcept { return kind_ == Kind::Full; }
  bool is_closed() const noexcept { return kind_ == Kind::Closed; }
  /// The message that was not sent.
  T& value() & noexcept { return *message_; }
  T value() && { return *std::move(message_); }
  std::string message() const { return is_full() ? "the channel is full" : "the channel is closed"; }
  operator base::Error() const { return base::Error(is_full() ? base::Errc::Overloaded : base::Errc::Closed); }

 private:
  Kind kind_ = Kind::Closed;
  std::optional<T> message_;  // empty only in a Result without an error
};

/// Why there is no message.
enum class TryRecvError : std::uint8_t {
  Empty,         ///< none now
  Disconnected,  ///< none ever again
};

}  // namespace rondeau::sync
