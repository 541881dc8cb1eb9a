// The settings every service has. Durations are written "30s", "250ms"; see `--print-config`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace rondeau::service {

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

struct ServerSettings {
  std::string listen = "127.0.0.1:8080";  ///< host:port; port 0: the system picks
};
struct LogSettings {
  LogLevel level = LogLevel::info;
  std::optional<LogFormat> format;  ///< default: text in dev, json in prod
  bool access = true;               ///< a line for each answer
};
struct RuntimeSettings {
  std::optional<std::uint32_t> workers;  ///< default: the CPUs this process may use
};
struct ShutdownSettings {
  std::optional<std::chrono::milliseconds> drain_delay;  ///< still accepting, not ready; default 0 in dev, 5 s in prod
  std::chrono::milliseconds timeout = std::chrono::seconds(25);
};

struct ServiceSettings {
  ServerSettings server;
  LogSettings log;
  RuntimeSettings runtime;
  ShutdownSettings shutdown;
};

}  // namespace rondeau::service
