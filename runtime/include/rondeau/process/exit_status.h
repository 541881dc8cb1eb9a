// ExitStatus: how a program ended.
#pragma once

#include <optional>
#include <string>

namespace rondeau::process {

/// What wait(2) tells. Thread safety: as for an int.
class ExitStatus {
 public:
  constexpr ExitStatus() noexcept = default;
  static constexpr ExitStatus from_raw(int status) noexcept { return ExitStatus(status); }

  /// It ended by itself, with 0.
  bool success() const noexcept { return raw_ == 0; }
  /// What it gave to exit(3); empty where a signal ended it.
  std::optional<int> code() const noexcept;
  /// The signal that ended it.
  std::optional<int> signal() const noexcept;
  bool core_dumped() const noexcept;
  constexpr int raw() const noexcept { return raw_; }
  /// "exit code 1", "signal 9".
  std::string message() const;

  friend constexpr bool operator==(ExitStatus, ExitStatus) noexcept = default;

 private:
  explicit constexpr ExitStatus(int status) noexcept : raw_(status) {}
  int raw_ = 0;
};

}  // namespace rondeau::process
