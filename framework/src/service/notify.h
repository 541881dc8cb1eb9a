// Tells systemd how the service is (sd_notify's protocol: a datagram to $NOTIFY_SOCKET).
#pragma once

#include <string_view>

namespace rondeau::service {

/// "READY=1", "STOPPING=1" …; nothing happens where nobody asked to be told.
void notify_manager(std::string_view state) noexcept;

}  // namespace rondeau::service
