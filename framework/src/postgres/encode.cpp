#include "postgres/encode.h"

#include <bit>
#include <limits>

#include "postgres/big_endian.h"

namespace rondeau::postgres {
namespace {

using sql::Type;
using sql::Value;

constexpr std::size_t kMostParameters = 65'535;  // the protocol counts them in 16 bits
constexpr std::size_t kLongest = std::numeric_limits<std::int32_t>::max();

/// What is wrong with a value, and the type that it is about.
struct Fault {
  const char* what = nullptr;  ///< null: nothing
  std::string_view type = {};

  explicit operator bool() const noexcept { return what != nullptr; }
};

template <std::integral T>
Fault integer(std::string& out, const Value& value) {
  const auto* number = std::get_if<std::int64_t>(&value.data);
  if (number == nullptr) return {"it holds no integer"};
  if (*number < std::numeric_limits<T>::min() || *number > std::numeric_limits<T>::max()) {
    return {"it does not fit ", to_string(value.type)};
  }
  append_big_endian(out, static_cast<T>(*number));
  return {};
}

/// The first and the last number stand for infinity, which ours are not.
template <std::integral T>
Fault since_epoch(std::string& out, const Value& value, std::int64_t epoch) {
  const auto* number = std::get_if<std::int64_t>(&value.data);
  if (number == nullptr) return {"it holds no point in time"};
  std::int64_t moved = 0;
  if (__builtin_sub_overflow(*number, epoch, &moved) || moved <= std::numeric_limits<T>::min() ||
      moved >= std::numeric_limits<T>::max()) {
    return {"it is out of the range of its type"};
  }
  append_big_endian(out, static_cast<T>(moved));
  return {};
}

Fault text(std::string& out, const Value& value) {
  const auto* bytes = std::get_if<std::string>(&value.data);
  if (bytes == nullptr) return {"it holds no text"};
  if (bytes->find('\0') != std::string::npos) return {"a text of the server's cannot hold a zero byte"};
  out += *bytes;
  return {};
}

/// In binary; text and numeric have none here.
Fault binary(std::string& out, const Value& value) {
  switch (value.type) {
    case Type::Bool: {
      const auto* truth = std::get_if<std::int64_t>(&value.data);
      if (truth == nullptr) return {"it holds no bool"};
      out.push_back(*truth != 0 ? 1 : 0);
      return {};
    }
    case Type::Int16:
      return integer<std::int16_t>(out, value);
    case Type::Int32:
      return integer<std::int32_t>(out, value);
    case Type::Int64:
      return integer<std::int64_t>(out, value);
    case Type::Float32: {
      const auto* number = std::get_if<double>(&value.data);
      if (number == nullptr) return {"it holds no number"};
      append_big_endian(out, std::bit_cast<std::uint32_t>(static_cast<float>(*number)));
      return {};
    }
    case Type::Float64: {
      const auto* number = std::get_if<double>(&value.data);
      if (number == nullptr) return {"it holds no number"};
      append_big_endian(out, std::bit_cast<std::uint64_t>(*number));
      return {};
    }
    case Type::Bytes: {
      const auto* bytes = std::get_if<std::string>(&value.data);
      if (bytes == nullptr) return {"it holds no bytes"};
      out += *bytes;
      return {};
    }
    case Type::Json:
      out.push_back(1);
      return text(out, value);
    case Type::Date:
      return since_epoch<std::int32_t>(out, value, kEpochDays);
    case Type::Time:
      return integer<std::int64_t>(out, value);  // the server refuses what is no time of day
    case Type::Timestamp:
    case Type::Timestamptz:
      return since_epoch<std::int64_t>(out, value, kEpochMicroseconds);
    case Type::Interval: {
      const auto* span = std::get_if<sql::Interval>(&value.data);
      if (span == nullptr) return {"it holds no interval"};
      append_big_endian(out, span->microseconds);
      append_big_endian(out, span->days);
      append_big_endian(out, span->months);
      return {};
    }
    case Type::Uuid: {
      const auto* bytes = std::get_if<std::string>(&value.data);
      if (bytes == nullptr || bytes->size() != 16) return {"it holds no UUID"};
      out += *bytes;
      return {};
    }
    default:
      return {"a parameter cannot be of the type ", to_string(value.type)};
  }
}

bool travels_as_text(Type type) noexcept {
  return type == Type::Text || type == Type::Numeric || type == Type::Null || type == Type::Unknown;
}

/// {"a \"b\"",NULL}
Fault array_text(std::string& out, const sql::Array& array) {
  out.push_back('{');
  for (std::size_t i = 0; i < array.elements.size(); ++i) {
    const Value& element = array.elements[i];
    if (i > 0) out.push_back(',');
    if (element.is_null()) {
      out += "NULL";
      continue;
    }
    std::string plain;
    if (const Fault fault = text(plain, element)) return fault;
    out.push_back('"');
    for (const char c : plain) {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('"');
  }
  out.push_back('}');
  return {};
}

Fault array_binary(std::string& out, const sql::Array& array, Type type) {
  if (array.elements.size() > kLongest) return {"it has too many elements"};
  bool has_null = false;
  for (const Value& element : array.elements) has_null |= element.is_null();
  append_big_endian(out, std::int32_t{array.elements.empty() ? 0 : 1});
  append_big_endian(out, std::int32_t{has_null});
  append_big_endian(out, declared(type));
  if (array.elements.empty()) return {};
  append_big_endian(out, static_cast<std::int32_t>(array.elements.size()));
  append_big_endian(out, std::int32_t{1});  // the first one's number
  for (const Value& element : array.elements) {
    const std::size_t at = out.size();
    append_big_endian(out, std::int32_t{-1});
    if (element.is_null()) continue;
    if (element.type != type) return {"its elements are of several types"};
    if (const Fault fault = binary(out, element)) return fault;
    if (out.size() - at > kLongest) return {"it is larger than 2 GiB"};
    std::string length;
    append_big_endian(length, static_cast<std::int32_t>(out.size() - at - 4));
    out.replace(at, 4, length);
  }
  return {};
}

Fault array(std::string& out, const Value& value) {
  const auto* array = std::get_if<sql::Array>(&value.data);
  if (array == nullptr) return {"it holds no array"};
  return travels_as_text(value.element) ? array_text(out, *array) : array_binary(out, *array, value.element);
}

}  // namespace

Result<void, EncodeFault> Encoded::fill(std::span<const Value> values) {
  if (values.size() > kMostParameters) {
    return Unexpected{EncodeFault{kMostParameters + 1, "a statement has at most 65535 parameters: give many values as "
                                                       "arrays, unnest($1::int8[], $2::text[])"}};
  }
  const std::size_t count = values.size();
  bytes_.clear();
  types_.resize(count);
  formats_.resize(count);
  lengths_.resize(count);
  values_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Value& value = values[i];
    const bool is_array = value.type == Type::Array;
    const Type type = is_array ? value.element : value.type;
    const bool as_text = travels_as_text(type);
    const std::size_t begin = bytes_.size();
    Fault fault;
    if (!value.is_null()) {
      fault = is_array ? array(bytes_, value) : as_text ? text(bytes_, value) : binary(bytes_, value);
    }
    const std::size_t length = bytes_.size() - begin;
    if (!fault && length > kLongest) fault = {"it is larger than 2 GiB"};
    if (fault) return Unexpected{EncodeFault{i + 1, fault.what + std::string(fault.type)}};
    types_[i] = is_array ? declared_array(type) : declared(type);
    formats_[i] = as_text ? 0 : 1;
    lengths_[i] = static_cast<int>(length);
    bytes_.push_back('\0');  // libpq measures what goes as text
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    values_[i] = values[i].is_null() ? nullptr : bytes_.data() + begin;
    begin += static_cast<std::size_t>(lengths_[i]) + 1;
  }
  return {};
}

}  // namespace rondeau::postgres
