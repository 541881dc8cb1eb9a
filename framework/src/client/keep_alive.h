// How long a connection may be idle before the server closes it: the Keep-Alive field of HTTP/1.1 servers.
#pragma once

#include <optional>
#include <string_view>

#include <rondeau/base/instant.h>

namespace rondeau::client {

/// How long to keep a connection whose response said `Keep-Alive: value`: a second less than its `timeout=`, half of it
/// where that is 1, zero for 0, so that we close first. Nothing: it does not say, or not in whole seconds.
std::optional<Duration> idle_time_of(std::string_view value) noexcept;

}  // namespace rondeau::client
