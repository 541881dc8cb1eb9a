// Tells systemd how the service is (sd_notify's protocol: a datagram to $NOTIFY_SOCKET).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace rondeau::service {

/// "READY=1", "STOPPING=1" …; nothing happens where nobody asked to be told.
void notify_manager(std::string_view state) noexcept;

/// How long it waits for a WATCHDOG=1 before it takes this process for stuck (sd_watchdog_enabled(3)); nothing where it
/// does not, or means another process.
std::optional<std::chrono::microseconds> watchdog_patience() noexcept;

}  // namespace rondeau::service
