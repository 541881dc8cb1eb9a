// An answer that is handed on to whoever asked us.
#pragma once

#include <rondeau/client/response.h>
#include <rondeau/http/method.h>
#include <rondeau/http/response.h>

namespace rondeau::client {

/// See IntoResponse<client::Response>.
http::Response relay(Response answer, http::Method asked);

}  // namespace rondeau::client
