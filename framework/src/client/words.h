// The words of errors, and small things that are read out of heads.
#pragma once

#include <string>
#include <string_view>

#include <rondeau/base/instant.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/status.h>

#include "http/refusal.h"
#include "http/response_head.h"

namespace rondeau::client {

/// "30 s", "250 ms".
std::string in_seconds(Duration span);
/// The first bytes of what somebody sent, with escapes for what is no printable ASCII.
std::string excerpt(std::string_view bytes, std::size_t most = 32);
/// "bare-lf".
inline std::string describe(http::RefusalReason reason) { return std::string(http::to_string(reason)); }

/// "404 Not Found".
std::string describe(http::StatusCode status);

/// The fields of a head, copied.
http::Headers own_fields(const http::ResponseHead& head);

}  // namespace rondeau::client
