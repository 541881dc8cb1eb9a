// Error of the Redis client: what failed, where the time went, whether the command may have been executed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rondeau/base/result.h>

namespace rondeau::redis {

enum class ErrorKind : std::uint8_t {
  Config,         ///< the options or the URL make no sense
  Io,             ///< the connection failed while this was under way
  Timeout,        ///< no reply within the command's time, or the context's deadline
  NotConnected,   ///< there is no connection, and the caller does not want to wait for one
  MaybeExecuted,  ///< the connection was lost after the command was sent: nobody knows whether it ran
  Server,         ///< the server refused it: see code()
  TypeMismatch,   ///< the reply does not fit the C++ type
  Protocol,       ///< the peer does not speak RESP; the connection is closed
  Auth,           ///< the server does not take the credentials
  Overloaded,     ///< too much waits in the client already
  TooLarge,       ///< a reply, or a command, above its limit
  ExecAborted,    ///< EXECABORT: a command of the transaction was refused, nothing ran
  WatchFailed,    ///< a watched key was changed, nothing ran
  Closed,         ///< the client was closed, or its runtime ends
};

/// How far it came.
enum class Phase : std::uint8_t { Encode, Acquire, Connect, Handshake, Queue, Send, Reply, Decode };
/// Whether the server got it: it may have been executed unless this is No.
enum class Sent : std::uint8_t { No, Maybe, Yes };
/// What may help: the same again at once, after a pause, on another connection; or nothing.
enum class Retry : std::uint8_t { Never, Now, Backoff, Reconnect };

std::string_view to_string(ErrorKind kind) noexcept;
std::string_view to_string(Phase phase) noexcept;

/// A failure of a command or of a connection. Never holds arguments or passwords. Thread safety: as for an int.
class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, Phase phase, std::string message);
  /// What an error reply says: "WRONGTYPE Operation against a key holding the wrong kind of value".
  static Error from_server(std::string_view reply);

  ErrorKind kind() const noexcept { return kind_; }
  Phase phase() const noexcept { return phase_; }
  Sent sent() const noexcept { return sent_; }
  Retry retry() const noexcept { return retry_; }
  /// The first word of an error reply, "WRONGTYPE"; empty for errors of other kinds.
  std::string_view code() const noexcept { return std::string_view(message_).substr(code_begin_, code_size_); }
  /// One line with the whole cause: "GET: no reply within 1 s".
  const std::string& message() const noexcept { return message_; }

  /// The same with what was tried in front.
  Error with(std::string_view what) const;
  Error with_sent(Sent sent) && noexcept;
  Error with_retry(Retry retry) && noexcept;

  bool operator==(ErrorKind kind) const noexcept { return kind_ == kind; }

  /// For functions that return a Result of the library's own: the message, under the code that comes closest.
  operator base::Error() const;  // NOLINT(google-explicit-constructor): an error passes on as one

 private:
  ErrorKind kind_;
  Phase phase_;
  Sent sent_ = Sent::No;
  Retry retry_ = Retry::Never;
  std::uint16_t code_begin_ = 0;
  std::uint16_t code_size_ = 0;
  std::string message_;
};

/// A value, or an Error of this client.
template <class T = void>
using Result = base::Result<T, Error>;

}  // namespace rondeau::redis
