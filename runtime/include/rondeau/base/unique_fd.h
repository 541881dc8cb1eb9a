// UniqueFd: owns a descriptor of the kernel's.
#pragma once

#include <utility>

namespace rondeau::base {

/// Closes its descriptor when destroyed. Thread safety: as for an int.
class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  /// Takes the descriptor over; negative means none.
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  explicit operator bool() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  /// Gives the descriptor away.
  int release() noexcept { return std::exchange(fd_, -1); }
  /// Closes what it has and takes `fd` over.
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

}  // namespace rondeau::base
