// SignalKind: which of the system's signals.
#pragma once

#include <compare>
#include <string>

namespace rondeau::signal {

/// A signal by number. The names are those of signal(7).
class SignalKind {
 public:
  static constexpr SignalKind from_raw(int number) noexcept { return SignalKind(number); }
  /// SIGRTMIN + `offset`.
  static SignalKind real_time(int offset) noexcept;

  static SignalKind alarm() noexcept;
  static SignalKind child() noexcept;
  static SignalKind hangup() noexcept;
  static SignalKind interrupt() noexcept;
  static SignalKind io() noexcept;
  static SignalKind pipe() noexcept;
  static SignalKind quit() noexcept;
  static SignalKind terminate() noexcept;
  static SignalKind user_defined1() noexcept;
  static SignalKind user_defined2() noexcept;
  static SignalKind window_change() noexcept;

  constexpr int raw() const noexcept { return number_; }
  /// "SIGTERM", "SIGRTMIN+3", "signal 99".
  std::string name() const;

  friend constexpr auto operator<=>(SignalKind, SignalKind) noexcept = default;

 private:
  constexpr explicit SignalKind(int number) noexcept : number_(number) {}
  int number_;
};

}  // namespace rondeau::signal

namespace rondeau {
using signal::SignalKind;
}
