// client::Error: what became of a request that has no answer, and what may be done about it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/base/error.h>
#include <rondeau/http/status.h>

namespace rondeau::client {

enum class ErrorKind : std::uint8_t {
  InvalidUrl,
  InvalidRequest,     ///< a field or a body that cannot be sent
  Dns,                ///< the host has no address, or nobody told
  AddressDenied,      ///< the address policy refuses what the name stands for
  Connect,            ///< nobody listens, or the connection was cut before anything was answered
  Tls,                ///< the handshake failed, or the certificate is not to be believed
  Proxy,              ///< the proxy refuses
  PoolTimeout,        ///< no connection came free in time
  PoolExhausted,      ///< too many wait for one
  ConnectTimeout,     ///< name, connection, proxy and handshake took too long
  WriteTimeout,       ///< the peer does not read
  ReadTimeout,        ///< the peer is silent
  TotalTimeout,       ///< the time of the request, or of what it is for, is over
  Protocol,           ///< what came is no answer of HTTP
  BodyTruncated,      ///< it ended before its end
  Decode,             ///< the content is not what it says it is
  TooLarge,           ///< above a limit of this client
  Redirect,           ///< a redirection that cannot be followed
  TooManyRedirects,
  Status,             ///< the answer's status is no success, and that was asked for
  BodyNotReplayable,  ///< it would have to be sent again, and cannot
  CircuitOpen,        ///< not tried: it failed too often of late
  Closed,             ///< the client was closed
};
/// "read_timeout". Lifetime: the program's.
std::string_view to_string(ErrorKind kind) noexcept;

/// How far it had come.
enum class Phase : std::uint8_t { Request, Pool, Resolve, Connect, Proxy, Tls, Write, Head, Body, Content };
std::string_view to_string(Phase phase) noexcept;

/// Whether the peer may have seen the request.
enum class Sent : std::uint8_t {
  No,     ///< no byte of it left this process, or the peer says that it has done nothing
  Maybe,  ///< a part of it did
  Yes,    ///< all of it did
};
std::string_view to_string(Sent sent) noexcept;

/// What is worth a try.
enum class Retry : std::uint8_t { Never, Now, Backoff };

/// Cheap to move; copying allocates. Thread safety: as for a std::string.
class [[nodiscard]] Error {
 public:
  struct Parts {
    ErrorKind kind = ErrorKind::Protocol;
    Phase phase = Phase::Request;
    std::string cause = {};  ///< in human words: "connection refused"
    Sent sent = Sent::No;
    Retry retry = Retry::Never;
    std::string method = {};
    std::string url = {};  ///< without values of its query
    std::optional<http::StatusCode> status = std::nullopt;
    unsigned attempts = 1;
  };

  Error() : Error(Parts{}) {}
  explicit Error(Parts parts) : parts_(std::make_unique<Parts>(std::move(parts))) {}
  Error(const Error& other) : parts_(std::make_unique<Parts>(*other.parts_)) {}
  Error& operator=(const Error& other) { return *this = Error(other); }
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  ErrorKind kind() const noexcept { return parts_->kind; }
  Phase phase() const noexcept { return parts_->phase; }
  /// Whether doing it again may do it twice.
  Sent sent() const noexcept { return parts_->sent; }
  Retry retry() const noexcept { return parts_->retry; }
  /// Of an answer that came before it failed.
  std::optional<http::StatusCode> status() const noexcept { return parts_->status; }
  /// The one that failed, which may be where a redirection led to; values of its query are masked.
  const std::string& url() const noexcept { return parts_->url; }
  unsigned attempts() const noexcept { return parts_->attempts; }
  const std::string& cause() const noexcept { return parts_->cause; }
  /// One line: "GET https://api.example/users: read timeout: nothing for 30 s (waiting for the answer)".
  std::string message() const;

  Parts& parts() noexcept { return *parts_; }
  const Parts& parts() const noexcept { return *parts_; }

  bool operator==(ErrorKind kind) const noexcept { return parts_->kind == kind; }
  /// For whoever passes it on as any other error.
  operator base::Error() const;  // NOLINT(google-explicit-constructor): as a Result's error it converts

 private:
  std::unique_ptr<Parts> parts_;  // never null but in what was moved from
};

}  // namespace rondeau::client
