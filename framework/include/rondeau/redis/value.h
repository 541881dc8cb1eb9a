// Value: a reply as it is, for those who do not say a C++ type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rondeau::redis {

/// What kind of reply it is (RESP3). Bulk errors are Error.
enum class ValueKind : std::uint8_t {
  Nil,
  SimpleString,
  BulkString,
  VerbatimString,  ///< without the format in front of it
  Error,
  Integer,
  Double,
  Boolean,
  BigNumber,  ///< its digits
  Array,
  Set,
  Push,
  Map,  ///< items() are key, value, key, value …
};

/// "a bulk string", "nil".
std::string_view to_string(ValueKind kind) noexcept;

/// A reply, which owns its memory. Thread safety: as for an int.
class Value {
 public:
  Value() noexcept = default;
  Value(ValueKind kind, std::string text) noexcept : kind_(kind), content_(std::move(text)) {}
  Value(ValueKind kind, std::vector<Value> items) noexcept : kind_(kind), content_(std::move(items)) {}
  explicit Value(std::int64_t number) noexcept : kind_(ValueKind::Integer), content_(number) {}
  explicit Value(double number) noexcept : kind_(ValueKind::Double), content_(number) {}
  static Value boolean(bool truth) noexcept {
    Value value(std::int64_t{truth});
    value.kind_ = ValueKind::Boolean;
    return value;
  }

  ValueKind kind() const noexcept { return kind_; }
  bool is_nil() const noexcept { return kind_ == ValueKind::Nil; }
  bool is_error() const noexcept { return kind_ == ValueKind::Error; }
  bool is_text() const noexcept { return std::holds_alternative<std::string>(content_); }
  bool is_aggregate() const noexcept { return std::holds_alternative<std::vector<Value>>(content_); }

  /// Of strings, errors and big numbers; else empty. Lifetime: this value's.
  std::string_view text() const& noexcept {
    const auto* text = std::get_if<std::string>(&content_);
    return text != nullptr ? std::string_view(*text) : std::string_view();
  }
  std::string_view text() const&& = delete;
  /// The text itself, moved out; else empty.
  std::string take_text() && noexcept {
    auto* text = std::get_if<std::string>(&content_);
    return text != nullptr ? std::move(*text) : std::string();
  }
  /// Of an Integer, or 1 and 0 of a Boolean; else 0.
  std::int64_t integer() const noexcept {
    const auto* number = std::get_if<std::int64_t>(&content_);
    return number != nullptr ? *number : 0;
  }
  double real() const noexcept {
    const auto* number = std::get_if<double>(&content_);
    return number != nullptr ? *number : 0;
  }
  /// Of an Array, Set, Push or Map; else none. Lifetime: this value's.
  std::span<const Value> items() const& noexcept {
    const auto* items = std::get_if<std::vector<Value>>(&content_);
    return items != nullptr ? std::span<const Value>(*items) : std::span<const Value>();
  }
  std::span<const Value> items() const&& = delete;
  /// The items themselves, moved out; else none.
  std::vector<Value> take_items() && noexcept {
    auto* items = std::get_if<std::vector<Value>>(&content_);
    return items != nullptr ? std::move(*items) : std::vector<Value>();
  }

  friend bool operator==(const Value& left, const Value& right) noexcept = default;

 private:
  ValueKind kind_ = ValueKind::Nil;
  std::variant<std::monostate, std::int64_t, double, std::string, std::vector<Value>> content_;
};

}  // namespace rondeau::redis
