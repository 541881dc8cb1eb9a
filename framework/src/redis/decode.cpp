#include <rondeau/redis/decode.h>

#include <charconv>
#include <utility>

namespace rondeau::redis {
namespace {

// Redis keeps numbers as text: GET and HGETALL give them back as that.
template <class Number>
std::optional<Number> number_in(std::string_view text) noexcept {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_readable_text(const Value& value) noexcept {
  return value.is_text() && !value.is_error();
}

}  // namespace

Error mismatch(std::string what) {
  return Error(ErrorKind::TypeMismatch, Phase::Decode, std::move(what)).with_sent(Sent::Yes);
}

Error mismatch(const Value& value, std::string_view expected) {
  return mismatch(std::string(to_string(value.kind())) + " where " + std::string(expected) + " is expected");
}

Result<bool> decode_bool(const Value& value) {
  if (value.is_nil()) return false;
  if (value.kind() == ValueKind::Boolean) return value.integer() == 1;
  if (value.kind() == ValueKind::Integer && (value.integer() == 0 || value.integer() == 1)) return value.integer() == 1;
  if (value.kind() == ValueKind::SimpleString && value.text() == "OK") return true;
  if (is_readable_text(value) && (value.text() == "0" || value.text() == "1")) return value.text() == "1";
  return mismatch(value, "a boolean");
}

Result<std::int64_t> decode_signed(const Value& value, std::int64_t least, std::int64_t most) {
  std::optional<std::int64_t> number;
  if (value.kind() == ValueKind::Integer) number = value.integer();
  if (is_readable_text(value)) number = number_in<std::int64_t>(value.text());
  if (!number) return mismatch(value, "an integer");
  if (*number < least || *number > most) return mismatch("an integer that the type does not hold");
  return *number;
}

Result<std::uint64_t> decode_unsigned(const Value& value, std::uint64_t most) {
  std::optional<std::uint64_t> number;
  if (value.kind() == ValueKind::Integer && value.integer() >= 0) number = static_cast<std::uint64_t>(value.integer());
  if (is_readable_text(value)) number = number_in<std::uint64_t>(value.text());
  if (!number) return mismatch(value, "an integer of zero or more");
  if (*number > most) return mismatch("an integer that the type does not hold");
  return *number;
}

Result<double> decode_double(const Value& value) {
  if (value.kind() == ValueKind::Double) return value.real();
  if (value.kind() == ValueKind::Integer) return static_cast<double>(value.integer());
  if (is_readable_text(value)) {
    if (const auto number = number_in<double>(value.text())) return *number;
  }
  return mismatch(value, "a number");
}

Result<std::string> decode_text(Value&& value) {
  if (!is_readable_text(value)) return mismatch(value, "text");
  return std::move(value).take_text();
}

Result<std::vector<Value>> decode_items(Value&& value) {
  if (!value.is_aggregate()) return mismatch(value, "an array");
  return std::move(value).take_items();
}

Result<std::vector<Value>> decode_entries(Value&& value) {
  if (value.kind() != ValueKind::Map && value.kind() != ValueKind::Array) return mismatch(value, "a map");
  auto entries = std::move(value).take_items();
  if (entries.size() % 2 != 0) return mismatch("a key without a value where a map is expected");
  return entries;
}

}  // namespace rondeau::redis
