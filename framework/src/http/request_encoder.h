// The head of a request as HTTP/1.1 writes it.
#pragma once

#include <cstdint>
#include <string_view>

#include <rondeau/http/headers.h>
#include <rondeau/http/method.h>
#include <rondeau/http/request_head.h>

#include "http/output_buffer.h"

namespace rondeau::http {

/// What stands around the fields. The texts are valid where they stand: they come from a parsed URL.
struct RequestStart {
  Method method = Method::Get;
  std::string_view target;
  std::string_view host;
  BodyFraming framing = BodyFraming::None;
  std::uint64_t length = 0;  ///< of a body whose framing is Length
  bool expect_continue = false;
  std::string_view proxy_authorization = {};  ///< empty: none
};

/// Appends the head. Of `fields`, those that a sender says by itself are left out, but for Upgrade.
void encode_request_head(OutputBuffer& out, const RequestStart& start, const Headers& fields);

/// True for methods whose request says `Content-Length: 0` where it has no body (RFC 9110 §8.6).
bool expects_body(Method method) noexcept;

}  // namespace rondeau::http
