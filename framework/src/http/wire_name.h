// Field names as they are sent, in records of one size: they are copied whole, without asking how long they are.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <rondeau/http/header_name.h>

namespace rondeau::http {

struct WireName {
  std::array<char, kLongestHeaderName + 7> text;  ///< the name and `: `; what is behind them does not matter
  std::uint8_t size;
};

/// By HeaderName; that of Other has no name.
extern const std::array<WireName, kHeaderNameCount> kWireNames;

}  // namespace rondeau::http
