// One step of a JSON text, as the parser tells it.
#pragma once

#include <cstdint>
#include <string>

namespace rondeau::json {

enum class TokenKind : std::uint8_t {
  Null,
  Bool,
  Signed,      ///< an integer below zero
  Unsigned,    ///< an integer from zero
  Floating,    ///< with a fraction or an exponent
  BigInteger,  ///< an integer beyond 64 bits; `floating` is near it
  String,
  BeginObject,
  Key,
  EndObject,
  BeginArray,
  EndArray,
};

/// The text of String and Key travels beside it, so that it can be moved from.
struct Token {
  TokenKind kind;
  union {
    bool boolean;
    std::int64_t negative;
    std::uint64_t natural;
    double floating = 0;
  };
};

}  // namespace rondeau::json
