// The first bytes of an HTTP/2 connection (RFC 9113 §3.4).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace rondeau::http2 {

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum class Opening : std::uint8_t {
  Undecided,  ///< all that is here is the beginning of the preface
  Http1,
  Http2,
};

/// What a connection that begins with these bytes speaks.
constexpr Opening judge_opening(std::string_view begin) noexcept {
  const std::size_t here = std::min(begin.size(), kPreface.size());
  if (begin.substr(0, here) != kPreface.substr(0, here)) return Opening::Http1;
  return here == kPreface.size() ? Opening::Http2 : Opening::Undecided;
}

}  // namespace rondeau::http2
