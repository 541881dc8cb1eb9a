// Bytes and cells as text, for tables.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <rondeau/sql/value.h>

namespace postgres_test {

/// "00 ff" → bytes; blanks count for nothing.
inline std::string from_hex(std::string_view text) {
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high * 16 + digit));
      high = -1;
    }
  }
  return bytes;
}

inline std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

inline std::string rendered(const rondeau::sql::Cell& cell) {
  using rondeau::sql::Type;
  switch (cell.type) {
    case Type::Null:
      return "null";
    case Type::Float32:
    case Type::Float64: {
      char text[64];
      std::snprintf(text, sizeof text, "%.9g", cell.real);
      return text;
    }
    case Type::Interval:
      return std::to_string(cell.interval.months) + "m " + std::to_string(cell.interval.days) + "d " +
             std::to_string(cell.interval.microseconds) + "us";
    case Type::Bytes:
    case Type::Uuid:
      return to_hex(cell.bytes);
    case Type::Text:
    case Type::Json:
    case Type::Numeric:
    case Type::Unknown:
      return std::string(cell.bytes);
    case Type::Array: {
      std::string text = "[";
      for (const rondeau::sql::Cell& element : cell.elements) {
        if (text.size() > 1) text += ", ";
        text += rendered(element);
      }
      return text + "]";
    }
    default:
      return std::to_string(cell.integer);
  }
}

}  // namespace postgres_test
