// Status lines, ready to be sent.
#pragma once

#include <string_view>

#include <rondeau/http/status.h>

namespace rondeau::http {

/// "HTTP/1.1 200 OK\r\n"; empty for a code outside the registry. Lifetime: the program's.
std::string_view status_line(StatusCode status) noexcept;

}  // namespace rondeau::http
