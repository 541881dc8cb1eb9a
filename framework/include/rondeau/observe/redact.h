// Which fields' values stand in no log.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <rondeau/http/request_head.h>

namespace rondeau::observe {

/// Hides the values of these fields as well, beside Authorization, Proxy-Authorization, Cookie, Set-Cookie and X-Api-Key.
/// Before the first request. Thread safety: any thread.
void redact(std::initializer_list<std::string_view> names);
bool is_sensitive(std::string_view name);

/// The fields of a request for a log line: `host: a; cookie: (hidden)`. Of a value 256 bytes at most.
std::string loggable(const http::RequestHeaders& headers);

}  // namespace rondeau::observe
