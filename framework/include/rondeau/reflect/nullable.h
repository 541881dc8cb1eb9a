// Members that tell null from a value, and both from absence.
#pragma once

#include <optional>
#include <utility>

namespace rondeau::reflect {

/// Must be present, may be null. (std::optional: may be absent or null.)
template <class T>
class Nullable {
 public:
  Nullable() = default;
  Nullable(std::nullopt_t) {}                      // NOLINT(google-explicit-constructor): as std::optional
  Nullable(T value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)

  bool is_null() const { return !value_.has_value(); }
  explicit operator bool() const { return value_.has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T& emplace() { return value_.emplace(); }
  void set_null() { value_.reset(); }
  bool operator==(const Nullable&) const = default;

 private:
  std::optional<T> value_;
};

/// A member of a JSON Merge Patch (RFC 7396): absent leaves as it is, null removes, a value sets.
template <class T>
class Patch {
 public:
  Patch() = default;
  Patch(std::nullopt_t) : present_(true) {}                     // NOLINT(google-explicit-constructor)
  Patch(T value) : present_(true), value_(std::move(value)) {}  // NOLINT(google-explicit-constructor)

  bool is_absent() const { return !present_; }
  bool is_null() const { return present_ && !value_.has_value(); }
  /// Whether there is a value.
  explicit operator bool() const { return value_.has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T& emplace() {
    present_ = true;
    return value_.emplace();
  }
  void set_null() {
    present_ = true;
    value_.reset();
  }
  /// Changes `target` as the patch says.
  void apply_to(std::optional<T>& target) const {
    if (present_) target = value_;
  }
  bool operator==(const Patch&) const = default;

 private:
  bool present_ = false;
  std::optional<T> value_;
};

}  // namespace rondeau::reflect

namespace rondeau {
using reflect::Nullable;
using reflect::Patch;
}  // namespace rondeau
