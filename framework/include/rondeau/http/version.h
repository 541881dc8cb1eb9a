// The versions of HTTP a message can have here.
#pragma once

#include <cstdint>
#include <string_view>

namespace rondeau::http {

enum class Version : std::uint8_t { Http10, Http11, Http2 };

/// "HTTP/1.1".
constexpr std::string_view to_string(Version version) noexcept {
  switch (version) {
    case Version::Http10:
      return "HTTP/1.0";
    case Version::Http11:
      return "HTTP/1.1";
    case Version::Http2:
      return "HTTP/2";
  }
  return "HTTP/1.1";
}

}  // namespace rondeau::http
