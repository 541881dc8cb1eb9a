// What the fields of a head say about framing, host and persistence: checked once, here, and nowhere read again.
#pragma once

#include <rondeau/http/request_head.h>

#include "http/refusal.h"

namespace rondeau::http {

/// Fills framing, content_length, keep_alive, expects_continue and wants_upgrade of `head`, whose fields are complete.
///
/// Refused: Host missing, repeated or malformed; Transfer-Encoding but one line `chunked` of HTTP/1.1; Content-Length
/// but one number up to 2^63-1; both of them; an expectation but 100-continue.
Refusal check_fields(RequestHead& head);

/// True for a field that may not come behind the body: framing, routing, authentication, content (RFC 9110 §6.5.1).
bool is_forbidden_trailer(HeaderName name) noexcept;

}  // namespace rondeau::http
