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

/// A broadcast receiver was too slow.
struct Lagged {
  std::uint64_t missed;  ///< how many values it will never see
};

/// Why a broadcast receiver got no value.
class [[nodiscard]] BroadcastError {
 public:
  enum class Kind : std::uint8_t {
    Empty,   ///< none now
    Closed,  ///< none ever again
    Lagged,  ///< some were overwritten; the next is the oldest that is kept
  };

  BroadcastError() noexcept = default;
  BroadcastError(Kind kind) noexcept : kind_(kind) {}
  BroadcastError(Lagged lagged) noexcept : kind_(Kind::Lagged), missed_(lagged.missed) {}

  Kind kind() const noexcept { return kind_; }
  bool is_empty() const noexcept { return kind_ == Kind::Empty; }
  bool is_closed() const noexcept { return kind_ == Kind::Closed; }
  bool is_lagged() const noexcept { return kind_ == Kind::Lagged; }
  /// How many values were overwritten before this receiver read them; 0 unless it lagged.
  std::uint64_t missed() const noexcept { return missed_; }
  std::string message() const {
    if (is_lagged()) return "the receiver missed " + std::to_string(missed_) + " values";
    return is_empty() ? "the channel is empty" : "the channel is closed";
  }
  operator base::Error() const {
    if (is_lagged()) return base::Error(base::Errc::Overloaded, message());
    return is_empty() ? base::Errc::WouldBlock : base::Errc::Closed;
  }

 private:
  Kind kind_ = Kind::Closed;
  std::uint64_t missed_ = 0;
};

}  // namespace rondeau::sync
