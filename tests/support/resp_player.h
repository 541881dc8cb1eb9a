// Plays bytes to the RESP parser in pieces, and writes down what it makes of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "redis/escaped.h"
#include "redis/parser.h"

namespace rondeau::support {

inline std::string render(const redis::Value& value) {
  const auto list = [&](char open, char close) {
    std::string text(1, open);
    for (const redis::Value& one : value.items()) text += (text.size() > 1 ? " " : "") + render(one);
    return text + close;
  };
  switch (value.kind()) {
    case redis::ValueKind::Nil:
      return "nil";
    case redis::ValueKind::SimpleString:
      return "+" + redis::escaped(value.text());
    case redis::ValueKind::BulkString:
      return "'" + redis::escaped(value.text()) + "'";
    case redis::ValueKind::VerbatimString:
      return "=" + redis::escaped(value.text());
    case redis::ValueKind::Error:
      return "-" + redis::escaped(value.text());
    case redis::ValueKind::Integer:
      return std::to_string(value.integer());
    case redis::ValueKind::Double:
      return std::isnan(value.real()) ? "nan" : std::to_string(value.real());
    case redis::ValueKind::Boolean:
      return value.integer() == 1 ? "true" : "false";
    case redis::ValueKind::BigNumber:
      return "(" + std::string(value.text());
    case redis::ValueKind::Array:
      return list('[', ']');
    case redis::ValueKind::Set:
      return "~" + list('[', ']');
    case redis::ValueKind::Push:
      return ">" + list('[', ']');
    case redis::ValueKind::Map:
      return list('{', '}');
  }
  return "?";
}

/// The replies in `bytes`, one after the other, when they come in pieces of `piece` bytes; then "…" where one is not
/// whole, or the kind of error.
inline std::string play_resp(std::string_view bytes, std::size_t piece, redis::ParserLimits limits = {}) {
  redis::Parser parser(limits);
  std::string told;
  const auto tell = [&](std::string_view what) { told += (told.empty() ? "" : " ; ") + std::string(what); };
  while (!bytes.empty()) {
    std::string_view some = bytes.substr(0, piece);
    bytes.remove_prefix(some.size());
    while (!some.empty()) {
      auto next = parser.next(some);
      if (!next) {
        tell("error: " + std::string(redis::to_string(next.error().kind())));
        return told;
      }
      if (*next) tell(render(**next));
    }
  }
  if (!parser.at_boundary()) tell("...");
  return told;
}

}  // namespace rondeau::support
