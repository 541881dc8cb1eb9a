// What the fields of a head say about framing, host and persistence: checked once, here, and nowhere read again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <rondeau/http/request_head.h>

#include "http/refusal.h"

namespace rondeau::http {

/// The Host field that was found good last: one peer says the same again and again.
class KnownHost {
 public:
  bool is(std::string_view host) const noexcept {
    return host.size() == size_ && std::memcmp(text_.data(), host.data(), size_) == 0;
  }
  /// A longer one than usual is looked at every time.
  void keep(std::string_view host) noexcept {
    if (host.size() <= text_.size()) size_ = host.copy(text_.data(), host.size());
  }

 private:
  std::array<char, 64> text_;
  std::size_t size_ = 0;
};

/// Fills framing, content_length, keep_alive, expects_continue and wants_upgrade of `head`, whose fields are complete.
///
/// Refused: Host missing, repeated or malformed; Transfer-Encoding but one line `chunked` of HTTP/1.1; Content-Length
/// but one number up to 2^63-1; both of them; an expectation but 100-continue.
///
/// `known` spares looking at the same Host again.
Refusal check_fields(RequestHead& head, KnownHost& known);

/// The value of a Content-Length. False for what is no number up to 2^63-1 in plain digits.
bool parse_content_length(std::string_view digits, std::uint64_t& out) noexcept;

/// True for a field that may not come behind the body: framing, routing, authentication, content (RFC 9110 §6.5.1).
bool is_forbidden_trailer(HeaderName name) noexcept;

}  // namespace rondeau::http
