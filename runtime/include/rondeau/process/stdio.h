// Stdio: what a program gets as a standard stream.
#pragma once

#include <cstdint>
#include <utility>

#include <rondeau/base/unique_fd.h>

namespace rondeau::process {

class Stdio {
 public:
  enum class Kind : std::uint8_t { Inherit, Null, Piped, Descriptor };

  /// Ours.
  static Stdio inherit() noexcept { return Stdio(Kind::Inherit); }
  /// /dev/null.
  static Stdio null() noexcept { return Stdio(Kind::Null); }
  /// A pipe whose other end the Child has.
  static Stdio piped() noexcept { return Stdio(Kind::Piped); }
  /// Takes a descriptor over; it is closed with its Command, so a pipe does not end before that is destroyed.
  static Stdio from_fd(base::UniqueFd fd) noexcept { return Stdio(std::move(fd)); }

  Kind kind() const noexcept { return kind_; }
  int fd() const noexcept { return fd_.get(); }

 private:
  explicit Stdio(Kind kind) noexcept : kind_(kind) {}
  explicit Stdio(base::UniqueFd fd) noexcept : kind_(Kind::Descriptor), fd_(std::move(fd)) {}
  Kind kind_;
  base::UniqueFd fd_;
};

}  // namespace rondeau::process
