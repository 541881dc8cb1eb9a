// Why a SetOnce or a OnceCell did not take a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <rondeau/base/error.h>

namespace rondeau::sync {

/// The value was not set. Holds the one that was offered.
template <class T>
class [[nodiscard]] SetError {
 public:
  enum class Kind : std::uint8_t {
    AlreadySet,  ///< there is a value
    BeingSet,    ///< somebody is about to set one
  };

  SetError() noexcept = default;
  SetError(Kind kind, T value) : kind_(kind), value_(std::move(value)) {}

  bool is_already_set() const noexcept { return kind_ == Kind::AlreadySet; }
  bool is_being_set() const noexcept { return kind_ == Kind::BeingSet; }
  /// The value that was offered.
  T& value() & noexcept { return *value_; }
  T value() && { return *std::move(value_); }
  std::string message() const { return is_already_set() ? "there is a value already" : "another value is being set"; }
  operator base::Error() const {
    return is_already_set() ? base::Error(base::Errc::AlreadyExists) : base::Error(base::Errc::WouldBlock);
  }

 private:
  Kind kind_ = Kind::AlreadySet;
  std::optional<T> value_;  // empty only in a Result without an error
};

}  // namespace rondeau::sync
