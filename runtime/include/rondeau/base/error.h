// What a peer, the network, the kernel or the clock may cause, as a value of two words.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rondeau::base {

/// The kinds of failure a caller may want to tell apart.
enum class Errc : std::uint16_t {
  Ok,
  // the kernel and the network
  ConnectionRefused,
  ConnectionReset,
  ConnectionAborted,
  NotConnected,
  BrokenPipe,
  AddressInUse,
  AddressNotAvailable,
  HostUnreachable,
  PermissionDenied,
  NotFound,
  AlreadyExists,
  TooManyOpenFiles,
  OutOfMemory,
  NoSpace,
  ReadOnly,
  WouldBlock,
  Interrupted,
  Unsupported,
  Os,  ///< any other system error: see os_error()
  // input and output
  UnexpectedEof,
  WriteZero,
  TooLarge,
  InvalidData,
  InvalidArgument,
  // time and life
  TimedOut,
  Closed,
  Overloaded,
  ShuttingDown,
  // anything else
  Other,
};

/// The word for a kind: "connection refused".
std::string_view to_string(Errc code) noexcept;

/// A failure: its kind, the system's error number where there is one, and what was tried on what.
///
/// Copying one without context allocates nothing. Making one from an errno allocates nothing.
/// Thread safety: as for an int.
class [[nodiscard]] Error {
 public:
  Error() noexcept = default;
  Error(Errc code) noexcept : code_(code) {}  // NOLINT(google-explicit-constructor): errors pass as their kind
  /// `context` says what was tried on what: "connect 10.0.0.7:5432".
  [[gnu::cold]] Error(Errc code, std::string_view context);
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  /// The error of a failed system call; `os_error` is an errno.
  static Error from_os(int os_error) noexcept;
  [[gnu::cold]] static Error from_os(int os_error, std::string_view context);

  Errc code() const noexcept { return code_; }
  /// The errno behind this error, or 0.
  int os_error() const noexcept { return os_error_; }
  /// What was tried on what; may be empty.
  std::string_view context() const noexcept { return context_ ? std::string_view(*context_) : std::string_view(); }
  /// "connect 10.0.0.7:5432: connection refused".
  std::string message() const;

  /// The same error with `context` in front of the present one.
  Error with(std::string_view context) const;

  bool operator==(Errc code) const noexcept { return code_ == code; }

 private:
  Errc code_ = Errc::Ok;
  std::int32_t os_error_ = 0;
  std::unique_ptr<std::string> context_;
};

}  // namespace rondeau::base

namespace rondeau {
using base::Errc;
using base::Error;
}  // namespace rondeau
