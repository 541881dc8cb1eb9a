// Secret<T>: a value that is not printed, not logged, not written as JSON, and wiped when it ends.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/result.h>

namespace rondeau::crypto {

/// Overwrites memory in a way that is not optimised away.
void wipe(char* bytes, std::size_t size) noexcept;
/// The same for all that the string has reserved; it is empty afterwards.
void wipe(std::string& text) noexcept;

template <class T>
class Secret;

/// Text that only reveal() shows. There is no stream operator and no comparison but equals().
///
/// A copy of its own is wiped when it is destroyed, assigned or moved from; copies that others made are theirs to wipe.
/// Thread safety: as for a std::string.
template <>
class Secret<std::string> {
 public:
  Secret() = default;
  explicit Secret(std::string value) noexcept : value_(std::move(value)) { wipe(value); }
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
  Secret& operator=(const Secret& other) {
    if (this != &other) *this = Secret(other);
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe(value_);
    value_ = std::move(other.value_);
    wipe(other.value_);
    return *this;
  }
  ~Secret() { wipe(value_); }

  /// The value itself. Lifetime: this object's.
  std::string_view reveal() const noexcept { return value_; }
  bool empty() const noexcept { return value_.empty(); }
  /// Compares in a time that tells the lengths and nothing of the content.
  bool equals(std::string_view other) const noexcept;

 private:
  std::string value_;
};
Secret(std::string) -> Secret<std::string>;

}  // namespace rondeau::crypto

namespace rondeau {

using crypto::Secret;

template <class T>
struct JsonFor;  // <rondeau/reflect/json_for.h>

/// Read from JSON, settings and forms like text, written as "***". What was read passes through buffers of others, which
/// do not wipe it.
template <>
struct JsonFor<Secret<std::string>> {
  using Form = std::string;
  static constexpr bool secret = true;
  static Form to_json(const Secret<std::string>&) { return "***"; }
  static Result<Secret<std::string>> from_json(Form form) { return Secret(std::move(form)); }
};

}  // namespace rondeau
